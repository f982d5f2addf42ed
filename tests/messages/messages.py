# SPDX-License-Identifier: Apache-2.0
"""The message catalogue: `messages.py` gives each input in *.txt to `ringmilld --check` and compares
all of its messages; `messages.py --print` prints the catalogue with the present messages.

An entry is an input of one or more lines, then each line of output after "=> "; entries are
separated by blank lines. Each file says by its name what its inputs are:

    expr.txt      SOURCE: EXPRESSION   the condition of a filter for that built-in source
    handlers.txt  SOURCE: STEP         one step of a pipeline, as flow YAML
    config.txt    a whole config
"""
import os
import subprocess
import sys
import tempfile

FOLDER = os.path.dirname(os.path.abspath(__file__))
BIN = os.environ.get("RINGMILL_BIN", os.path.join(FOLDER, "../../build/release/bin"))
CONFIG = """\
version: 1
sources: {s: {builtin: %s}}
sinks: {out: {type: stdout}}
pipelines: {p: {from: s, handlers: [%s, {forward: out}]}}
"""
PLACE = "pipelines.p.handlers[0]."


def entries(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        for block in file.read().strip("\n").split("\n\n"):
            lines = [line for line in block.split("\n") if not line.startswith("##")]
            yield ([line for line in lines if not line.startswith("=> ")],
                   [line[3:] for line in lines if line.startswith("=> ")])


def config_of(name, lines):
    if name == "config.txt":
        return "\n".join(lines) + "\n"
    source, text = lines[0].split(": ", 1)
    if name == "expr.txt":
        text = "{filter: '%s'}" % text.replace("'", "''")
    return CONFIG % (source, text)


def said(name, lines):
    """What is said, without the file's name; of one step also without its place."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(config_of(name, lines))
        file.flush()
        done = subprocess.run([os.path.join(BIN, "ringmilld"), "--config", file.name, "--check"],
                              capture_output=True, text=True, check=False)
        messages = [line.replace(file.name + ":", "") for line in done.stderr.splitlines()]
    if name == "config.txt":
        return messages
    return [line.split(PLACE, 1)[1] for line in messages if PLACE in line]


def main():
    wrong = 0
    for name in ("config.txt", "expr.txt", "handlers.txt"):
        for lines, expected in entries(name):
            got = said(name, lines)
            if "--print" in sys.argv:
                print("\n".join([f"## {name}", *lines, *("=> " + line for line in got)]) + "\n")
            elif got != expected:
                wrong += 1
                print(name, *lines, "expected:", *expected, "got:", *got, sep="\n    ")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
