# SPDX-License-Identifier: Apache-2.0
"""The format strings of all messages in daemon/: literals in the arguments of a call that writes a
message. `formats.py` prints what the catalogue lacks."""
import glob
import os
import re

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FOLDER))
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])+\'|\w+|\s+|.', re.S)
CALLS = re.compile(r"^(error_set|error_prefix|diag_add\w*|log_(write|write_limited|about|error|warning|info)"
                   r"|\w*refuse\w*|complain\w*|reason_set|notify_status|fail|\w*_fail|fprintf)$")
SPEC = re.compile(r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?([diouxXcsfgeEp%])")
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "'": "'", "0": "\0", "r": "\r"}


def tokens(text):
    """(line, token) without comments and preprocessor lines."""
    line = 1
    for token in TOKEN.findall(re.sub(r"^#(?:.*\\\n)*.*$", lambda m: "\n" * m.group().count("\n"), text,
                                      flags=re.M)):
        if not token.isspace() and not token.startswith(("/*", "//")):
            yield line, token
        line += token.count("\n")


def unquote(literal):
    return re.sub(r"\\(x[0-9a-fA-F]{2}|.)", lambda m: ESCAPES.get(m.group(1), "?"), literal[1:-1])


def literals(found, first, last):
    """Neighbouring literals as one; a PRIu64 between them ends a specification."""
    joined, at = None, 0
    for line, token in [*found[first:last], (0, ")")]:
        if token.startswith('"'):
            if joined is None:
                joined, at = "", line
            joined += unquote(token)
        elif joined is not None and re.match(r"PRI[diux]", token):
            joined += "u"
        elif joined is not None:
            yield at, joined
            joined = None


def formats():
    """(path, line, format) of each message."""
    for path in sorted(glob.glob(os.path.join(ROOT, "daemon/**/*.c"), recursive=True)):
        with open(path, encoding="utf-8") as file:
            found = list(tokens(file.read()))
        end = 0
        for i in range(len(found) - 1):
            if i < end or found[i + 1][1] != "(" or not CALLS.match(found[i][1]):
                continue
            depth, end = 1, i + 2
            while depth > 0:
                depth += {"(": 1, ")": -1}.get(found[end][1], 0)
                end += 1
            if found[i][1] == "fprintf" and found[i + 2][1] != "stderr":
                continue
            for line, text in literals(found, i + 2, end - 1):
                for part in text.split("\n"):
                    yield os.path.relpath(path, ROOT), line, part.strip()


def pieces(text):
    """The words of a format between its specifications, in order."""
    parts = SPEC.split(text)
    result = [parts[0]]
    for spec, rest in zip(parts[1::2], parts[2::2]):
        if spec == "%":
            result[-1] += "%" + rest
        else:
            result.append(rest)
    return result


def has_words(text):
    return len(re.findall(r"[A-Za-z]{2,}", "".join(pieces(text)))) > 1


def shows(line, parts):
    at = 0
    for part in parts:
        at = line.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def shown_lines():
    """(path, line) of all messages in the catalogue"""
    for path in sorted(glob.glob(os.path.join(FOLDER, "*.txt"))):
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith("=> "):
                    yield os.path.relpath(path, ROOT), line[3:].strip()


def test_exists(name):
    kind, file, *function = name.split("/")
    path = os.path.join(ROOT, "tests", name + ".c")
    if kind == "live":
        path = os.path.join(ROOT, "tests/live", file + ".py")
    if not os.path.exists(path):
        return False
    with open(path, encoding="utf-8") as source:
        return kind != "live" or not function or f"def test_{function[0]}(" in source.read()


def complaints():
    """Formats that no line shows; lines of runtime.txt that show no format; tests that do not exist."""
    lines = list(shown_lines())
    wanted = [(path, at, pieces(text), text) for path, at, text in formats() if has_words(text)]
    for path, at, parts, text in wanted:
        if not any(shows(line, parts) for _, line in lines):
            yield f"{path}:{at}: not in tests/messages: {text}"
    for path, line in lines:
        if path.endswith("/runtime.txt") and not any(shows(line, parts) for _, _, parts, _ in wanted):
            yield f"{path}: no such message: {line}"
    with open(os.path.join(FOLDER, "runtime.txt"), encoding="utf-8") as file:
        for name in re.findall("^test: (.*)", file.read(), re.M):
            if not test_exists(name):
                yield f"tests/messages/runtime.txt: no such test: {name}"


if __name__ == "__main__":
    print("\n".join(complaints()))
