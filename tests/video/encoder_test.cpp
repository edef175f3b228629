// The encoder: what other programs find in its files, and what is left behind when something goes
// wrong.
#include "durasim/video/encoder.hpp"

#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"

#include "temporary_folder.hpp"
#include "video/ffprobe.hpp"
#include "video/moving_bar.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace {

using durasim::FrameSink;
using durasim::FrameSinkFactory;
using durasim::VideoFile;
using durasim::VideoFormat;
using durasim::video::make_encoder_factory;
using durasim_test::Colour;
using durasim_test::encode;
using durasim_test::kBottom;
using durasim_test::kSmall;
using durasim_test::kTop;
using durasim_test::picture;
using durasim_test::programs_missing;
using durasim_test::TemporaryFolder;

int largest_difference(const std::vector<std::uint8_t>& rgb, const VideoFormat& format, int x,
                       int y, Colour wanted) {
  int largest = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    const auto at = static_cast<std::size_t>(3 * (y * format.width + x)) + c;
    largest = std::max(largest, std::abs(int{rgb.at(at)} - int{wanted.at(c)}));
  }
  return largest;
}

}  // namespace

TEST_CASE("an mp4 has the frames, size, length, codec and colour tags that players expect") {
  if (programs_missing()) return;
  const TemporaryFolder folder;
  const auto factory = make_encoder_factory();
  const VideoFile file = encode(*factory, folder.file("a.mp4"), kSmall, 45);
  CHECK(file.path == folder.file("a.mp4"));
  CHECK(file.frames == 45);
  CHECK(file.encoder == factory->default_encoder());

  auto probe = durasim_test::probe(file.path);
  CHECK(probe["nb_read_frames"] == "45");
  CHECK(probe["width"] == "160");
  CHECK(probe["height"] == "96");
  CHECK(probe["r_frame_rate"] == "30/1");
  CHECK(std::atof(probe["duration"].c_str()) == doctest::Approx(1.5).epsilon(0.001));
  CHECK(probe["pix_fmt"] == "yuv420p");
  CHECK(probe["color_range"] == "tv");
  CHECK(probe["color_space"] == "bt709");
  CHECK(probe["color_primaries"] == "bt709");
  CHECK(probe["color_transfer"] == "bt709");
  if (file.encoder == "libx264") {
    CHECK(probe["codec_name"] == "h264");
    CHECK(probe["profile"] == "High");
  }
  CHECK(folder.file_count() == 1);
}

TEST_CASE("a name with a colon is a file's, not a protocol's") {
  const TemporaryFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  for (const std::string name : {"run:1.mp4", "run:1.mkv"}) {
    CAPTURE(name);
    CHECK_NOTHROW(encode(*make_encoder_factory(), name, kSmall, 12));
    CHECK(std::filesystem::exists(folder.file(name)));
  }
  std::filesystem::current_path(before);
}

TEST_CASE("a decoded frame has the colours that went in, the right way up") {
  if (programs_missing()) return;
  const TemporaryFolder folder;
  for (const std::string name : {"a.mp4", "a.mkv", "a.avi", "a.webm"}) {
    CAPTURE(name);
    encode(*make_encoder_factory(), folder.file(name), kSmall, 12);
    const auto rgb = durasim_test::decode_frame(folder.file(name), 8);
    REQUIRE(rgb.size() == 3U * 160 * 96);
    // AVI cannot carry the colour tags, so the decoder guesses the matrix there.
    const int tolerance = name == "a.avi" ? 25 : 10;
    CHECK(largest_difference(rgb, kSmall, 40, 20, kTop) < tolerance);
    CHECK(largest_difference(rgb, kSmall, 40, 75, kBottom) < tolerance);
    CHECK(largest_difference(rgb, kSmall, 4 * 20 + 2, 20, {255, 255, 255}) < 30);
  }
}

TEST_CASE("the index of an mp4 comes before the pictures, so that it plays while it loads") {
  const TemporaryFolder folder;
  encode(*make_encoder_factory(), folder.file("a.mp4"), kSmall, 12);
  const durasim::Bytes bytes = durasim::read_file(folder.file("a.mp4"));
  const std::string_view text = durasim::as_text(bytes);
  CHECK(text.find("moov") < text.find("mdat"));
}

