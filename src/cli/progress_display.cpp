// Formatting of progress: "simulate [####......] 40 %  1.20 s  1000/2500 steps  12.3x real time ETA
// 2 s".
#include "cli/progress_display.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string_view>

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

std::string head(std::string_view what, std::int64_t done, std::int64_t total, bool with_bar) {
  const double fraction = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 1;
  return fmt::format("{} {} {:3.0f} %", what, with_bar ? bar(fraction) : "", 100 * fraction);
}

// `here` of them were done in the time that has passed.
std::string counted(std::string_view what, std::string_view things, std::int64_t done,
                    std::int64_t total, std::int64_t here, Seconds elapsed, bool with_bar) {
  std::string line =
      fmt::format("{}  {}/{} {}", head(what, done, total, with_bar), done, total, things);
  if (here > 0 && elapsed.count() > 0) {  // else the rate is not known yet
    const double rate = static_cast<double>(here) / elapsed.count();
    line += fmt::format("  {:.1f} {}/s  ETA {:.0f} s", rate, things,
                        static_cast<double>(total - done) / rate);
  }
  return line;
}

std::string text(const sim::StageProgress& p, Seconds elapsed, bool with_bar) {
  if (p.stage == sim::StageProgress::Stage::Build) return "build    scene";
  if (p.stage == sim::StageProgress::Stage::Simulate) {
    return fmt::format("{}  {}/{} steps  {:.2f} s simulated  {:.1f}x real time  ETA {:.0f} s",
                       head("simulate", p.done, p.total, with_bar), p.done, p.total,
                       p.loop.sim_time.count(), p.loop.real_time_factor, p.loop.remaining.count());
  }
  return counted("render  ", "frames", p.done, p.total, p.done, elapsed, with_bar);
}

std::size_t terminal_columns() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

// With a bar if there is room for it. A line that the terminal would wrap is cut: "\r" leads back
// only to the last row of it.
template <class MakeLine>
std::string fitted(const MakeLine& make_line, bool terminal) {
  if (!terminal) return make_line(false);
  const std::size_t columns = terminal_columns();
  std::string line = make_line(true);
  if (line.size() >= columns) line = make_line(false);
  return line.substr(0, columns - 1);
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

bool ProgressDisplay::begin_update(bool new_stage, bool finished) {
  const SteadyTime now = clock_.steady_now();
  if (new_stage) {
    if (line_open_) show("", true);
    stage_start_ = now;
  } else if (!finished && now - last_shown_ < (terminal_ ? kTerminalInterval : kLineInterval)) {
    return false;
  }
  last_shown_ = now;
  return true;
}

void ProgressDisplay::update(const sim::StageProgress& progress) {
  if (quiet_) return;
  const bool new_stage = progress.stage != stage_ || last_shown_ == SteadyTime();
  const bool finished = progress.total > 0 && progress.done >= progress.total;
  stage_ = progress.stage;
  if (!begin_update(new_stage, finished)) return;
  const auto line = [&](bool with_bar) {
    return text(progress, last_shown_ - stage_start_, with_bar);
  };
  show(fitted(line, terminal_), finished);
}

void ProgressDisplay::update_scenes(std::int64_t done, std::int64_t total) {
  if (quiet_) return;
  if (first_scene_ == 0) first_scene_ = done;
  const bool finished = done >= total;
  if (!begin_update(last_shown_ == SteadyTime(), finished)) return;
  const auto line = [&](bool with_bar) {
    return counted("sweep   ", "scenes", done, total, done - first_scene_,
                   last_shown_ - stage_start_, with_bar);
  };
  show(fitted(line, terminal_), finished);
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
