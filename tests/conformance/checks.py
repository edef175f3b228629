# Runs the checks: every function check_* of every *_check.py beside this file, in order. A check takes a Context,
# returns on success, raises AssertionError (or anything else) on failure and Skip where it cannot be made.
# Started by `run`, which provides the interpreter's packages.
import argparse
import importlib
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback


class Skip(Exception):
    pass


class Context:
    def __init__(self, bin_folder, data):
        self.bin = bin_folder
        self.data = data

    # What conformance-probe prints for these arguments, as bytes.
    def probe(self, *arguments):
        command = [str(self.bin / "conformance-probe"), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: {done.stderr.decode().strip()}")
        return done.stdout

    # The same for an argument that is the path of a file with these bytes.
    def probe_bytes(self, verb, content):
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            return self.probe(verb, file.name)

    # The recorded histories, or Skip where the folder is absent.
    def histories(self):
        folder = self.data / "histories"
        if not folder.is_dir():
            raise Skip(f"no {folder}")
        return folder


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    context = Context(options.bin, options.data)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for file in sorted(pathlib.Path(__file__).parent.glob("*_check.py")):
        module = importlib.import_module(file.stem)
        for name, check in list(vars(module).items()):
            title = f"{file.stem.removesuffix('_check')}: {name.removeprefix('check_').replace('_', ' ')}"
            if not name.startswith("check_") or not (not options.words or any(w in title for w in options.words)):
                continue
            begin = time.monotonic()
            try:
                check(context)
                result, reason = "passed", ""
            except Skip as skip:
                result, reason = "skipped", f": {skip}"
            except Exception as error:  # a check may fail in any way; the others still run
                result, reason = "failed", f": {error}"
                if not isinstance(error, AssertionError):
                    traceback.print_exc()
            counts[result] += 1
            print(f"{result:7} {time.monotonic() - begin:6.2f} s  {title}{reason}", flush=True)
    print(", ".join(f"{count} {result}" for result, count in counts.items()))
    return 1 if counts["failed"] or not counts["passed"] + counts["skipped"] else 0


if __name__ == "__main__":
    # The check modules import Context and Skip from here, not from a second copy.
    sys.modules["checks"] = sys.modules["__main__"]
    sys.exit(main())
