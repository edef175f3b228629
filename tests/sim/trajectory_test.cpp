// Recordings: what comes back is what was recorded, and damage of any kind is noticed.
#include "durasim/sim/trajectory.hpp"

#include "durasim/core/error.hpp"

#include "sim/recorded_run.hpp"
#include "temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace {

using namespace durasim::sim;
using durasim::Bytes;
using durasim_test::contains;
using durasim_test::Data;
using durasim_test::falling_scene;
using durasim_test::message_of;
using durasim_test::record_run;
using durasim_test::TemporaryFolder;

Bytes recording(const Model& model, const std::string& path, double seconds = 0.5) {
  TrajectoryRecorder recorder(path, model, 20);
  record_run(model, seconds, recorder);
  recorder.finish();
  return durasim::read_file(path);
}

}  // namespace

TEST_CASE("frames come back bit for bit, in any order, with their step and time") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  const Data run(*model);
  std::vector<TrajectoryFrame> wanted;
  {
    TrajectoryRecorder recorder(folder.file("a.traj"), *model, 30);
    for (std::int64_t i = 0; i < 50; ++i) {
      recorder.record(10 * i, model->get(), run.data);
      wanted.push_back(capture_frame(*model, *run.data, 10 * i));
      durasim_test::advance(*model, run.data, 10);
    }
    CHECK(recorder.frame_count() == 50);
    recorder.finish();
  }
  const TrajectoryReader reader(folder.file("a.traj"), *model);
  CHECK(reader.frames_per_second() == 30);
  REQUIRE(reader.frame_count() == 50);
  CHECK_FALSE(reader.torn());
  for (const int i : {49, 0, 25, 24, 1}) {
    const TrajectoryFrame frame = reader.frame(i);
    const TrajectoryFrame& other = wanted.at(static_cast<std::size_t>(i));
    CHECK(frame.step == 10 * i);
    CHECK(frame.time == other.time);
    CHECK(frame.signature == other.signature);
    CHECK(frame.state == other.state);
  }
  CHECK_THROWS_AS((void)reader.frame(50), durasim::InvalidArgument);
  CHECK_THROWS_AS((void)reader.frame(-1), durasim::InvalidArgument);
}

TEST_CASE("the frame nearest to a time is found, also before the first and after the last") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  recording(*model, folder.file("a.traj"));
  const TrajectoryReader reader(folder.file("a.traj"), *model);  // 20 frames a second
  REQUIRE(reader.frame_count() == 11);
  CHECK(reader.index_at(durasim::Seconds(-5)) == 0);
  CHECK(reader.index_at(durasim::Seconds(0)) == 0);
  CHECK(reader.index_at(durasim::Seconds(0.024)) == 0);
  CHECK(reader.index_at(durasim::Seconds(0.026)) == 1);
  CHECK(reader.index_at(durasim::Seconds(0.25)) == 5);
  CHECK(reader.index_at(durasim::Seconds(0.5)) == 10);
  CHECK(reader.index_at(durasim::Seconds(99)) == 10);
}

TEST_CASE("mocap bodies and activations are part of a frame") {
  const TemporaryFolder folder;
  const auto model = durasim_test::scene(R"(<worldbody>
      <body name="hand" mocap="true"><geom size=".1"/></body>
      <body><joint name="hinge"/><geom size=".1"/></body></worldbody>
    <actuator><general joint="hinge" dyntype="integrator" ctrlrange="-1 1"/></actuator>)");
  const Data run(*model);
  run.data->mocap_pos[1] = 3.5;
  run.data->act[0] = 0.25;
  const TrajectoryFrame frame = capture_frame(*model, *run.data, 1);
  CHECK(std::ranges::find(frame.state, 3.5) != frame.state.end());
  CHECK(std::ranges::find(frame.state, 0.25) != frame.state.end());
}

