#!/usr/bin/env python3
# The code blocks of README.md are the examples named above them, which ctest builds and runs: they cannot rot. A
# block leaves out the comment that its file opens with.
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parents[2]
blocks = re.findall(r"<!-- example: (\S+) -->\n```cpp\n(.*?)```", (root / "README.md").read_text("utf-8"), re.S)
if len(blocks) < 2:
    sys.exit("README.md: fewer examples than expected")
for name, block in blocks:
    example = re.sub(r"\A(//[^\n]*\n)+", "", (root / name).read_text("utf-8"))
    if block != example:
        sys.exit(f"README.md: the block of {name} differs from the file (without the comment that opens it)")
