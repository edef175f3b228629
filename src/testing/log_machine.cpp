// The machine in memory: a few operations of the disk to a commit, so thousands of seeds a second.
#include "durasim/testing/log_store.hpp"

#include "testing/simulated_machine.hpp"

#include <limits>

namespace durasim::inline v0::testing {

Machine::~Machine() = default;

namespace {

class LogMachine final : public Machine {
 public:
  explicit LogMachine(std::uint64_t seed) : disk_(seed) {}

  store::Store& open() override {
    log_ = std::make_unique<LogStore>(disk_);
    return *log_;
  }
  void crash(Crash mode) override {
    log_.reset();
    disk_.crash(mode);
  }

  void disarm() override {
    stop_never();
    disk_.fail_writes(0, WriteFault::NoSpace, 0);
    disk_.fail_syncs(0, SyncFault::PagesKept, 0);
  }

  bool read_only() const override { return log_->read_only(); }
  bool stopped() const override { return disk_.stopped(); }
  bool blind() const override { return false; }
  std::uint64_t operations() const override { return disk_.operations(); }
  void show_next(const std::function<void(store::Store&)>& look) override {
    LogStore next(disk_);
    look(next);
  }

  void stop_soon(SeededRandom& random) override { disk_.stop_after(random.below(6)); }
  void stop_while_opening(SeededRandom& random) override { disk_.stop_after(random.below(8)); }
  void stop_never() override { disk_.stop_after(std::numeric_limits<std::uint64_t>::max()); }
  void fail_write(SeededRandom& random) override {
    const std::uint64_t after = random.below(2);
    disk_.fail_writes(after, random.chance(0.5) ? WriteFault::NoSpace : WriteFault::Io);
  }
  void fail_sync(SeededRandom& random) override {
    const auto fault = static_cast<SyncFault>(random.below(3));
    disk_.fail_syncs(0, fault, 1 + random.below(4));
  }
  bool fail_reads(SeededRandom& /*random*/) override { return false; }  // its tables are in memory
  void read_well() override {}
  void fill(SeededRandom& random) override {
    const std::uint64_t left = random.below(4000);
    disk_.set_capacity(disk_.bytes() + left, random.chance(0.5));
  }
  void free_space() override { disk_.set_capacity(SimulatedDisk::kUnlimited); }

 private:
  SimulatedDisk disk_;
  std::unique_ptr<LogStore> log_;
};

}  // namespace

std::unique_ptr<Machine> make_log_machine(std::uint64_t seed) {
  return std::make_unique<LogMachine>(seed);
}

}  // namespace durasim::inline v0::testing
