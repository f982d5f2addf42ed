# SPDX-License-Identifier: Apache-2.0
"""The message catalogue: inputs, and what the programs say to each. `messages.py [FILE...]` compares,
`messages.py --write [FILE...]` puts the present messages into the files.

An entry is an input of one or more lines, then each line of output after "=> "; entries are
separated by blank lines. Each file says by its name what its inputs are:

    expr.txt      SOURCE: EXPRESSION   the condition of a filter; SOURCE is the name of a built-in
                                       source, or the settings of another one, as flow YAML
    handlers.txt  SOURCE: STEP         one step of a pipeline, as flow YAML
    sinks.txt     SINK                 the settings of a sink, as flow YAML
    sources.txt   SOURCE               the settings of a source
    layout.txt    C text               the layout of a source's records
    config.txt    a whole config
    commands.txt  bash lines, which begin in an empty folder; of their output only stderr counts

In an input {{TEXT*N}} is N times TEXT, $TESTS is the folder tests/, and $OBJECTS that of the built
objects of tests/bpf/objects.

runtime.txt is not run. Its entries are messages that no input alone causes: the cause, the test
that has the message, if one does, as "test: NAME", and the formats of the messages.
"""
import concurrent.futures
import difflib
import os
import re
import subprocess
import sys
import tempfile

FOLDER = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.realpath(os.environ.get("RINGMILL_BIN", os.path.join(FOLDER, "../../build/release/bin")))
FOLDERS = {"$OBJECTS": os.path.join(os.path.dirname(BIN), "objects"), "$TESTS": os.path.dirname(FOLDER)}
FILES = ["config.txt", "handlers.txt", "expr.txt", "sinks.txt", "sources.txt", "layout.txt",
         "commands.txt"]
CONFIG = """\
version: 1
sources: {s: %s}
sinks: {out: %s}
pipelines: {p: {from: s, handlers: [%s{forward: out}]}}
"""
# What comes before the message in a line, by file: the place of the input in CONFIG.
PLACES = {"expr.txt": "pipelines.p.handlers[0].", "handlers.txt": "pipelines.p.handlers[0].",
          "sinks.txt": "sinks.out", "sources.txt": "sources.s", "layout.txt": "sources.s.layout"}


def entries(name):
    """(lines of input, lines of output)"""
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        for block in file.read().strip("\n").split("\n\n"):
            lines = block.split("\n")
            yield ([line for line in lines if not line.startswith("=> ")],
                   [line[3:] for line in lines if line.startswith("=> ")])


def config_of(name, lines):
    source, sink, step = "{builtin: exec}", "{type: stdout}", ""
    if name == "config.txt":
        return "\n".join(lines) + "\n"
    if name == "sinks.txt":
        sink = lines[0]
    elif name == "sources.txt":
        source = lines[0]
    elif name == "layout.txt":
        source = "{object: $OBJECTS/numbers.bpf.o, layout: '%s'}" % "\n\n".join(lines).replace("'", "''")
    else:
        source, step = re.match(r"(\w+|\{.*?\}): (.*)", lines[0]).groups()
        if not source.startswith("{"):
            source = "{builtin: %s}" % source
        step = ("{filter: '%s'}" % step.replace("'", "''") if name == "expr.txt" else step) + ", "
    return CONFIG % (source, sink, step)


def stderr_of(folder, command):
    done = subprocess.run(["timeout", "60", *command], capture_output=True, check=False, cwd=folder,
                          stdin=subprocess.DEVNULL,
                          env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8",
                               "NOTIFY_SOCKET": ""})
    got = done.stderr.decode(errors="replace").replace(folder + "/", "")
    for name, path in FOLDERS.items():
        got = got.replace(path, name)
    return got.splitlines()


def expanded(text):
    text = re.sub(r"\{\{(.*?)\*(\d+)\}\}", lambda found: found.group(1) * int(found.group(2)), text)
    for name, path in FOLDERS.items():
        text = text.replace(name, path)
    return text


def said(entry):
    """The lines that the programs print; of a part of a config without the place of that part."""
    name, lines = entry
    with tempfile.TemporaryDirectory() as folder:
        if name == "commands.txt":
            return stderr_of(folder, ["bash", "-c", expanded("\n".join(lines))])
        with open(os.path.join(folder, "a"), "w", encoding="utf-8") as file:
            file.write(expanded(config_of(name, lines)))
        got = [line.removeprefix("a:") for line in stderr_of(folder, ["ringmilld", "--config", "a", "--check"])]
    if name == "config.txt":
        return got
    place = PLACES[name]
    return [line.split(place, 1)[1].lstrip(".: ") for line in got if place in line]


def main():
    write = "--write" in sys.argv
    wrong = False
    for name in [name for name in sys.argv[1:] if name != "--write"] or FILES:
        old = list(entries(name))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            new = list(pool.map(said, [(name, lines) for lines, _ in old]))
        text = "\n\n".join("\n".join([*lines, *("=> " + line for line in got)])
                           for (lines, _), got in zip(old, new)) + "\n"
        with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
            before = file.read()
        if write:
            with open(os.path.join(FOLDER, name), "w", encoding="utf-8") as file:
                file.write(text)
        elif text != before:
            wrong = True
            sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), text.splitlines(True),
                                                       name, "now"))
    sys.exit(wrong)


if __name__ == "__main__":
    main()