TEST_CASE("a torn last frame is left out and told of, at every length") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  const Bytes whole = recording(*model, folder.file("a.traj"), 0.2);
  const std::int64_t frames = TrajectoryReader(folder.file("a.traj"), *model).frame_count();
  const std::size_t header = 104;
  const std::size_t record = (whole.size() - header) / static_cast<std::size_t>(frames);
  for (std::size_t size = header; size < whole.size(); size += 37) {
    durasim::write_file(folder.file("cut.traj"), durasim::ByteView(whole).first(size));
    const TrajectoryReader reader(folder.file("cut.traj"), *model);
    const std::size_t left = (size - header) / record;
    CHECK(std::size_t(reader.frame_count()) == left);
    CHECK(reader.torn() == ((size - header) % record != 0));
    if (left > 0) CHECK(reader.frame(reader.frame_count() - 1).step > -1);
  }
  // Blocks that the file system never filled.
  Bytes holes = whole;
  std::fill(holes.end() - static_cast<std::ptrdiff_t>(record + 10), holes.end(), std::byte{0});
  durasim::write_file(folder.file("cut.traj"), holes);
  const TrajectoryReader reader(folder.file("cut.traj"), *model);
  CHECK(reader.frame_count() == frames - 2);
  CHECK(reader.torn());
}

TEST_CASE("a header that is cut short or changed in any bit is refused") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  const Bytes whole = recording(*model, folder.file("a.traj"), 0.1);
  for (std::size_t size = 0; size < 104; size += 13) {
    durasim::write_file(folder.file("b.traj"), durasim::ByteView(whole).first(size));
    CHECK_THROWS_AS(TrajectoryReader(folder.file("b.traj"), *model), durasim::FormatError);
  }
  for (std::size_t bit = 0; bit < 8 * std::size_t{104}; bit += 5) {
    Bytes bytes = whole;
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    durasim::write_file(folder.file("b.traj"), bytes);
    CHECK_THROWS_AS(TrajectoryReader(folder.file("b.traj"), *model), durasim::FormatError);
  }
}

TEST_CASE(
    "a flipped bit in a frame is reported with the frame's number, and the other frames are "
    "readable") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  Bytes bytes = recording(*model, folder.file("a.traj"));
  const std::size_t record = (bytes.size() - 104) / 11;
  for (const std::size_t place :
       {std::size_t{0}, std::size_t{9}, std::size_t{20}, record - 10, record - 7}) {
    CAPTURE(place);
    Bytes damaged = bytes;
    damaged[104 + 4 * record + place] ^= std::byte{0x10};
    durasim::write_file(folder.file("b.traj"), damaged);
    const TrajectoryReader reader(folder.file("b.traj"), *model);
    REQUIRE(reader.frame_count() == 11);
    CHECK(contains(message_of([&] { (void)reader.frame(4); }), "frame 4 is damaged"));
    CHECK(reader.frame(3).step == reader.frame(3).step);
    CHECK(reader.frame(5).time > reader.frame(3).time);
  }
}

TEST_CASE("a frame that was moved to another place is damage") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  Bytes bytes = recording(*model, folder.file("a.traj"));
  const auto record = static_cast<std::ptrdiff_t>((bytes.size() - 104) / 11);
  std::swap_ranges(bytes.begin() + 104 + record, bytes.begin() + 104 + 2 * record,
                   bytes.begin() + 104 + 3 * record);
  durasim::write_file(folder.file("b.traj"), bytes);
  const TrajectoryReader reader(folder.file("b.traj"), *model);
  CHECK_THROWS_AS((void)reader.frame(1), durasim::FormatError);
  CHECK_THROWS_AS((void)reader.frame(3), durasim::FormatError);
}

TEST_CASE("the recording of another model, another file and no file are refused") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  recording(*model, folder.file("a.traj"), 0.1);
  const auto other = durasim_test::scene("<worldbody><geom size=\"1\"/></worldbody>");
  CHECK(contains(message_of([&] { TrajectoryReader(folder.file("a.traj"), *other); }),
                 "another model"));
  CHECK_THROWS_AS(TrajectoryRecorder::resume(folder.file("a.traj"), *other, 104),
                  durasim::FormatError);
  durasim::write_file(folder.file("text.traj"), durasim::as_bytes(std::string(500, 'x')));
  CHECK(contains(message_of([&] { TrajectoryReader(folder.file("text.traj"), *model); }),
                 "text.traj: is not a recorded trajectory"));
  CHECK_THROWS_AS(TrajectoryReader(folder.file("none.traj"), *model), durasim::IoError);
  CHECK_THROWS_AS(TrajectoryReader(folder.path(), *model), durasim::Error);
}

