#!/usr/bin/env python3
"""Holds the order of the stages and the torch border; prints each violation and exits 1 if there is one.

src/stages.txt names the folders in order. A file of src/<folder> or include/movrec/<folder> includes movrec headers of
its own folder and of those above it only. LibTorch's headers come into files of the torch folders only, be it through
other headers, and into public headers only as Tensor.h and its like. A source file's library must hold all that it
includes: a base file reaches headers of torch folders only where they are free of LibTorch.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIGHT_HEADERS = {"ATen/core/Tensor.h", "ATen/core/TensorBase.h", "c10/core/Device.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]')
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")


def read_stages():
    """folder -> (place, library, may include LibTorch)"""
    stages = {}
    for line in (ROOT / "src/stages.txt").read_text(encoding="utf-8").splitlines():
        words = line.split("#")[0].split()
        if words:
            stages[words[0]] = (len(stages), words[1], words[2] == "yes")
    return stages


STAGES = read_stages()


class File:
    def __init__(self, path):
        self.name = str(path.relative_to(ROOT))
        base = "include/movrec" if self.name.startswith("include/") else "src"
        self.folder = str(path.parent.relative_to(ROOT / base))
        self.is_public = base != "src"
        lines = path.read_text(encoding="utf-8").splitlines()
        self.includes = [(n, match.group(1)) for n, line in enumerate(lines, 1) if (match := INCLUDE.match(line))]


def own_header(header):
    """The file that an include of one of our headers means, or None."""
    for base in ("include", "src"):
        path = ROOT / base / header
        if path.is_file():
            return str(path.relative_to(ROOT))
    return None


def reaches_torch(name, files, known):
    """The chain of headers by which the file comes to LibTorch, or None."""
    if name not in known:
        known[name] = None  # while it is looked at: cycles end here
        for _, header in files[name].includes:
            if TORCH.match(header):
                known[name] = [header]
                break
            other = own_header(header)
            if other in files and (chain := reaches_torch(other, files, known)):
                known[name] = [other, *chain]
                break
    return known[name]


def check(file, files, known):
    if file.folder not in STAGES:
        yield f"{file.name}: '{file.folder}' does not stand in src/stages.txt"
        return
    place, _, may_torch = STAGES[file.folder]
    for number, header in file.includes:
        at = f"{file.name}:{number}"
        other = own_header(header)
        if other in files and STAGES.get(files[other].folder, (0,))[0] > place:
            yield f"{at}: '{file.folder}' includes the later '{files[other].folder}' ({header})"
        if TORCH.match(header) and file.is_public and header not in LIGHT_HEADERS:
            yield f"{at}: a public header includes the heavy {header}"
    if not may_torch and (chain := reaches_torch(file.name, files, known)):
        yield f"{file.name}: torch-free '{file.folder}' comes to LibTorch by {' -> '.join(chain)}"


def main():
    paths = [*ROOT.glob("src/**/*.[ch]pp"), *ROOT.glob("include/movrec/**/*.hpp")]
    files = {file.name: file for file in map(File, sorted(paths))}
    known = {}
    errors = [error for file in files.values() for error in check(file, files, known)]
    print("\n".join(errors) if errors else "layers: ok")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