TEST_CASE("when an encoder is forbidden the next one makes the file") {
  if (programs_missing()) return;
  const TemporaryFolder folder;
  std::vector<std::string> forbidden;
  std::vector<std::string> used;
  for (;;) {
    const auto factory = make_encoder_factory({.forbidden = forbidden});
    std::string encoder;
    try {
      encoder = factory->default_encoder();
    } catch (const durasim::UnavailableError& error) {
      CHECK(std::string(error.what()).find("mjpeg: not allowed by the options") !=
            std::string::npos);
      break;
    }
    CAPTURE(encoder);
    CHECK(std::ranges::find(forbidden, encoder) == forbidden.end());
    const VideoFile file = encode(*factory, folder.file("f.mp4"), kSmall, 6);
    CHECK(file.encoder == encoder);
    CHECK(durasim_test::probe(file.path)["nb_read_frames"] == "6");
    used.push_back(encoder);
    forbidden.push_back(encoder);
  }
  CHECK(std::ranges::find(used, "mpeg4") !=
        used.end());  // mpeg4 and mjpeg are part of every libavcodec
  CHECK(used.back() == "mjpeg");
  CHECK_THROWS_AS(
      make_encoder_factory({.forbidden = forbidden})->open(folder.file("g.mp4"), kSmall),
      durasim::UnavailableError);
  CHECK_FALSE(std::filesystem::exists(folder.file("g.mp4")));
}

TEST_CASE("a video of one frame and a draft video are whole files") {
  if (programs_missing()) return;
  const TemporaryFolder folder;
  encode(*make_encoder_factory(), folder.file("one.mp4"), kSmall, 1);
  CHECK(durasim_test::probe(folder.file("one.mp4"))["nb_read_frames"] == "1");
  VideoFormat draft = kSmall;
  draft.draft = true;
  encode(*make_encoder_factory(), folder.file("draft.mp4"), draft, 10);
  CHECK(durasim_test::probe(folder.file("draft.mp4"))["nb_read_frames"] == "10");
}

TEST_CASE(
    "a group of pictures is never longer than two seconds, so that videos can be cut and sought") {
  if (programs_missing()) return;
  const TemporaryFolder folder;
  VideoFormat format = kSmall;
  format.fps = 5;
  encode(*make_encoder_factory(), folder.file("a.mp4"), format, 25);
  // One line a packet, in the order of decoding: "K__" marks those where decoding can begin.
  std::istringstream lines(durasim_test::output_of(
      "ffprobe -v error -select_streams v:0 -show_entries packet=flags -of csv=p=0 '" +
      folder.file("a.mp4") + "'"));
  std::string keys;
  for (std::string line; std::getline(lines, line);) keys += line.starts_with("K") ? 'K' : '.';
  REQUIRE(keys.size() == 25);
  CHECK(keys.front() == 'K');
  CHECK(keys.find(std::string(10, '.')) == std::string::npos);
}

TEST_CASE("an odd size is refused with the even size to take") {
  const TemporaryFolder folder;
  VideoFormat odd = kSmall;
  odd.width = 161;
  std::string message;
  try {
    make_encoder_factory()->open(folder.file("a.mp4"), odd);
  } catch (const durasim::InvalidArgument& error) {
    message = error.what();
  }
  CHECK(message.find("161x96 is odd") != std::string::npos);
  CHECK(message.find("162x96") != std::string::npos);
  CHECK(folder.file_count() == 0);
}

