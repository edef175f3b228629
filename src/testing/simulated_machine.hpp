// What is under the engine in a simulation: a store, the disk below it, and the faults that the
// disk can have. Each machine knows how many operations its store needs, and so where a fault hits.
#pragma once

#include "durasim/store/store.hpp"
#include "durasim/testing/simulated_disk.hpp"

#include "testing/seeded_random.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace durasim::inline v0::testing {

class DURASIM_EXPORT Machine {
 public:
  Machine() = default;
  virtual ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // A process comes up. The store, here and in all that it does later, throws DiskStopped
  // when the machine has stopped. Valid until the next crash.
  virtual store::Store& open() = 0;
  // The process is gone with its store. Disarms all faults; a full disk stays full.
  virtual void crash(Crash mode) = 0;
  // The process goes on, and nothing that was armed happens any more.
  virtual void disarm() = 0;

  // The store takes nothing any more until it is opened again.
  [[nodiscard]] virtual bool read_only() const = 0;
  [[nodiscard]] virtual bool stopped() const = 0;
  // Stopped, and reads fail as well: what is concluded from them is nothing.
  [[nodiscard]] virtual bool blind() const = 0;
  // Of the disk so far, for traces.
  [[nodiscard]] virtual std::uint64_t operations() const = 0;
  // Shows what a process would find if this one died now. This one goes on as if nothing had been.
  virtual void show_next(const std::function<void(store::Store&)>& look) = 0;

  // What others do on this machine, in one step of the schedule.
  virtual void go_on() {}
  virtual void stop_soon(SeededRandom& random) = 0;
  virtual void stop_while_opening(SeededRandom& random) = 0;
  virtual void stop_never() = 0;
  virtual void fail_write(SeededRandom& random) = 0;
  virtual void fail_sync(SeededRandom& random) = 0;
  // From one of its next reads on, each of the disk fails, until read_well(). False: the store has
  // read all there is, so that nothing can fail below it.
  virtual bool fail_reads(SeededRandom& random) = 0;
  virtual void read_well() = 0;
  // The disk is full, for every process, until free_space().
  virtual void fill(SeededRandom& random) = 0;
  virtual void free_space() = 0;
};

using MachineFactory = std::unique_ptr<Machine> (*)(std::uint64_t seed);

// LogStore on SimulatedDisk.
[[nodiscard]] DURASIM_EXPORT std::unique_ptr<Machine> make_log_machine(std::uint64_t seed);

}  // namespace durasim::inline v0::testing
