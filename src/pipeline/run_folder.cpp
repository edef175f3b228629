// Checkpoints as files whose names say what they hold: checkpoint-STEP-OFFSET.
#include "pipeline/run_folder.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

namespace durasim::inline v0::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "checkpoint-";
constexpr std::size_t kKept = 2;

template <class Int>
bool take_number(std::string_view& text, Int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::optional<RunFolder::Saved> parse(const fs::path& path) {
  const std::string name = path.filename().string();
  std::string_view text = name;
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  RunFolder::Saved saved{.path = path.string()};
  if (!take_number(text, saved.step) || !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  if (!take_number(text, saved.offset) || !text.empty()) return std::nullopt;
  return saved;
}

// False while somebody else has it.
bool take_folder(const std::string& path, Descriptor& lock) {
  const std::string name = path + "/lock";
  lock = Descriptor(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.open()) throw IoError(fmt::format("cannot open {}", name));
  return ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

RunFolder::RunFolder(std::string path) : path_(std::move(path)), is_new_(!fs::exists(path_)) {
  if (is_new_) {
    make_folders(path_);
    sync_folder(fs::path(path_).parent_path().string());
  }
  if (!take_folder(path_, lock_))
    throw UnavailableError(fmt::format("another attempt still steps in {}", path_));
}

std::vector<RunFolder::Saved> RunFolder::saved() const {
  std::vector<Saved> all;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    if (auto saved = parse(entry.path())) all.push_back(std::move(*saved));
  }
  std::ranges::sort(all, std::ranges::greater{}, &Saved::step);
  return all;
}

RunFolder::Saved RunFolder::save(const sim::Checkpoint& checkpoint, std::uint64_t offset) {
  Saved saved{.step = checkpoint.step(), .offset = offset};
  saved.path = fmt::format("{}/{}{}-{}", path_, kPrefix, saved.step, offset);
  sync_file(trajectory());
  write_file_durably(saved.path, checkpoint.serialize());
  const std::vector<Saved> all = this->saved();
  std::error_code ignored;
  for (std::size_t i = kKept; i < all.size(); ++i) fs::remove(all[i].path, ignored);
  return saved;
}

void RunFolder::forget() {
  for (const Saved& old : saved()) fs::remove(old.path);
  sync_folder(path_);
}

void RunFolder::remove(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) throw IoError(fmt::format("cannot remove {}: {}", path, error.message()));
}

bool RunFolder::remove_unused(const std::string& path) {
  Descriptor lock;
  if (!take_folder(path, lock)) return false;
  remove(path);
  return true;
}

}  // namespace durasim::inline v0::pipeline
