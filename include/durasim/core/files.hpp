// Files: bounded reading, writing that leaves either the whole new file or nothing, and waiting for
// the disk.
#pragma once

#include "durasim/core/bytes.hpp"
#include "durasim/core/config.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace durasim::inline v0 {

// The whole file. Throws IoError (path and reason) or LimitError when it is larger than
// `max_bytes`. Thread-safe.
DURASIM_EXPORT Bytes read_file(const std::string& path,
                               std::size_t max_bytes = std::size_t{1} << 30);

// Writes through a temporary file in the same folder and renames it over `path`, so that a reader
// sees the old file or the new one, never a part. Does not sync: this is not a durable store.
// Throws IoError. Thread-safe.
DURASIM_EXPORT void write_file(const std::string& path, ByteView bytes);

// As write_file, and durable when it returns: a power loss leaves the old file or the new one.
// Thread-safe.
DURASIM_EXPORT void write_file_durably(const std::string& path, ByteView bytes);

// Waits until what was written to the file so far, through whatever descriptor, is on the disk.
// Throws IoError. Thread-safe.
DURASIM_EXPORT void sync_file(const std::string& path);

// The same for the names in a folder: files that were made, renamed or removed there.
DURASIM_EXPORT void sync_folder(const std::string& path);

// Makes the folder, and those above it, unless they are there. Throws IoError. Thread-safe.
DURASIM_EXPORT void make_folders(const std::string& path);

// "file:///home/a%20b/c.mp4" of a path, made absolute. Throws IoError when the current folder is
// gone. Thread-safe.
DURASIM_EXPORT std::string file_url(const std::string& path);

// The path of "file:///path" or "file://localhost/path" (RFC 8089). Throws InvalidArgument for
// everything else. Thread-safe.
DURASIM_EXPORT std::string path_of_file_url(std::string_view url);

// A file name that becomes real only by commit(): encoders write to path(), and a failure or a
// crash leaves no file under the final name. The destructor removes what was not committed. Not
// thread-safe.
class DURASIM_EXPORT PendingFile {
 public:
  // The temporary name keeps the final one's extension, by which encoders choose a container.
  explicit PendingFile(std::string final_path);
  ~PendingFile();
  PendingFile(PendingFile&& other) noexcept;
  PendingFile& operator=(PendingFile&&) = delete;
  [[nodiscard]] const std::string& path() const { return temporary_path_; }
  // Renames path() to the final name. Throws IoError.
  void commit();

 private:
  std::string final_path_;
  std::string temporary_path_;
};

}  // namespace durasim::inline v0