TEST_CASE(
    "a recording that is resumed at a checkpoint ends in the same bytes as one without "
    "interruption") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  const auto record = [&](TrajectoryRecorder& recorder, mjData* data, std::int64_t from,
                          std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
      recorder.record(10 * i, model->get(), data);
      durasim_test::advance(*model, data, 10);
    }
  };
  const Data once(*model);
  {
    TrajectoryRecorder recorder(folder.file("once.traj"), *model);
    record(recorder, once.data, 0, 40);
  }
  const Data again(*model);
  std::uint64_t offset = 0;
  {
    TrajectoryRecorder recorder(folder.file("again.traj"), *model);
    record(recorder, again.data, 0, 15);
    offset = recorder.offset();
    const Data ahead(*model);  // what was recorded after the checkpoint and is lost
    recorder.record(100'000, model->get(), ahead.data);
  }
  const auto resumed = TrajectoryRecorder::resume(folder.file("again.traj"), *model, offset);
  CHECK(resumed->frame_count() == 15);
  record(*resumed, again.data, 15, 40);
  resumed->finish();
  CHECK(durasim::read_file(folder.file("again.traj")) ==
        durasim::read_file(folder.file("once.traj")));
}

TEST_CASE("rewinding within a run forgets what came after, and impossible positions are refused") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  const Data run(*model);
  TrajectoryRecorder recorder(folder.file("a.traj"), *model);
  recorder.record(0, model->get(), run.data);
  const std::uint64_t offset = recorder.offset();
  for (int i = 1; i < 10; ++i) recorder.record(i, model->get(), run.data);
  recorder.rewind(offset);
  CHECK(recorder.frame_count() == 1);
  recorder.record(1, model->get(), run.data);
  CHECK(recorder.frame_count() == 2);
  const std::uint64_t end = recorder.offset();
  for (const std::uint64_t wrong :
       {std::uint64_t{0}, offset + 1, end + (end - offset), ~std::uint64_t{0}}) {
    CHECK_THROWS_AS(recorder.rewind(wrong), durasim::InvalidArgument);
  }
  CHECK(recorder.offset() == end);
}

TEST_CASE("the last state of a run may come twice, an older one is a mistake of the caller") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  const Data run(*model);
  TrajectoryRecorder recorder(folder.file("a.traj"), *model);
  recorder.record(7, model->get(), run.data);
  recorder.record(7, model->get(), run.data);
  CHECK(recorder.frame_count() == 1);
  CHECK_THROWS_AS(recorder.record(6, model->get(), run.data), durasim::LogicError);
  recorder.finish();
  CHECK_THROWS_AS(recorder.record(8, model->get(), run.data), durasim::LogicError);
}

TEST_CASE("a state that is not finite is not recorded, and capturing it is an error") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  const Data run(*model);
  TrajectoryRecorder recorder(folder.file("a.traj"), *model);
  recorder.record(0, model->get(), run.data);
  run.data->qvel[0] = std::numeric_limits<double>::quiet_NaN();
  recorder.record(1, model->get(), run.data);
  CHECK(recorder.frame_count() == 1);
  CHECK_THROWS_AS(capture_frame(*model, *run.data, 1), durasim::InvalidArgument);
}

TEST_CASE("a recording cannot be made in a folder that is not there, or with an impossible rate") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  CHECK_THROWS_AS(TrajectoryRecorder(folder.file("none/a.traj"), *model), durasim::IoError);
  CHECK_THROWS_AS(TrajectoryRecorder(folder.file("a.traj"), *model, 0), durasim::InvalidArgument);
  CHECK_THROWS_AS(TrajectoryRecorder(folder.file("a.traj"), *model, 1001),
                  durasim::InvalidArgument);
  CHECK(folder.file_count() == 0);
}

TEST_CASE("a long recording is written while it runs, not kept in memory") {
  const TemporaryFolder folder;
  const auto model = falling_scene();
  const Data run(*model);
  TrajectoryRecorder recorder(folder.file("a.traj"), *model);
  for (int i = 0; i < 5000; ++i) recorder.record(i, model->get(), run.data);
  const std::uint64_t on_disk = std::filesystem::file_size(folder.file("a.traj"));
  const std::uint64_t all = recorder.offset();
  CHECK(on_disk + (std::uint64_t{256} << 10) >= all);
}
