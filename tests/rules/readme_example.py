#!/usr/bin/env python3
# The code block of README.md is examples/drop_test.cpp, which ctest builds and runs: it cannot rot.
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parents[2]
block = re.search(r"```cpp\n(.*?)```", (root / "README.md").read_text("utf-8"), re.S).group(1)
example = (root / "examples/drop_test.cpp").read_text("utf-8").split("\n", 1)[1]
if block != example:
    sys.exit("README.md: its example differs from examples/drop_test.cpp (without that file's first line)")
