// Foreign MJCF: nothing outside its folder is read, bombs are refused before MuJoCo sees them,
// messages name the place.
#include "sim/mjcf_models.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mujoco/mujoco.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace durasim;
using namespace durasim::sim;
using namespace durasim_test;

namespace {

const std::string kBody = R"(<worldbody><body><freejoint/><geom size=".1"/></body></worldbody>)";

// A folder that is gone at the end of the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "durasim-bundle-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string write(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file.string();
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string mesh(const std::string& file, const std::string& before = "") {
  return "<mujoco>" + before + "<asset><mesh name=\"m\" file=\"" + file +
         R"("/></asset><worldbody><body><freejoint/><geom type="mesh" mesh="m"/></body></worldbody></mujoco>)";
}

template <typename Failure = FormatError>
std::string refusal(const std::string& xml, const MjcfLimits& limits = {}) {
  try {
    check_mjcf_source({xml, {}}, limits);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("every real model passes, with its files, and compiles from memory") {
  for (const std::string& name : real_models()) {
    CAPTURE(name);
    const auto model = real_model(name);
    if (!model) return;
    CHECK(model->get()->nbody > 1);
  }
}

TEST_CASE("meshes, textures, includes and sub-models are found where MuJoCo finds them") {
  const Folder folder;
  const std::string sub =
      "<mujoco><compiler meshdir=\"k\"/><asset><mesh name=\"s\" "
      "file=\"c.obj\"/></asset><worldbody><body name=\"b\"><freejoint/>"
      "<geom type=\"mesh\" mesh=\"s\"/></body></worldbody></mujoco>";
  folder.write("meshes/a.obj", kTetrahedron);
  folder.write("s/k/c.obj", kTetrahedron);
  folder.write("s/sub.xml", sub);
  folder.write("s/options.xml", "<mujocoinclude><include file=\"more.xml\"/></mujocoinclude>");
  folder.write("s/more.xml", "<mujocoinclude><option timestep=\"0.004\"/></mujocoinclude>");
  const std::string main = folder.write(
      "main.xml", R"(<mujoco><compiler meshdir="./meshes/"/><include file="s/options.xml"/>
    <asset><mesh name="a" file="a.obj"/><model name="sub" file="../s/sub.xml"/></asset><worldbody><geom type="mesh" mesh="a"/></worldbody></mujoco>)");
  CHECK_THROWS_AS(load_mjcf_file(main), FormatError);  // "..": even though it would come back
  folder.write("main.xml", R"(<mujoco><compiler meshdir="./meshes/"/><include file="s/options.xml"/>
    <asset><mesh name="a" file="a.obj"/><model name="sub" file="s/sub.xml"/></asset>
    <worldbody><geom type="mesh" mesh="a"/><attach model="sub" body="b" prefix="x"/></worldbody></mujoco>)");
  const MjcfSource source = load_mjcf_file(main);
  std::vector<std::string> names;
  names.reserve(source.assets.size());
  for (const auto& [name, bytes] : source.assets) names.push_back(name);
  CHECK(names == std::vector<std::string>{"meshes/a.obj", "s/k/c.obj", "s/more.xml",
                                          "s/options.xml", "s/sub.xml"});
  const auto model = Model::compile(source);
  CHECK(model->get()->opt.timestep == 0.004);
  CHECK(model->get()->nmesh == 2);
}

TEST_CASE("a bundle comes back from its message, and other bytes are errors") {
  const Folder folder;
  folder.write("a.obj", kTetrahedron);
  const MjcfSource source = load_mjcf_file(folder.write("main.xml", mesh("a.obj")));
  const Bytes bundle = encode_mjcf_bundle(source);
  const MjcfSource again = decode_mjcf_bundle(bundle);
  CHECK(again.xml == source.xml);
  CHECK(again.assets == source.assets);
  std::string error;
  CHECK(check_mjcf_bundle(bundle, error) == 0);
  for (std::size_t size = 0; size < bundle.size(); ++size) {
    CHECK_THROWS_AS(decode_mjcf_bundle(ByteView(bundle).first(size)), FormatError);
  }
  CHECK(check_mjcf_bundle(ByteView(bundle).first(5), error) == 1);
  CHECK_FALSE(error.empty());
}

TEST_CASE("the trial in the child reports MuJoCo's reason") {
  std::string error;
  CHECK(check_mjcf_bundle(
            encode_mjcf_bundle(
                {"<mujoco><worldbody><body><freejoint/></body></worldbody></mujoco>", {}}),
            error) == 1);
  CHECK(error.find("mass and inertia of moving bodies") != std::string::npos);
  CHECK(check_mjcf_bundle(encode_mjcf_bundle({crowded_mjcf("500K"), {}}), error) == 1);
  CHECK(
      error.starts_with("MuJoCo: "));  // an error of mj_forward, which would have ended the process
}

TEST_CASE("names that leave the folder are refused with element and line (T16)") {
  CHECK(refusal(mesh("/etc/hostname")) ==
        "model:1: <mesh> names '/etc/hostname': absolute names are not allowed");
  CHECK(refusal(mesh("../secret.obj")) ==
        "model:1: <mesh> names '../secret.obj': '..' would leave the model's folder");
  CHECK(refusal(mesh("a/../../secret.obj")).find("'..'") != std::string::npos);
  CHECK(refusal(mesh("http://host/a.obj")).find("':'") != std::string::npos);
  CHECK(refusal(mesh("..\\secret.obj")).find("separate folders by '/'") != std::string::npos);
  CHECK(refusal("<mujoco>\n<include file=\"/etc/hostname.xml\"/></mujoco>")
            .starts_with("model:2: <include> names"));
  CHECK(refusal("<mujoco><include file=\"x.txt\"/></mujoco>").find("only .xml files") !=
        std::string::npos);
  for (const char* attribute : {"meshdir", "texturedir", "assetdir"}) {
    CHECK(refusal(mesh("a.obj", fmt::format("<compiler {}=\"/etc\"/>", attribute)))
              .starts_with("model:1: <compiler> names '/etc'"));
    CHECK(refusal(mesh("a.obj", fmt::format("<compiler {}=\"../up\"/>", attribute)))
              .starts_with("model:1: <compiler> names '../up'"));
  }
  for (const char* element : {"<hfield name='h' size='1 1 1 1' file='/etc/h.png'/>",
                              "<texture name='t' type='2d' file='/etc/t.png'/>",
                              "<texture name='t' type='cube' fileleft='/etc/t.png'/>",
                              "<skin file='/etc/s.skn'/>", "<model name='x' file='/etc/x.xml'/>"}) {
    CHECK(refusal(fmt::format("<mujoco><asset>{}</asset></mujoco>", element))
              .find("absolute names are not allowed") != std::string::npos);
  }
  CHECK(refusal("<mujoco><worldbody><flexcomp name='f' type='gmsh' "
                "file='/etc/f.msh'/></worldbody></mujoco>")
            .find("absolute") != std::string::npos);
}

TEST_CASE("a symbolic link out of the folder is refused, one inside it is followed (T16)") {
  const Folder outside;
  const Folder folder;
  const std::string secret = outside.write("secret.obj", kTetrahedron);
  folder.write("real.obj", kTetrahedron);
  std::filesystem::create_symlink(secret, folder.path() / "out.obj");
  std::filesystem::create_symlink(outside.path(), folder.path() / "dir");
  std::filesystem::create_symlink("real.obj", folder.path() / "in.obj");
  CHECK_THROWS_WITH_AS(load_mjcf_file(folder.write("main.xml", mesh("out.obj"))),
                       "'out.obj' leads out of the model's folder by a symbolic link", FormatError);
  CHECK_THROWS_AS(load_mjcf_file(folder.write("main.xml", mesh("dir/secret.obj"))), FormatError);
  CHECK(load_mjcf_file(folder.write("main.xml", mesh("in.obj"))).assets.size() == 1);
}

TEST_CASE("what is not a regular file is refused without waiting for it") {
  const Folder folder;
  REQUIRE(::mkfifo((folder.path() / "pipe.obj").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(load_mjcf_file(folder.write("main.xml", mesh("pipe.obj"))),
                       "'pipe.obj' is not a regular file", FormatError);
}

TEST_CASE("a missing file is named together with the element that wants it") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(
      load_mjcf_file(folder.write("main.xml", mesh("gone.obj"))),
      "main.xml:1: <mesh> names 'gone.obj', which does not exist in the model's folder", IoError);
  CHECK_THROWS_AS(load_mjcf_file((folder.path() / "none.xml").string()), IoError);
}

TEST_CASE("includes that go round, and sub-models that load themselves, are refused (T17)") {
  const Folder folder;
  folder.write("a.xml", "<mujocoinclude><include file=\"b.xml\"/></mujocoinclude>");
  folder.write("b.xml", "<mujocoinclude><include file=\"a.xml\"/></mujocoinclude>");
  CHECK_THROWS_WITH_AS(
      load_mjcf_file(folder.write("main.xml", "<mujoco><include file=\"a.xml\"/></mujoco>")),
      "b.xml:1: <include> includes 'a.xml' a second time", FormatError);
  CHECK_THROWS_WITH_AS(
      load_mjcf_file(folder.write("self.xml", "<mujoco><include file=\"self.xml\"/></mujoco>")),
      "self.xml:1: <include> includes 'self.xml' a second time", FormatError);
  CHECK_THROWS_WITH_AS(
      load_mjcf_file(folder.write(
          "m.xml", "<mujoco><asset><model name=\"m\" file=\"m.xml\"/></asset></mujoco>")),
      "m.xml:1: <model> loads 'm.xml' inside itself", FormatError);
}

TEST_CASE("bombs are refused before MuJoCo sees them (T15)") {
  const auto inside_world = [](const std::string& xml) {
    return refusal<LimitError>("<mujoco><worldbody>" + xml + "</worldbody></mujoco>");
  };
  CHECK(inside_world("<replicate count='1000000000'><geom size='.1'/></replicate>")
            .starts_with("model:1: <replicate> count is 1e+09"));
  CHECK(inside_world("<replicate count='1000'><replicate count='1000'><replicate "
                     "count='1000'><geom size='.1'/></replicate></replicate></replicate>")
            .find("after replicate and attach is 1e+09") != std::string::npos);
  CHECK(inside_world("<replicate count='20000'><geom size='.1'/></replicate>") != "accepted");
  CHECK(inside_world(
            "<flexcomp name='f' type='grid' dim='3' count='2000 2000 2000' spacing='.1 .1 .1'/>")
            .starts_with("model:1: <flexcomp> count is 8e+09"));
  CHECK(inside_world("<replicate count='100'><flexcomp name='f' type='grid' count='30 30 1' "
                     "spacing='.1 .1 .1'/></replicate>")
            .find("flexcomp points") != std::string::npos);
  std::string laughs = "<frame name='f0'><geom size='.1'/></frame>";
  for (int i = 1; i < 40; ++i)
    laughs += fmt::format(
        "<frame name='f{}'><attach frame='f{}' prefix='a'/><attach frame='f{}' "
        "prefix='b'/></frame>",
        i, i - 1, i - 1);
  CHECK(inside_world(laughs).find("after replicate and attach") != std::string::npos);
  CHECK(refusal("<mujoco><worldbody><frame name='f'><attach frame='f' "
                "prefix='a'/></frame></worldbody></mujoco>")
            .find("attaches itself") != std::string::npos);

  const auto inside = [](const std::string& xml) {
    return refusal<LimitError>("<mujoco>" + xml + kBody + "</mujoco>");
  };
  CHECK(inside("<asset><hfield name='h' nrow='60000' ncol='60000' size='1 1 1 1'/></asset>")
            .starts_with("model:1: <hfield> nrow x ncol is 3.6e+09"));
  CHECK(inside("<asset><texture name='t' type='2d' builtin='checker' width='60000' "
               "height='60000'/></asset>")
            .starts_with("model:1: <texture> width x height"));
  CHECK(inside("<size memory='1000G'/>") ==
        "model:1: <size> memory is 1.07374e+12; the limit is 2.14748e+09");
  CHECK(inside("<size nuserdata='2147483647'/>").starts_with("model:1: <size> nuserdata is"));
  CHECK(inside("<custom><numeric name='n' size='2000000000'/></custom>")
            .starts_with("model:1: <numeric> size"));
  CHECK(inside("<visual><global offwidth='100000' offheight='100000'/></visual>")
            .find("offwidth x offheight") != std::string::npos);
  CHECK(inside("<size memory='100M'/><asset><texture name='t' type='2d' builtin='checker' "
               "width='512' height='512'/></asset>") == "accepted");
}

TEST_CASE("a picture whose header promises too many pixels is refused") {
  Bytes png;
  for (const int b :
       std::initializer_list<int>{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0,    13,
                                  'I',  'H', 'D', 'R', 0,    0,    0xEA, 0x60, 0, 0, 0xEA, 0x60}) {
    png.push_back(static_cast<std::byte>(b));
  }
  const MjcfSource source{
      "<mujoco><asset><texture name='t' type='2d' file='t.png'/></asset></mujoco>",
      {{"t.png", png}}};
  CHECK_THROWS_WITH_AS(
      check_mjcf_source(source),
      "model:1: <texture> width x height of 't.png' is 3.6e+09; the limit is 1e+08", LimitError);
}

TEST_CASE("numbers that are not finite are refused by element and attribute (T15)") {
  CHECK(refusal("<mujoco>\n<option timestep=\"nan\"/>" + kBody + "</mujoco>") ==
        "model:2: <option> attribute timestep holds a number that is not finite");
  CHECK(refusal("<mujoco><option gravity=\"0 0 -inf\"/>" + kBody + "</mujoco>").find("gravity") !=
        std::string::npos);
  CHECK(refusal("<mujoco><worldbody><body pos=\"0 1e999 0\"/></worldbody></mujoco>")
            .find("attribute pos") != std::string::npos);
  CHECK(refusal("<mujoco><option timestep=\"&#110;an\"/></mujoco>").find("timestep") !=
        std::string::npos);
  CHECK(
      refusal("<mujoco><worldbody><body name=\"nan\" pos=\"1e-320 0 0\"/></worldbody></mujoco>") ==
      "accepted");
}

TEST_CASE("plugins, other roots, broken and too deep XML are refused with line (T17, T18)") {
  CHECK(refusal("<mujoco><extension><plugin plugin=\"mujoco.evil\"/></extension></mujoco>")
            .starts_with("model:1: <plugin> engine plugins"));
  CHECK(refusal("<robot name=\"urdf\"/>").find("the root element must be <mujoco>") !=
        std::string::npos);
  CHECK(refusal("<mujoco>\n<worldbody>\n</mujoco>").starts_with("model:2: not XML"));
  CHECK(refusal("") != "accepted");
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "<body>";
  CHECK(refusal("<mujoco><worldbody>" + deep).find("not XML: XML_ELEMENT_DEPTH_EXCEEDED") !=
        std::string::npos);
  const std::string laughs =
      "<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]><mujoco "
      "model='&b;'>" +
      kBody + "</mujoco>";
  std::string error;
  CHECK(check_mjcf_bundle(encode_mjcf_bundle({laughs, {}}), error) ==
        0);  // entities of a DTD are never expanded
}

TEST_CASE("limits on files, bytes and elements hold") {
  const Folder folder;
  folder.write("a.obj", kTetrahedron);
  const std::string main = folder.write("main.xml", mesh("a.obj"));
  MjcfLimits limits;
  limits.max_file_bytes = 200;
  CHECK_NOTHROW(load_mjcf_file(main, limits));
  limits.max_file_bytes = 60;
  CHECK_THROWS_AS(load_mjcf_file(main, limits), LimitError);
  limits = {};
  limits.max_files = 0;
  CHECK_THROWS_AS(load_mjcf_file(main, limits), LimitError);
  limits = {};
  limits.max_total_bytes = 10;
  CHECK_THROWS_AS(load_mjcf_file(main, limits), LimitError);
  limits = {};
  limits.max_elements = 3;
  CHECK_THROWS_AS(load_mjcf_file(main, limits), LimitError);
  limits = {};
  limits.max_depth = 3;
  CHECK_THROWS_AS(load_mjcf_file(main, limits), LimitError);
}

TEST_CASE("assets that no element names may not lead out of the folder either (T16)") {
  const std::string xml = "<mujoco>" + kBody + "</mujoco>";
  const Bytes x(1);
  for (const char* name :
       {"../../x", "/etc/x", "a/../../x", "..", "c:x", "a\\x", "", "./x", "a//x"}) {
    CAPTURE(name);
    const MjcfSource source{xml, {{name, x}}};
    CHECK_THROWS_AS(check_mjcf_source(source), FormatError);
    CHECK_THROWS_AS((void)decode_mjcf_bundle(encode_mjcf_bundle(source)), FormatError);
    CHECK_THROWS_AS((void)Model::compile(source), ModelError);
    const Folder folder;
    CHECK_THROWS_AS((void)save_mjcf(source, (folder.path() / "in").string()), FormatError);
    CHECK(std::filesystem::is_empty(folder.path()));
  }
  CHECK_NOTHROW(check_mjcf_source({xml, {{"a..b/..c", x}}}));
}

TEST_CASE("a model is saved beside its files and replaces none of them") {
  const Folder folder;
  folder.write("scene.xml", "<mujocoinclude><option timestep=\"0.004\"/></mujocoinclude>");
  folder.write("scene-2.xml/a.obj", kTetrahedron);
  const MjcfSource source = load_mjcf_file(
      folder.write("robot.xml", mesh("scene-2.xml/a.obj", "<include file=\"scene.xml\"/>")));
  const Folder out;
  const std::string saved = save_mjcf(source, out.path().string());
  CHECK(saved == out.path().string() + "/scene-3.xml");
  const MjcfSource again = load_mjcf_file(saved);
  CHECK(again.xml == source.xml);
  CHECK(again.assets == source.assets);
  CHECK(save_mjcf({"<mujoco/>", {}}, out.path().string()) == out.path().string() + "/scene.xml");
}
