// A map by id that knows which of its values has not been used for the longest time.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace durasim::inline v0::engine {

// Values keep their address until they are erased.
template <class Value>
class RecencyMap {
 public:
  // Null when there is none. use() makes it the most recent one, find() does not.
  [[nodiscard]] Value* find(std::string_view id) {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second.value;
  }
  [[nodiscard]] const Value* find(std::string_view id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second.value;
  }
  [[nodiscard]] Value* use(std::string_view id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return nullptr;
    order_.splice(order_.end(), order_, found->second.place);
    return &found->second.value;
  }
  // As the most recent one; what had the id is gone.
  Value& insert(std::string id, Value value) {
    erase(id);
    const auto place = entries_.emplace(std::move(id), Entry{std::move(value), {}}).first;
    place->second.place = order_.insert(order_.end(), &place->first);
    return place->second.value;
  }
  // The next one to go, unless it is used again.
  void make_oldest(std::string_view id) {
    const auto found = entries_.find(id);
    if (found != entries_.end()) order_.splice(order_.begin(), order_, found->second.place);
  }
  void erase(std::string_view id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    order_.erase(found->second.place);
    entries_.erase(found);
  }

  void clear() {
    entries_.clear();
    order_.clear();
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // The longest unused one for which `may_go` holds; null: none.
  template <class MayGo>
  [[nodiscard]] const std::string* oldest(const MayGo& may_go) const {
    for (const std::string* id : order_) {
      if (may_go(entries_.find(*id)->second.value)) return id;
    }
    return nullptr;
  }

 private:
  struct Entry {
    Value value;
    std::list<const std::string*>::iterator place;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
  };
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
  std::list<const std::string*> order_;  // of use; keys of entries_
};

}  // namespace durasim::inline v0::engine
