// Checkpoints as files whose names say what they hold: checkpoint-STEP-OFFSET. An empty file has
// the attempts in its name: attempts-STEP-COUNT.
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

constexpr std::string_view kCheckpoint = "checkpoint-";
constexpr std::string_view kAttempts = "attempts-";
constexpr std::size_t kKept = 2;

template <class Int>
bool take_number(std::string_view& text, Int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

// "PREFIX-STEP-NUMBER"; false for other names.
template <class Int>
bool parse(const fs::path& path, std::string_view prefix, std::int64_t& step, Int& number) {
  const std::string name = path.filename().string();
  std::string_view text = name;
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  if (!take_number(text, step) || !text.starts_with('-')) return false;
  text.remove_prefix(1);
  return take_number(text, number) && text.empty();
}

// False while somebody else has it.
bool take_folder(const std::string& path, Descriptor& lock) {
  const std::string name = path + "/lock";
  lock = Descriptor(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.open()) throw IoError(fmt::format("cannot open {}", name));
  return ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

RunFolder::RunFolder(std::string path) : path_(std::move(path)) {
  if (!fs::exists(path_)) {
    make_folders(path_);
    sync_folder(fs::path(path_).parent_path().string());
  }
  if (!take_folder(path_, lock_))
    throw UnavailableError(fmt::format("another attempt still works in {}", path_));
}

std::vector<RunFolder::Saved> RunFolder::saved() const {
  std::vector<Saved> all;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    Saved saved{.path = entry.path().string()};
    if (parse(entry.path(), kCheckpoint, saved.step, saved.offset)) all.push_back(std::move(saved));
  }
  std::ranges::sort(all, std::ranges::greater{}, &Saved::step);
  return all;
}

RunFolder::Saved RunFolder::save(const sim::Checkpoint& checkpoint, std::uint64_t offset) {
  Saved saved{.step = checkpoint.step(), .offset = offset};
  saved.path = fmt::format("{}/{}{}-{}", path_, kCheckpoint, saved.step, offset);
  sync_file(trajectory());
  write_file_durably(saved.path, checkpoint.serialize());
  const std::vector<Saved> all = this->saved();
  std::error_code ignored;
  for (std::size_t i = kKept; i < all.size(); ++i) fs::remove(all[i].path, ignored);
  return saved;
}

std::string RunFolder::path_of(const Attempts& attempts) const {
  return fmt::format("{}/{}{}-{}", path_, kAttempts, attempts.step, attempts.count);
}

std::optional<RunFolder::Attempts> RunFolder::attempts() const {
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    Attempts found;
    if (parse(entry.path(), kAttempts, found.step, found.count)) return found;
  }
  return std::nullopt;
}

RunFolder::Attempts RunFolder::begin_attempt() {
  const std::vector<Saved> all = saved();
  const std::optional<Attempts> before = attempts();
  Attempts now{.step = all.empty() ? 0 : all.front().step, .count = 1};
  if (before && before->step == now.step) now.count += before->count;
  if (before) {
    std::error_code error;
    fs::rename(path_of(*before), path_of(now), error);
    if (error)
      throw IoError(fmt::format("cannot rename {}: {}", path_of(*before), error.message()));
  } else {
    write_file(path_of(now), {});
  }
  sync_folder(path_);
  return now;
}

void RunFolder::forget_attempt() {
  if (const auto now = attempts()) recount(*now, now->count - 1);
}

void RunFolder::forget_attempts() {
  if (const auto now = attempts()) recount(*now, 0);
}

void RunFolder::recount(const Attempts& now, int count) const {
  std::error_code ignored;  // then they stay counted
  fs::rename(path_of(now), path_of({now.step, std::max(count, 0)}), ignored);
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
