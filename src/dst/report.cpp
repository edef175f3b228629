// Formatting; the summary line is one that scripts read.
#include "dst/report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace durasim::inline v0::dst {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kBarWidth = 24;

std::string command_of(std::uint64_t seed, const std::string& options) {
  return fmt::format("durasim-dst --seeds 1 --from {}{}", seed, options);
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

ProgressPrinter::ProgressPrinter(const HuntProgress& progress, std::uint64_t total,
                                 std::string label)
    : progress_(progress),
      total_(total),
      label_(std::move(label)),
      terminal_(isatty(STDERR_FILENO) != 0),
      start_(system_clock().steady_now()),
      thread_([this](const std::stop_token& stop) { watch(stop); }) {}

ProgressPrinter::~ProgressPrinter() {
  thread_.request_stop();
  thread_.join();
  if (terminal_) fmt::print(stderr, "\r\033[K");
}

void ProgressPrinter::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto interval = terminal_ ? 100ms : 5000ms;
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, interval, [] { return false; });
    if (!stop.stop_requested()) show();
  }
}

void ProgressPrinter::show() {
  const std::uint64_t done = progress_.done;
  const Seconds elapsed = system_clock().steady_now() - start_;
  const double rate = static_cast<double>(done) / elapsed.count();
  const double left = rate > 0 ? static_cast<double>(total_ - done) / rate : 0;
  const std::string text = fmt::format("{}/{} {}  {} failures  {:.0f}/s  ETA {:.0f} s", done,
                                       total_, label_, progress_.failed.load(), rate, left);
  if (!terminal_) {
    fmt::print(stderr, "{}\n", text);
    return;
  }
  const std::uint64_t filled = total_ > 0 ? kBarWidth * done / total_ : kBarWidth;
  fmt::print(stderr, "\r\033[K[{}{}] {}", std::string(filled, '#'),
             std::string(kBarWidth - filled, '.'), text);
  std::fflush(stderr);
}

void ProgressPrinter::print_failure(const FailedSeed& failed, const std::string& options) {
  const std::lock_guard lock(mutex_);
  if (terminal_) fmt::print(stderr, "\r\033[K");
  fmt::print("seed {} failed: {}\n  faults: {}\n  repeat it with: {}\n", failed.seed, failed.why,
             failed.faults, command_of(failed.seed, options));
  std::fflush(stdout);
}

void print_summary(const HuntResult& result, Seconds seconds) {
  const Statistics& s = result.statistics;
  fmt::print(
      "{} actions, {} commits ({} rejected, {} unknown), {} crashes, {} failed reads, {} full "
      "disks "
      "({} commits rejected), {} runs with {} events; {:.1f} s, {:.0f} seeds/s\n",
      s.actions, s.commits, s.rejected, s.unknown, s.crashes, s.failed_reads, s.full_disks,
      s.rejected_full, s.runs, s.events, seconds.count(),
      static_cast<double>(result.seeds) / seconds.count());
  fmt::print("{} seeds, {} failures\n", result.seeds, result.failures.size());
}

void print_json(const HuntResult& result, const std::string& options, Seconds seconds) {
  const Statistics& s = result.statistics;
  fmt::print(
      "{{\"seeds\":{},\"seconds\":{:.3f},\"actions\":{},\"commits\":{},\"rejected\":{},"
      "\"unknown\":{},\"crashes\":{},\"failed_reads\":{},\"full_disks\":{},\"rejected_full\":{},"
      "\"runs\":{},\"events\":{},\"failures\":[",
      result.seeds, seconds.count(), s.actions, s.commits, s.rejected, s.unknown, s.crashes,
      s.failed_reads, s.full_disks, s.rejected_full, s.runs, s.events);
  std::string_view separator;
  for (const FailedSeed& failed : result.failures) {
    fmt::print("{}{{\"seed\":{},\"why\":{},\"faults\":{},\"repeat\":{}}}", separator, failed.seed,
               quoted(failed.why), quoted(failed.faults), quoted(command_of(failed.seed, options)));
    separator = ",";
  }
  fmt::print("]}}\n");
}

void print_mutant(const MutantInfo& info, const HuntResult& result) {
  if (result.failures.empty()) {
    fmt::print("{:26} not found within {} seeds\n", info.name, result.seeds);
  } else {
    fmt::print("{:26} seed {:5}  {}\n", info.name, result.failures.front().seed,
               result.failures.front().why);
  }
  std::fflush(stdout);
}

}  // namespace durasim::inline v0::dst
