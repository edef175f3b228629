// Videos joined without encoding again: every frame once, as the parts show it; and what is
// refused.
#include "durasim/core/error.hpp"
#include "durasim/core/files.hpp"
#include "durasim/video/encoder.hpp"

#include "temporary_folder.hpp"
#include "video/ffprobe.hpp"
#include "video/moving_bar.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <ranges>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using durasim::FrameSinkFactory;
using durasim::VideoFormat;
using durasim::video::make_encoder_factory;
using durasim_test::encode;
using durasim_test::kSmall;
using durasim_test::output_of;
using durasim_test::picture;
using durasim_test::programs_missing;
using durasim_test::TemporaryFolder;

// A group of pictures is 10 frames long.
constexpr VideoFormat kSlow{.width = 160, .height = 96, .fps = 5, .draft = false};

// Parts of so many frames, the first of which follows the last of the part before.
std::vector<std::string> segments_of(FrameSinkFactory& factory, const TemporaryFolder& folder,
                                     const std::string& extension, const VideoFormat& format,
                                     const std::vector<int>& lengths) {
  std::vector<std::string> paths;
  int first = 0;
  for (const int length : lengths) {
    paths.push_back(folder.file("part" + std::to_string(paths.size()) + extension));
    encode(factory, paths.back(), format, length, first);
    first += length;
  }
  return paths;
}

struct Packet {
  long shown = 0;               // in frames
  std::optional<long> decoded;  // Matroska does not state it
  bool key = false;
};

// In the order of decoding.
std::vector<Packet> packets_of(const std::string& path, int fps) {
  std::istringstream lines(
      output_of("ffprobe -v error -select_streams v:0 -show_entries "
                "packet=pts_time,dts_time,flags -of csv=p=0 '" +
                path + "'"));
  const auto frames = [fps](const std::string& seconds) {
    return std::lround(std::atof(seconds.c_str()) * fps);
  };
  std::vector<Packet> packets;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string shown, decoded, flags;
    std::getline(fields, shown, ',');
    std::getline(fields, decoded, ',');
    std::getline(fields, flags, ',');
    Packet& packet = packets.emplace_back();
    packet.shown = frames(shown == "N/A" ? decoded : shown);
    if (decoded != "N/A") packet.decoded = frames(decoded);
    packet.key = flags.starts_with("K");
  }
  return packets;
}

// Of each file a hash for each frame that a decoder makes of it.
std::vector<std::vector<std::string>> decoded(const std::vector<std::string>& paths) {
  std::string inputs;
  std::string streams;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    inputs += " -i '" + paths[i] + "'";
    streams += " -map " + std::to_string(i) + ":v";
  }
  std::istringstream lines(output_of("ffmpeg -v error -nostdin" + inputs + streams +
                                     " -fps_mode passthrough -f framemd5 -"));
  std::vector<std::vector<std::string>> hashes(paths.size());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    hashes.at(std::stoul(line)).push_back(line.substr(line.rfind(' ') + 1));
  }
  return hashes;
}

// The parts' packets stand one after the other, each begins with a key picture, and no picture lies
// in time beyond the ends of its part.
void check_times(const std::vector<Packet>& packets, const std::vector<int>& lengths) {
  std::size_t at = 0;
  for (const int length : lengths) {
    REQUIRE(at + static_cast<std::size_t>(length) <= packets.size());
    CHECK(packets[at].key);
    std::set<long> shown;
    for (int i = 0; i < length; ++i) shown.insert(packets[at + static_cast<std::size_t>(i)].shown);
    CHECK(shown.size() == static_cast<std::size_t>(length));
    const long first = packets.front().shown + static_cast<long>(at);
    CHECK(*shown.begin() == first);
    CHECK(*shown.rbegin() == first + length - 1);
    at += static_cast<std::size_t>(length);
  }
  CHECK(at == packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (!packets[i].decoded) continue;
    CHECK(*packets[i].decoded <= packets[i].shown);
    if (i > 0 && packets[i - 1].decoded) CHECK(*packets[i].decoded == *packets[i - 1].decoded + 1);
  }
}