TEST_CASE("impossible sizes, rates and file types are refused before anything is written") {
  const TemporaryFolder folder;
  const auto factory = make_encoder_factory();
  for (const VideoFormat& format :
       {VideoFormat{.width = 0}, VideoFormat{.height = -2}, VideoFormat{.width = 100'000},
        VideoFormat{.fps = 0}, VideoFormat{.fps = 100'000}}) {
    CHECK_THROWS_AS(factory->open(folder.file("a.mp4"), format), durasim::InvalidArgument);
  }
  CHECK_THROWS_AS(factory->open(folder.file("a.gif"), kSmall), durasim::UnavailableError);
  CHECK_THROWS_AS(factory->open(folder.file("noextension"), kSmall), durasim::UnavailableError);
  CHECK(folder.file_count() == 0);
}

TEST_CASE("a frame of the wrong size and a frame after the end are refused") {
  const TemporaryFolder folder;
  const auto sink = make_encoder_factory()->open(folder.file("a.mp4"), kSmall);
  CHECK_THROWS_AS(sink->write(std::vector<std::uint8_t>(10)), durasim::InvalidArgument);
  sink->write(picture(kSmall, 0));
  sink->finish();
  CHECK_THROWS_AS(sink->write(picture(kSmall, 0)), durasim::LogicError);
  CHECK_THROWS_AS(sink->finish(), durasim::LogicError);
}

TEST_CASE(
    "a folder that does not exist or cannot be written is an error that names the file, and leaves "
    "none") {
  const TemporaryFolder folder;
  const auto factory = make_encoder_factory();
  std::string message;
  try {
    factory->open(folder.file("missing/a.mp4"), kSmall);
  } catch (const durasim::IoError& error) {
    message = error.what();
  }
  CHECK(message.find("missing/a.mp4") != std::string::npos);
  CHECK(message.find("No such file") != std::string::npos);
  if (::geteuid() == 0) {
    MESSAGE("not tried as root: a folder without write permission");
  } else {
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read);
    CHECK_THROWS_AS(factory->open(folder.file("a.mp4"), kSmall), durasim::IoError);
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
  }
  CHECK(folder.file_count() == 0);
}

TEST_CASE("a sink that is destroyed before finish leaves no file, and an old file stays") {
  const TemporaryFolder folder;
  durasim::write_file(folder.file("old.mp4"), durasim::as_bytes("old"));
  for (const std::string name : {"new.mp4", "old.mp4"}) {
    const auto sink = make_encoder_factory()->open(folder.file(name), kSmall);
    for (int i = 0; i < 8; ++i) sink->write(picture(kSmall, i));
  }
  CHECK(folder.file_count() == 1);
  CHECK(durasim::as_text(durasim::read_file(folder.file("old.mp4"))) == "old");
}

TEST_CASE("a file that vanishes under the encoder is an error that names it, and nothing is left") {
  const TemporaryFolder folder;
  const auto sink = make_encoder_factory()->open(folder.file("a.mkv"), kSmall);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    std::filesystem::remove(entry.path());
  std::string message;
  try {
    for (int i = 0; i < 5; ++i) sink->write(picture(kSmall, i));
    sink->finish();
  } catch (const durasim::IoError& error) {
    message = error.what();
  }
  CHECK(message.find("a.mkv") != std::string::npos);
  CHECK(folder.file_count() == 0);
}

TEST_CASE("a disk that is full is an error of write or finish, and leaves no file") {
  // The limit on the size of files (RLIMIT_FSIZE) refuses writes as a full disk does.
  const TemporaryFolder folder;
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  {
    const auto sink = make_encoder_factory()->open(folder.file("a.mkv"), kSmall);
    const rlimit limit{.rlim_cur = 1000, .rlim_max = old_limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    CHECK_THROWS_AS(
        [&] {
          for (int i = 0; i < 60; ++i) sink->write(picture(kSmall, i));
          sink->finish();
        }(),
        durasim::IoError);
  }
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  CHECK(folder.file_count() == 0);
}

TEST_CASE("no frame at all is an error and not an empty file") {
  const TemporaryFolder folder;
  const auto sink = make_encoder_factory()->open(folder.file("a.mp4"), kSmall);
  CHECK_THROWS_AS(sink->finish(), durasim::InvalidArgument);
  CHECK(folder.file_count() <= 1);  // the temporary file goes with the sink
}

TEST_CASE("versions and default encoder are told") {
  const auto factory = make_encoder_factory();
  CHECK(factory->versions().find("libavcodec ") == 0);
  CHECK_FALSE(factory->default_encoder().empty());
}

TEST_CASE("the plug-in's entry makes a factory") {
  const std::unique_ptr<FrameSinkFactory> factory(durasim_video_factory_v1());
  REQUIRE(factory);
  CHECK(factory->versions() == make_encoder_factory()->versions());
}
