// How the program ends otherwise than by a verb's exit code: with a message, when it is asked to
// stop, and when its output cannot be written.
#pragma once

#include <stop_token>
#include <string>

namespace durasim::cli {

// Says why on standard error and, with `json`, as {"error": ...} on standard output. Returns
// `code`.
int fail(bool json, const std::string& message, int code);

// Throws IoError when something of standard output was not written.
void flush_output();

// Ends the program with kCancelled and this message when it is asked to stop: for verbs that wait
// for something that listens to no stop_token, and leave nothing half done. With `json` it must go
// before the result is printed.
class LeaveOnStop {
 public:
  explicit LeaveOnStop(std::stop_token stop, bool json = false,
                       std::string message = "stopped before it was done");

 private:
  struct Leave {
    bool json;
    std::string message;
    void operator()() const noexcept;
  };
  std::stop_callback<Leave> leave_;
};

}  // namespace durasim::cli
