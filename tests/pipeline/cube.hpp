// A mesh for tests that simulate.
#pragma once

#include <string>

namespace durasim_test {

// A cube of 20 mm, as an OBJ file.
inline constexpr const char* kCube = R"(v 0 0 0
v 20 0 0
v 20 20 0
v 0 20 0
v 0 0 20
v 20 0 20
v 20 20 20
v 0 20 20
f 1 3 2
f 1 4 3
f 5 6 7
f 5 7 8
f 1 2 6
f 1 6 5
f 2 3 7
f 2 7 6
f 3 4 8
f 3 8 7
f 4 1 5
f 4 5 8
)";
// With a hole.
inline const std::string kOpen = std::string(kCube, std::string(kCube).rfind("f 4 5 8"));

}  // namespace durasim_test
