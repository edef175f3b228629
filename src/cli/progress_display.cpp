// Formatting of progress: "simulate [####......] 40 %  1.20 s  1000/2500 steps  12.3x real time ETA
// 2 s".
#include "cli/progress_display.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace durasim::cli {
namespace {

constexpr int kBarWidth = 24;
constexpr Seconds kTerminalInterval{0.1};
constexpr Seconds kLineInterval{2.0};

std::string bar(double fraction) {
  const int filled = std::clamp(static_cast<int>(fraction * kBarWidth), 0, kBarWidth);
  return "[" + std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(kBarWidth - filled), '.') + "]";
}

std::string text(const sim::StageProgress& p, Seconds elapsed, bool with_bar) {
  if (p.stage == sim::StageProgress::Stage::Build) return "build    scene";
  const double fraction =
      p.total > 0 ? static_cast<double>(p.done) / static_cast<double>(p.total) : 1;
  const std::string head = fmt::format(
      "{} {} {:3.0f} %", p.stage == sim::StageProgress::Stage::Simulate ? "simulate" : "render  ",
      with_bar ? bar(fraction) : "", 100 * fraction);
  if (p.stage == sim::StageProgress::Stage::Simulate) {
    return fmt::format("{}  {}/{} steps  {:.2f} s simulated  {:.1f}x real time  ETA {:.0f} s", head,
                       p.done, p.total, p.loop.sim_time.count(), p.loop.real_time_factor,
                       p.loop.remaining.count());
  }
  const double rate = elapsed.count() > 0 ? static_cast<double>(p.done) / elapsed.count() : 0;
  const double eta = rate > 0 ? static_cast<double>(p.total - p.done) / rate : 0;
  return fmt::format("{}  {}/{} frames  {:.1f} frames/s  ETA {:.0f} s", head, p.done, p.total, rate,
                     eta);
}

}  // namespace

ProgressDisplay::ProgressDisplay(bool quiet, const Clock& clock)
    : quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) != 0),
      clock_(clock),
      stage_start_(clock.steady_now()),
      last_shown_() {}

ProgressDisplay::~ProgressDisplay() {
  if (line_open_) std::fputc('\n', stderr);
}

void ProgressDisplay::update(const sim::StageProgress& progress) {
  if (quiet_) return;
  const SteadyTime now = clock_.steady_now();
  const bool new_stage = progress.stage != stage_ || last_shown_ == SteadyTime();
  const bool finished = progress.total > 0 && progress.done >= progress.total;
  if (new_stage) {
    if (line_open_) show("", true);
    stage_ = progress.stage;
    stage_start_ = now;
  } else if (!finished && now - last_shown_ < (terminal_ ? kTerminalInterval : kLineInterval)) {
    return;
  }
  last_shown_ = now;
  show(text(progress, now - stage_start_, terminal_), finished);
}

void ProgressDisplay::show(const std::string& line, bool finished) {
  if (!terminal_) {
    if (!line.empty()) std::fprintf(stderr, "%s\n", line.c_str());
    return;
  }
  if (!line.empty()) std::fprintf(stderr, "\r\033[K%s", line.c_str());
  if (finished) std::fputc('\n', stderr);
  line_open_ = !finished;
  std::fflush(stderr);
}

}  // namespace durasim::cli
