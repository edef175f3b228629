# Plants one violation at a time in a tree of its own and expects tools/check-includes to report just that one.
import pathlib
import subprocess
import sys
import tempfile

HEAD = "// What it is.\n"
HEADER = HEAD + "#pragma once\n"

CLEAN = {
    "include/durasim/core/a.hpp": HEADER + "#include <vector>\n",
    "include/durasim/sim/b.hpp": HEADER + '#include "durasim/core/a.hpp"\n#include "durasim/geometry/c.hpp"\n',
    "src/sim/b.cpp": HEAD + '#include "sim/b_private.hpp"\n#include <mujoco/mujoco.h>\n#include <unistd.h>\n'
                            "// sleep_for and TODOs in other words, std::chrono::system_clock::now in a comment\n",
    "src/core/time.cpp": HEAD + "auto t = std::chrono::system_clock::now();\n",
    "src/cad/c.cpp": HEAD + "#include <TopoDS_Shape.hxx>\n",
    "src/cli/main.cpp": HEAD + '#include <CLI/CLI.hpp>\n#include "durasim/cad/c.hpp"\n#include "durasim/sim/b.hpp"\n',
    "tests/sim/raw_test.cpp": HEAD + 'auto a = R"(' + "x" * 100 + "\n" + "x" * 101 + '\n)";\n',
    "tests/sim/b_test.cpp": HEAD + '#include <doctest/doctest.h>\nconst char* program = "sleep(1)";\n',
}

# What is planted, where, and a part of the line that must be reported.
PLANTED = [
    ("include/durasim/core/x.hpp", HEADER + '#include "durasim/sim/b.hpp"\n', "core may not include"),
    ("include/durasim/geometry/x.hpp", HEADER + '#include "durasim/sim/b.hpp"\n', "geometry may not include"),
    ("src/sim/x.cpp", HEAD + '#include "durasim/cad/c.hpp"\n', "sim may not include"),
    ("src/sim/x.cpp", HEAD + '#include "durasim/engine/engine.hpp"\n', "sim may not include"),
    ("src/video/x.cpp", HEAD + '#include "durasim/sim/b.hpp"\n', "video may not include"),
    ("src/workflow/x.cpp", HEAD + '#include "durasim/engine/engine.hpp"\n', "workflow may not include"),
    ("src/newcomer/x.cpp", HEAD + '#include "durasim/core/a.hpp"\n', "in no table"),
    ("src/sim/x.cpp", HEAD + '#include "core/spawn.hpp"\n', "private to module core"),
    ("src/sim/x.cpp", HEAD + "#include <TopoDS_Shape.hxx>\n", "OpenCASCADE header"),
    ("src/cad/x.cpp", HEAD + "#include <mujoco/mujoco.h>\n", "MuJoCo header"),
    ("src/sim/x.cpp", HEAD + "#include <libavcodec/avcodec.h>\n", "libav header"),
    ("src/sim/x.cpp", HEAD + "#include <openssl/evp.h>\n", "OpenSSL header"),
    ("src/sim/x.cpp", HEAD + "#include <tinyxml2.h>\n", "tinyxml2 header"),
    ("src/sim/x.cpp", HEAD + "#include <EGL/egl.h>\n", "OpenGL header"),
    ("src/core/x.cpp", HEAD + "#include <CLI/CLI.hpp>\n", "CLI11 header"),
    ("src/sim/x.cpp", HEAD + "#include <doctest/doctest.h>\n", "doctest header"),
    ("src/sim/x.cpp", HEAD + "#include <eigen3/Eigen/Core>\n", "in no table"),
    ("include/durasim/core/x.hpp", HEADER + "#include <fmt/format.h>\n", "fmt header"),
    ("include/durasim/core/x.hpp", HEADER + "#include <boost/json.hpp>\n", "Boost header"),
    ("include/durasim/sim/x.hpp", HEADER + "#include <mujoco/mujoco.h>\n", "MuJoCo header"),
    ("include/durasim/core/x.hpp", HEADER + "#include <unistd.h>\n", "public headers include only"),
    ("include/durasim/core/x.hpp", HEADER + "#include <filesystem>\n", "too costly"),
    ("include/durasim/core/x.hpp", HEADER + '#include "core/private.hpp"\n', "includes private"),
    ("include/durasim/core/x.hpp", HEADER + "std::vector<int> a();\n", "needs #include <vector>"),
    ("src/sim/x.cpp", HEAD + "auto t = std::chrono::system_clock::now();\n", "come through durasim::Clock"),
    ("src/sim/x.cpp", HEAD + "std::random_device device;\n", "come through durasim::Clock"),
    ("tests/sim/x_test.cpp", HEAD + "std::this_thread::sleep_for(1s);\n", "must not sleep"),
    ("include/durasim/core/x.hpp", HEADER + "using namespace std;\n", "using namespace"),
    ("include/durasim/core/x.hpp", HEAD, "#pragma once"),
    ("src/sim/x.cpp", "int x;\n", "does not open with a comment"),
    ("src/sim/x.cpp", HEAD + "// " + "x" * 98 + "\n", "101 columns"),
    ("src/sim/x.cpp", HEAD + 'auto a = R"(x)";\n// ' + "x" * 98 + "\n", "101 columns"),
    ("src/sim/x.cpp", HEAD + "int x;\n" * 600, "601 lines"),
    ("include/durasim/core/x.hpp", HEADER + "\n" * 399, "401 lines"),
    ("src/sim/x.cpp", HEAD + "// TO" + "DO: later\n", "unfinished"),
]
TWICE = {"src/sim/png.cpp": HEAD + "#include <stb/stb_image_write.h>\n",
         "src/sim/x.cpp": HEAD + "#include <stb_image_write.h>\n"}


def write(root, files):
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def check(checker, files):
    with tempfile.TemporaryDirectory() as folder:
        write(pathlib.Path(folder), files)
        run = subprocess.run([sys.executable, checker, folder], capture_output=True, text=True, check=False)
        return run.returncode, run.stdout.strip().splitlines()


def main():
    checker = sys.argv[1]
    failures = []
    code, lines = check(checker, CLEAN)
    if code != 0:
        failures.append(f"a clean tree is reported: {lines}")
    for path, text, expected in PLANTED:
        code, lines = check(checker, {**CLEAN, path: text})
        if code != 1 or len(lines) != 1 or not lines[0].startswith(path + ":") or expected not in lines[0]:
            failures.append(f"planted {text.splitlines()[-1]!r} in {path}; reported: {lines}")
    code, lines = check(checker, {**CLEAN, **TWICE})
    if code != 1 or len(lines) != 1 or "one file only" not in lines[0]:
        failures.append(f"stb in two files; reported: {lines}")
    print("\n".join(failures) if failures else f"{len(PLANTED) + 2} trees judged rightly")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
