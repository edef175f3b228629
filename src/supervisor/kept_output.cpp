// A ring in a file.
#include "supervisor/kept_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace durasim::supervisor {

KeptOutput::KeptOutput(const pipeline::ScriptFolder& folder, const char* name,
                       std::uint64_t max_bytes)
    : file_(::openat(folder.descriptor(), name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)),
      max_bytes_(max_bytes) {
  if (!file_.open()) folder.fail("create", name);
}

void KeptOutput::receive() {
  std::array<char, 65536> block{};
  for (int round = 0; round < 64 && pipe_.open(); ++round) {
    const ssize_t n = ::read(pipe_.get(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return pipe_.close();
    keep(std::string_view(block.data(), static_cast<std::size_t>(n)));
  }
}

void KeptOutput::keep(std::string_view bytes) {
  std::uint64_t at = end_.bytes;
  end_.bytes += bytes.size();
  if (bytes.size() > max_bytes_) {
    at += bytes.size() - max_bytes_;
    bytes.remove_prefix(bytes.size() - max_bytes_);
  }
  while (!bytes.empty()) {
    const std::uint64_t offset = at % max_bytes_;
    const std::string_view part = bytes.substr(0, max_bytes_ - offset);
    if (!pipeline::write_all(file_.get(), part, offset)) end_.damaged = true;
    at += part.size();
    bytes.remove_prefix(part.size());
  }
}

pipeline::OutputEnd KeptOutput::finish() {
  if (::fsync(file_.get()) != 0) end_.damaged = true;
  return end_;
}

}  // namespace durasim::supervisor
