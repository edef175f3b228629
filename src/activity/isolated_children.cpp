// When children are started: one for each attempt that waits, and the spare ones behind it.
#include "activity/isolated_children.hpp"

#include "durasim/core/error.hpp"

#include "activity/isolated_message.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace durasim::inline v0::isolation {
namespace {

// The end of standard error that goes into a failure's message.
constexpr std::size_t kMaxErrorBytes = 2048;
// Standard output is joined with standard error when the child serves; who has not come so far has
// little to say.
constexpr std::size_t kMaxEarlyOutputBytes = 65'536;

void check(const IsolationOptions& options) {
  if (options.memory_limit_bytes == 0)
    throw InvalidArgument("isolated activities: the memory limit must not be 0");
  if (options.max_open_files < 16)
    throw InvalidArgument("isolated activities: a child needs 16 open files");
  if (options.deadline < Duration::zero() || options.cancel_grace < Duration::zero() ||
      options.cpu_time < Duration::zero() || options.spare_children < 0)
    throw InvalidArgument("isolated activities: an option must not be negative");
}

ProcessOptions process_options(const IsolationOptions& options) {
  check(options);
  ProcessOptions process;
  process.program = options.program.empty() ? "/proc/self/exe" : options.program;
  process.arguments = options.arguments;
  process.arguments.emplace_back(kServeArgument);
  process.environment = options.environment;
  process.max_output_bytes = kMaxEarlyOutputBytes;
  process.max_error_bytes = kMaxErrorBytes;
  // A spare child waits as long as nobody needs it; the attempt's deadline is counted elsewhere.
  process.deadline = Seconds(1e9);
  process.cpu_time = options.cpu_time > Duration::zero() ? Seconds(options.cpu_time) : Seconds(1e9);
  process.memory_limit_bytes = options.memory_limit_bytes;
  process.memory_limit = options.memory_limit;
  process.max_file_bytes = options.max_file_bytes;
  process.max_open_files = options.max_open_files;
  return process;
}

}  // namespace

Children::Children(IsolationOptions options)
    : options_(std::move(options)), process_(process_options(options_)) {}

std::unique_ptr<ChildProcess> Children::take() {
  std::unique_lock lock(mutex_);
  if (!starter_.joinable())
    starter_ = std::jthread([this](const std::stop_token& stop) { start_children(stop); });
  // The kernel may have killed one for lack of memory.
  std::erase_if(ready_, [](const auto& child) { return child->ended(); });
  ++waiting_;
  const std::size_t wanted = waiting_ + static_cast<std::size_t>(options_.spare_children);
  to_start_ = wanted - std::min(wanted, ready_.size());
  changed_.notify_all();
  const std::uint64_t failures = failures_;
  changed_.wait(lock, [&] { return !ready_.empty() || failures_ != failures; });
  --waiting_;
  if (ready_.empty()) throw UnavailableError(last_failure_);
  std::unique_ptr<ChildProcess> child = std::move(ready_.front());
  ready_.pop_front();
  return child;
}

void Children::start_children(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return to_start_ > 0; }) && !stop.stop_requested()) {
    std::unique_ptr<ChildProcess> child;
    std::string failure;
    lock.unlock();
    try {
      child = std::make_unique<ChildProcess>(process_);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    lock.lock();
    if (child) {
      ready_.push_back(std::move(child));
      if (to_start_ > 0) --to_start_;  // whoever came meanwhile has counted anew
    } else {
      to_start_ = 0;  // until somebody asks again
      ++failures_;
      last_failure_ = std::move(failure);
    }
    changed_.notify_all();
  }
}

}  // namespace durasim::inline v0::isolation
