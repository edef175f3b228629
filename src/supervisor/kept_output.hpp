// One output of a script: everything is read, the end of it is kept in a file of bounded size.
#pragma once

#include "core/descriptor.hpp"
#include "pipeline/script_folder.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

namespace durasim::supervisor {

// The file is a ring once it is full: byte n of the output lies at n % limit. A disk on which it
// cannot be written does not stop the script. Not thread-safe.
class KeptOutput {
 public:
  // Makes the file. Throws IoError.
  KeptOutput(const pipeline::ScriptFolder& folder, const char* name, std::uint64_t max_bytes);
  // Reads from this pipe, which does not block, from here on.
  void read_from(Descriptor pipe) { pipe_ = std::move(pipe); }
  // What there is to be read now, within reason, so that an output that never pauses keeps nobody
  // from anything else.
  void receive();
  // Nobody can write to it any more.
  [[nodiscard]] bool ended() const { return !pipe_.open(); }
  [[nodiscard]] int descriptor() const { return pipe_.get(); }
  // Makes what was kept durable.
  [[nodiscard]] pipeline::OutputEnd finish();

 private:
  void keep(std::string_view bytes);
  Descriptor pipe_;
  Descriptor file_;
  std::uint64_t max_bytes_;
  pipeline::OutputEnd end_;
};

}  // namespace durasim::supervisor
