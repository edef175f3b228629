// Compiling: from memory only, with MuJoCo's own words on failure, and with an identity.
#include "sim/mjcf_models.hpp"

#include <doctest/doctest.h>
#include <mujoco/mujoco.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

using namespace durasim;
using namespace durasim::sim;
using namespace durasim_test;

namespace {

const std::string kOctahedron =
    "v 1 0 0\nv -1 0 0\nv 0 1 0\nv 0 -1 0\nv 0 0 1\nv 0 0 -1\nf 1 3 5\nf 3 2 5\nf 2 4 5\nf 4 1 "
    "5\nf 3 1 6\nf 2 3 6\nf 4 2 6\nf 1 4 6\n";

Bytes bytes_of(const std::string& text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

std::string with_mesh(const std::string& file, const std::string& more = "") {
  return "<mujoco>" + more + "<asset><mesh name=\"m\" file=\"" + file +
         R"("/></asset><worldbody><body><freejoint/><geom type="mesh" mesh="m"/></body></worldbody></mujoco>)";
}

}  // namespace

TEST_CASE("assets come from memory by the name that the text reaches them with") {
  CHECK(Model::compile({with_mesh("part.obj"), {{"part.obj", bytes_of(kTetrahedron)}}})
            ->get()
            ->nmeshvert == 4);
  CHECK(Model::compile(
            {with_mesh("a/part.obj"),
             {{"a/part.obj", bytes_of(kTetrahedron)}, {"b/part.obj", bytes_of(kOctahedron)}}})
            ->get()
            ->nmeshvert == 4);
  CHECK(Model::compile(
            {with_mesh("b/part.obj"),
             {{"a/part.obj", bytes_of(kTetrahedron)}, {"b/part.obj", bytes_of(kOctahedron)}}})
            ->get()
            ->nmeshvert == 6);
  CHECK(Model::compile(
            {with_mesh("part.obj", "<compiler meshdir=\"b\"/>"),
             {{"a/part.obj", bytes_of(kTetrahedron)}, {"b/part.obj", bytes_of(kOctahedron)}}})
            ->get()
            ->nmeshvert == 6);
}

TEST_CASE("a name that is not in memory is an error, even when there is such a file on the disk") {
  const std::string name = "model_test_mesh.obj";
  std::ofstream(name) << kTetrahedron;
  CHECK_THROWS_WITH_AS(
      Model::compile({with_mesh(name), {}}),
      "model:1: <mesh> names 'model_test_mesh.obj', which does not exist in the model's folder",
      ModelError);
  CHECK_THROWS_AS(Model::compile({with_mesh("/etc/hostname"), {}}), ModelError);
  CHECK_THROWS_AS(Model::compile({"<mujoco><include file=\"model_test_mesh.xml\"/></mujoco>", {}}),
                  ModelError);
  std::remove(name.c_str());
}

TEST_CASE("a model that MuJoCo refuses is an exception with MuJoCo's text") {
  try {
    Model::compile({"<mujoco>\n<worldbody>\n<body><freejoint/></body></worldbody></mujoco>", {}});
    FAIL("compiled");
  } catch (const ModelError& error) {
    CHECK(std::string(error.what()).find("mass and inertia of moving bodies") != std::string::npos);
  }
  CHECK_THROWS_AS(Model::compile({"no XML", {}}), ModelError);
  CHECK_THROWS_AS(Model::compile({"", {}}), ModelError);
}

TEST_CASE("automatic reset is off in every compiled model (L1)") {
  CHECK((ball_at("0 0 0")->get()->opt.disableflags & mjDSBL_AUTORESET) != 0);
}

TEST_CASE("the identity covers the text and the bytes and names of all assets") {
  const MjcfSource source{with_mesh("part.obj"), {{"part.obj", bytes_of(kTetrahedron)}}};
  const std::string hash = Model::compile(source)->sha256();
  CHECK(hash.size() == 64);
  CHECK(Model::compile(source)->sha256() == hash);
  MjcfSource other = source;
  other.xml += " ";
  CHECK(Model::compile(other)->sha256() != hash);
  other = source;
  other.assets["part.obj"] = bytes_of(kOctahedron);
  CHECK(Model::compile(other)->sha256() != hash);
  other = source;
  other.assets["unused.obj"] = {};
  CHECK(Model::compile(other)->sha256() != hash);
}

TEST_CASE("what the compiler warns about is kept with the model") {
  const auto model = Model::compile(
      {"<mujoco><worldbody><body pos=\"nan 0 0\"><geom size=\".1\"/></body></worldbody></mujoco>",
       {}});
  REQUIRE(model->warnings().size() == 1);
  CHECK(model->warnings()[0].find("NaN") != std::string::npos);
  CHECK(ball_at("0 0 0")->warnings().empty());
}

TEST_CASE("the version is that of the library that is loaded") {
  CHECK(mujoco_version() == mj_versionString());
}
