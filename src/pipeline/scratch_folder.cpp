// Locks are taken on the folders themselves. They are made, locked and removed under a lock on the
// root, so that no sweep comes between making one and locking it.
#include "pipeline/scratch_folder.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

namespace durasim::inline v0::pipeline {
namespace {

namespace fs = std::filesystem;

// Nothing: somebody else has it (LOCK_NB), or it is not there.
std::optional<Descriptor> lock_folder(const std::string& path, int how) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.open()) return std::nullopt;
  while (::flock(folder.get(), how) != 0)
    if (errno != EINTR) return std::nullopt;
  return folder;
}

Descriptor lock_root(const std::string& root) {
  make_folders(root);
  if (std::optional<Descriptor> lock = lock_folder(root, LOCK_EX)) return *std::move(lock);
  throw IoError(fmt::format("cannot lock {}: {}", root, std::strerror(errno)));
}

void open_to_owner(const fs::path& folder) {
  std::error_code ignored;  // what matters is whether it can be removed
  fs::permissions(folder, fs::perms::owner_all, fs::perm_options::add, ignored);
}

// Also folders that a script has closed to itself.
void remove_tree(const std::string& path, std::error_code& error) {
  fs::remove_all(path, error);
  if (!error) return;
  open_to_owner(path);
  std::error_code ignored;
  // Each folder is opened after it has been looked at.
  for (fs::recursive_directory_iterator at(path, ignored), end; !ignored && at != end;
       at.increment(ignored)) {
    if (at->symlink_status(ignored).type() == fs::file_type::directory) open_to_owner(at->path());
  }
  fs::remove_all(path, error);
}

// One that nobody uses. False: somebody does.
bool remove_unused(const std::string& path) {
  open_to_owner(path);  // else it cannot be locked
  const std::optional<Descriptor> lock = lock_folder(path, LOCK_EX | LOCK_NB);
  if (!lock) return !fs::exists(path);
  std::error_code error;
  remove_tree(path, error);
  if (error) throw IoError(fmt::format("cannot remove {}: {}", path, error.message()));
  return true;
}

}  // namespace

ScratchFolder::ScratchFolder(const std::string& root, const std::string& key)
    : path_(root + "/" + key) {
  const Descriptor all = lock_root(root);
  if (!remove_unused(path_)) throw UnavailableError(fmt::format("{} is in use", path_));
  if (::mkdir(path_.c_str(), 0700) != 0)
    throw IoError(fmt::format("cannot make {}: {}", path_, std::strerror(errno)));
  std::optional<Descriptor> lock = lock_folder(path_, LOCK_EX);
  if (!lock) throw IoError(fmt::format("cannot lock {}: {}", path_, std::strerror(errno)));
  lock_ = *std::move(lock);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;  // the next sweep finds what is left
  remove_tree(path_, ignored);
}

void ScratchFolder::sweep(const std::string& root, const Logger& log) {
  if (!fs::exists(root)) return;
  const Descriptor all = lock_root(root);
  for (const fs::directory_entry& entry : fs::directory_iterator(root)) {
    try {
      remove_unused(entry.path().string());
    } catch (const IoError& error) {  // it is in nobody's way
      log.warning(fmt::format("of a script that has ended: {}", error.what()));
    }
  }
}

}  // namespace durasim::inline v0::pipeline