void check_joined(FrameSinkFactory& factory, const std::string& extension,
                  const VideoFormat& format) {
  const TemporaryFolder folder;
  const std::vector<int> lengths{10, 20, 7};
  const auto parts = segments_of(factory, folder, extension, format, lengths);
  const std::string joined = folder.file("joined" + extension);
  CHECK(factory.join(parts, joined, format) == 37);
  CHECK(folder.file_count() == 4);
  check_times(packets_of(joined, format.fps), lengths);
  auto frames = decoded({parts[0], parts[1], parts[2], joined});
  const std::vector<std::string> together = std::move(frames.back());
  frames.pop_back();
  CHECK(together.size() == 37);
  CHECK(std::ranges::equal(frames | std::views::join, together));
}

void check_stated(FrameSinkFactory& factory, const VideoFormat& format) {
  const TemporaryFolder folder;
  const auto parts = segments_of(factory, folder, ".mp4", format, {10, 10});
  (void)factory.join(parts, folder.file("joined.mp4"), format);
  encode(factory, folder.file("whole.mp4"), format, 20);
  CHECK(durasim_test::probe(folder.file("joined.mp4")) ==
        durasim_test::probe(folder.file("whole.mp4")));
}

template <class Exception>
std::string refusal(FrameSinkFactory& factory, const std::vector<std::string>& parts,
                    const std::string& path, const VideoFormat& format = kSlow) {
  try {
    (void)factory.join(parts, path, format);
  } catch (const Exception& error) {
    return error.what();
  }
  return "it was joined";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("joined parts decode to the frames of the parts, with one clock, in every container") {
  if (programs_missing()) return;
  std::vector<std::string> forbidden;
  for (const std::string encoder : {"libx264", "libopenh264", "libvpx-vp9", "mpeg4", "mjpeg"}) {
    const auto factory = make_encoder_factory({.forbidden = forbidden});
    forbidden.push_back(encoder);
    if (factory->default_encoder() != encoder) continue;
    CAPTURE(encoder);
    check_joined(*factory, ".mp4", kSlow);
    check_stated(*factory, kSlow);
    if (encoder == "libx264") check_joined(*factory, ".mkv", kSlow);
    if (encoder == "libvpx-vp9") check_joined(*factory, ".webm", kSlow);
    if (encoder == "mpeg4") check_joined(*factory, ".avi", kSlow);
  }
  VideoFormat draft = kSlow;
  draft.draft = true;
  check_joined(*make_encoder_factory(), ".mp4", draft);
}

TEST_CASE("parts too short for reordered pictures are joined like others") {
  if (programs_missing()) return;
  const TemporaryFolder folder;
  const auto factory = make_encoder_factory();
  const std::vector<int> lengths{12, 1, 2, 1, 12};
  const auto parts = segments_of(*factory, folder, ".mp4", kSlow, lengths);
  CHECK(factory->join(parts, folder.file("joined.mp4"), kSlow) == 28);
  check_times(packets_of(folder.file("joined.mp4"), kSlow.fps), lengths);
}

TEST_CASE("the same frames encoded again are the same bytes") {
  const TemporaryFolder folder;
  for (const std::string extension : {".mp4", ".mkv", ".avi"}) {
    CAPTURE(extension);
    const auto factory = make_encoder_factory();
    encode(*factory, folder.file("a" + extension), kSlow, 25);
    encode(*factory, folder.file("b" + extension), kSlow, 25);
    CHECK(durasim::read_file(folder.file("a" + extension)) ==
          durasim::read_file(folder.file("b" + extension)));
  }
}

TEST_CASE("the index of a joined mp4 comes before the pictures") {
  const TemporaryFolder folder;
  const auto factory = make_encoder_factory();
  const auto parts = segments_of(*factory, folder, ".mp4", kSlow, {10, 10});
  (void)factory->join(parts, folder.file("joined.mp4"), kSlow);
  const durasim::Bytes bytes = durasim::read_file(folder.file("joined.mp4"));
  const std::string_view text = durasim::as_text(bytes);
  CHECK(text.find("moov") < text.find("mdat"));
}

TEST_CASE("parts that were encoded otherwise are refused with the reason, and leave no file") {
  const TemporaryFolder folder;
  const auto factory = make_encoder_factory();
  const auto part = [&](const std::string& name, const VideoFormat& format) {
    encode(*factory, folder.file(name), format, 10);
    return folder.file(name);
  };
  const std::string good = part("good.mp4", kSlow);
  const std::string larger = part("larger.mp4", {.width = 320, .height = 96, .fps = 5});
  const std::string faster = part("faster.mp4", kSmall);
  const std::string draft =
      part("draft.mp4", {.width = 160, .height = 96, .fps = 5, .draft = true});
  const std::string other = folder.file("other.mp4");
  encode(*make_encoder_factory({.forbidden = {factory->default_encoder()}}), other, kSlow, 10);
  const std::string joined = folder.file("joined.mp4");
  durasim::write_file(joined, durasim::as_bytes("old"));
  const auto refused = [&](const std::vector<std::string>& parts) {
    return refusal<durasim::FormatError>(*factory, parts, joined);
  };
  CHECK(contains(refused({good, larger}), "larger.mp4: it has 320x96 pixels and not 160x96"));
  CHECK(contains(refused({larger}), "larger.mp4: it has 320x96 pixels and not 160x96"));
  CHECK(contains(refused({good, other}), "other.mp4: it is "));
  CHECK(contains(refused({faster}), "each of its frames once at 5 a second"));
  if (factory->default_encoder() == "libx264")
    CHECK(contains(refused({good, draft}), "draft.mp4: it was encoded with other settings"));
  CHECK(contains(refusal<durasim::InvalidArgument>(*factory, {}, joined), "no segment"));
  CHECK(contains(refusal<durasim::UnavailableError>(*factory, {good}, folder.file("a.gif")),
                 "a.gif"));
  CHECK(contains(refusal<durasim::IoError>(*factory, {good}, folder.file("none/a.mp4")),
                 "none/a.mp4"));
  CHECK(durasim::as_text(durasim::read_file(joined)) == "old");
  CHECK(folder.file_count() == 6);
}

TEST_CASE("parts that are damaged, cut off or of another kind are refused, and leave no file") {
  const TemporaryFolder folder;
  const auto factory = make_encoder_factory();
  const auto parts = segments_of(*factory, folder, ".mp4", kSlow, {10, 10});
  const durasim::Bytes whole = durasim::read_file(parts[1]);
  const auto refused = [&](durasim::ByteView bytes) {
    durasim::write_file(parts[1], bytes);
    return refusal<durasim::FormatError>(*factory, parts, folder.file("joined.mp4"));
  };
  CHECK(contains(refused(durasim::ByteView(whole).first(whole.size() / 2)), "part1.mp4"));
  CHECK(contains(refused({}), "part1.mp4"));
  CHECK(
      contains(refused(durasim::as_bytes("ffconcat version 1.0\nfile part0.mp4\n")), "part1.mp4"));
  CHECK(contains(refusal<durasim::IoError>(*factory, {parts[0], folder.file("none.mp4")},
                                           folder.file("joined.mp4")),
                 "none.mp4: No such file"));
  CHECK(folder.file_count() == 2);
}

TEST_CASE("a process that is killed while it encodes leaves no file of that name") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.mp4");
  const pid_t child = ::fork();
  if (child == 0) {
    const auto sink = make_encoder_factory()->open(path, kSmall);
    for (int i = 0; i < 40; ++i) sink->write(picture(kSmall, i));
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(folder.file_count() == 1);  // it had begun one, under another name
}
