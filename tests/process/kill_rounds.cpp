// An engine that works on real files is killed by SIGKILL at random moments, again and again, and
// what it had acknowledged must be there.
//   kill-rounds N [SEED]: the last line is "N rounds, A acknowledged, L lost, V invariant
//   violations"
#include "durasim/core/error.hpp"
#include "durasim/core/time.hpp"

#include "process/acknowledged.hpp"
#include "process/busy_engine.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>

namespace {

using namespace durasim;

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kill_rounds_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw IoError("there is no place for a folder: " + name);
    path = name;
  }
  std::filesystem::path path;
};

class Child {
 public:
  Child(const char* program, const std::string& store, const std::string& prefix) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw IoError("no pipe");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      execl(program, program, "--child", store.c_str(), prefix.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
    if (pid_ < 0) throw IoError("no child process");
  }
  ~Child() { close(output_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Kills it that long after its first line; all that it wrote.
  std::string read_and_kill(Duration life) {
    std::string text;
    bool more = read_some(text);  // its life begins here: else slow starts are all that is killed
    const SteadyTime end = system_clock().steady_now() + life;
    while (more) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(end - system_clock().steady_now());
      pollfd ready{.fd = output_, .events = POLLIN, .revents = 0};
      if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) == 0) break;
      more = read_some(text);
    }
    kill(pid_, SIGKILL);
    while (read_some(text)) {
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
      throw Error(fmt::format("the engine ended by itself, status {}", status));
    return text;
  }

 private:
  bool read_some(std::string& text) const {
    std::array<char, 65536> block{};
    const ssize_t n = read(output_, block.data(), block.size());
    if (n > 0) text.append(block.data(), static_cast<std::size_t>(n));
    return n > 0;
  }
  pid_t pid_ = -1;
  int output_ = -1;
};

int run_rounds(const char* program, int rounds, unsigned seed) {
  const Folder folder;
  const std::string store = folder.path / "busy.db";
  fmt::print("seed {}, store {}\n", seed, store);
  std::mt19937 random(seed);
  Acknowledged acknowledged;
  const SteadyTime begin = system_clock().steady_now();
  for (int round = 1; round <= rounds; ++round) {
    const Duration life = std::chrono::microseconds(random() % 120'000);
    const std::string text = Child(program, store, fmt::format("r{}", round)).read_and_kill(life);
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos;
         at = end + 1)
      acknowledged.add(std::string_view(text).substr(at, end - at));
    if (round % 50 == 0 || round == rounds) {
      const double spent = Seconds(system_clock().steady_now() - begin).count();
      fmt::print("round {}/{}, {} acknowledged, {:.1f} rounds/s, {:.0f} s left\n", round, rounds,
                 acknowledged.count(), round / spent, (rounds - round) * spent / round);
      std::fflush(stdout);
    }
  }
  const Acknowledged::Findings found = acknowledged.compare(store);
  for (const std::string& text : found.lost) fmt::print("LOST: {}\n", text);
  for (const std::string& text : found.violations) fmt::print("VIOLATION: {}\n", text);
  const bool good = found.lost.empty() && found.violations.empty() && acknowledged.count() > 0;
  if (good) std::filesystem::remove_all(folder.path);
  fmt::print("{} rounds, {} acknowledged, {} lost, {} invariant violations\n", rounds,
             acknowledged.count(), found.lost.size(), found.violations.size());
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 4 && std::strcmp(argv[1], "--child") == 0)
      durasim::run_busy_engine(argv[2], argv[3]);
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 0;
    if (rounds < 1 || argc > 3) {
      fmt::print(stderr, "usage: kill-rounds N [SEED]\n");
      return 1;
    }
    const unsigned seed = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 1;
    return run_rounds(argv[0], rounds, seed);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
