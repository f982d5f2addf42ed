# SPDX-License-Identifier: Apache-2.0
"""What holds for the whole tree (docs/architecture.md): `law.py RULE`."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# A file includes its own folder and lower floors, never a neighbour on its floor.
FLOORS = {
    "base": 0,
    "ring": 1, "config": 1,
    "record": 2,
    "schema": 3, "expr": 3, "encode": 3, "capture": 3,
    "source": 4, "filter": 4, "shape": 4, "enrich": 4, "aggregate": 4, "forward": 4, "sink": 4,
    "plugin": 4,
    "pipeline": 5,
    "control": 6,
    "cli": 7, ".": 7,
}


def files(*patterns):
    """What git knows and what is new, but not what is deleted."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard",
                             *patterns], cwd=ROOT, capture_output=True, check=True, text=True)
    return [path for path in listed.stdout.split("\0") if os.path.isfile(os.path.join(ROOT, path))]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def rule_includes():
    for path in files("daemon/*.c", "daemon/*.h"):
        folder = os.path.dirname(os.path.relpath(path, "daemon")) or "."
        if folder == "include/ringmill":
            continue
        if folder not in FLOORS:
            yield f"{path}: the folder has no floor"
            continue
        for included in re.findall(r'^#include "(.*)"', read(path), re.M):
            other = os.path.dirname(included)
            if not other:
                shared = os.path.exists(os.path.join(ROOT, "bpf", included))
                if not shared and not included.endswith(".skel.h"):
                    yield f'{path}: "{included}" is not named from daemon/ on'
            elif other not in FLOORS:
                yield f'{path}: "{included}" lies in a folder without a floor'
            elif other != folder and FLOORS[other] >= FLOORS[folder] and folder != ".":
                yield f'{path}: "{included}" is not on a lower floor'


def rule_licences():
    for path in files("*.c", "*.h", "*.py", "*.sh", "*.cmake", "*CMakeLists.txt", "dev", ".ci/run",
                      "tests/systemd-box", "*.service", "*.yaml"):
        head = "\n".join(read(path).splitlines()[:3])
        wanted = "Apache-2.0"
        if path.startswith(("bpf/", "tests/bpf/")) and path.endswith((".c", ".h")):
            wanted = "GPL-2.0-only OR BSD-2-Clause"
        if f"SPDX-License-Identifier: {wanted}" not in head:
            yield f"{path}: does not begin with SPDX-License-Identifier: {wanted}"


def rule_mirror():
    for path in files("tests/unit/*.c"):
        source = path.replace("tests/unit/", "daemon/", 1)
        if not os.path.exists(os.path.join(ROOT, source)):
            yield f"{path}: there is no {source}"


def rule_headers():
    for path in files("*.h"):
        if "#pragma once" not in read(path) and not path.startswith("tests/bpf/headers/"):
            yield f"{path}: has no #pragma once"


def rule_format():
    done = subprocess.run(["./dev", "fmt", "--check"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        yield done.stderr


def rule_names():
    """One name per thing: file names in daemon/, and tags of structs, enums and unions."""
    seen = {}
    for path in files("daemon/*.c", "daemon/*.h"):
        if path.startswith("daemon/include/"):
            continue
        seen.setdefault(os.path.basename(path), []).append(path)
    for base, paths in sorted(seen.items()):
        if len(paths) > 1:
            yield f"{base} is the name of several files: {' '.join(paths)}"
    tags = {}
    for path in files("daemon/*.c", "daemon/*.h"):
        for tag in re.findall(r"^[ \t]*(?:typedef )?(?:struct|enum|union) (\w+) \{", read(path), re.M):
            tags.setdefault(tag, []).append(path)
    for tag, paths in sorted(tags.items()):
        if len(paths) > 1:
            yield f"{tag} is the tag of several types: {' '.join(paths)}"


PROTOTYPE = re.compile(r"^(?!static|typedef|return|#)[a-z][\w ]*[ *]+(\w+)\([^;{}]*\)[^;{}]*;", re.M)


def rule_prototypes():
    """Each function of a header has its own comment, which ends on the line before it."""
    for path in files("daemon/*.h"):
        text = read(path)
        code = re.sub(r"/\*.*?\*/", lambda found: re.sub(r"[^\n]", " ", found.group()), text, flags=re.S)
        for found in PROTOTYPE.finditer(code):
            before = text[:found.start()].rstrip("\n")
            if text[len(before):found.start()].count("\n") > 1 or not (
                    before.endswith("*/") or before.split("\n")[-1].startswith("//")):
                yield f"{path}:{text.count(chr(10), 0, found.start()) + 1}: {found.group(1)}() has no comment"


# Phrases that a reader stumbles over, and where they are right.
STUMBLING = re.compile(
    r"\b(?:is|are|was|were) no (?!longer\b|more\b|such\b)\w+|\b(?:is|are|was|were) none\b|\bstands?\b(?! (?:in )?for\b|-in\b)"
    r"|\b(?:is|are|was|were) told\b(?! apart)|\bthe one before\b|\bpetting\b|\bbehind\b|\bof such an? one\b"
    r"|/\* The same:|\bfor ever\b|\banew\b", re.I)
RIGHT = re.compile(
    r"\b(?:there|where) (?:is|are|was|were) no(?:ne)?\b|\b(?:leaves?|left|leaving|fall|falls|fell) (?:\w+ )?behind\b",
    re.I)
COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)


def rule_words():
    """No phrase of the list above in comments, messages and manuals."""
    for path in files("daemon/*.c", "daemon/*.h", "bpf/*.c", "bpf/*.h", "docs/*", "README.md",
                      "CONTRIBUTING.md", "tests/README.md", "conf/*", "systemd/*"):
        text = read(path)
        parts = [(0, text)]
        if path.endswith((".c", ".h")):
            parts = [(found.start(), found.group()) for found in COMMENT_OR_STRING.finditer(text)]
        for start, part in parts:
            right = [found.span() for found in RIGHT.finditer(part)]
            for found in STUMBLING.finditer(part):
                if not any(begin <= found.start() < end or begin < found.end() <= end for begin, end in right):
                    line = text.count("\n", 0, start + found.start()) + 1
                    yield f"{path}:{line}: {found.group()!r} in: {part[max(0, found.start() - 40):found.end() + 30]!r}"


def rule_messages():
    """Each message of the programs is in the catalogue, tests/messages."""
    sys.path.insert(0, os.path.join(ROOT, "tests/messages"))
    import formats  # pylint: disable=import-outside-toplevel
    yield from formats.complaints()


def main():
    complaints = list(globals()["rule_" + sys.argv[1]]())
    print("\n".join(complaints))
    sys.exit(1 if complaints else 0)


main()
