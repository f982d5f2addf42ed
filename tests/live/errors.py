# SPDX-License-Identifier: Apache-2.0
"""Bad input and a hostile environment: one clear sentence each, and the right exit status."""
import os
import re
import shutil
import subprocess
import tempfile

import harness

USAGE, CONFIG = 2, 3
with open(os.path.join(harness.ROOT, "daemon/source/builtin.c"), encoding="utf-8") as table:
    BUILTINS = ", ".join(re.findall(r'^        .name = "(\w+)",\n        .type_name', table.read(), re.MULTILINE))

MISTAKES = """\
version: 2
sources:
  exec: {builtin: exce}
  open: {builtin: open, ring_size: 5MiB}
  exit: {builtin: exit, ringsize: 1MiB}
  good: {builtin: exec}
sinks:
  out: {type: stdout, format: jsn}
  log: {type: file}
  net: {type: tcpp}
pipelines:
  one:
    from: god
    handlers:
      - forward: out
  two:
    from: good
    delivery: at-last-once
    handlers:
      - filter: comm == 5
      - filtre: pid == 1
      - forward: [out, nowhere]
  three:
    from: good
    handlers:
      - filter: pidd == 1 && uid == 0
      - filter: pid == (1
      - limit: {count: many}
  two: {from: good, handlers: []}
"""

MESSAGES = """\
FILE:1:10: version: expected 1, found "2"
FILE:3:19: sources.exec.builtin: unknown built-in source "exce"; allowed are BUILTINS; did you mean "exec"?
FILE:4:36: sources.open.ring_size: the ring size must be a power of two and a multiple of the page size, such as 4MiB
FILE:5:25: sources.exit.ringsize: unknown key; allowed are builtin, ring_size, own_events, pid, cgroup, container, keep, on_change, pin_folder; did you mean "ring_size"?
FILE:8:31: sinks.out.format: unknown format; allowed are json, json-flat, logfmt, csv, text, raw; did you mean "json"?
FILE:9:8: sinks.log: the key "path" is missing (the file to append to)
FILE:10:15: sinks.net.type: unknown type of sink; allowed are stdout, table, file, capture, unix, tcp, udp, syslog, journal, null; did you mean "tcp"?
FILE:13:11: pipelines.one.from: unknown source; allowed are exec, open, exit, good; did you mean "good"?
FILE:18:15: pipelines.two.delivery: expected one of at-most-once, at-least-once, found "at-last-once"; did you mean "at-least-once"?
FILE:20:22: pipelines.two.handlers[0].filter: comm is text and 5 is a number; compare with text, as in comm == "5"
    comm == 5
         ^
FILE:21:9: pipelines.two.handlers[1].filtre: unknown handler; allowed are filter, limit, sample, dedup, select, redact, enrich, tee, route, aggregate, forward; did you mean "filter"?
FILE:22:24: pipelines.two.handlers[2].forward[1]: unknown sink; allowed are out, log, net
FILE:26:17: pipelines.three.handlers[0].filter: struct exec_event has no field pidd; did you mean pid?
    pidd == 1 && uid == 0
    ^
FILE:27:24: pipelines.three.handlers[1].filter: this ( has no matching )
    pid == (1
           ^
FILE:28:9: pipelines.three.handlers[2]: the last step of a pipeline must be forward or route
FILE:28:24: pipelines.three.handlers[2].limit.count: expected an integer from 1 to 9223372036854775807, found "many"
FILE:29:3: pipelines.two: duplicate key; first defined on line 16
FILE:29:31: pipelines.two.handlers: expected a list of handlers, found an empty one
"""

GOOD = """
version: 1
sources: {exec: {builtin: exec}}
sinks: {out: {type: file, path: %s}}
pipelines: {all: {from: exec, handlers: [forward: out]}}
"""


def test_all_mistakes_at_once():
    with tempfile.TemporaryDirectory() as folder:
        path = harness.write_file(folder, "bad.yaml", MISTAKES)
        for options in ([], ["--check"]):
            code, output, errors = harness.run("--config", path, *options)
            assert (code, output) == (CONFIG, "")
            assert errors.splitlines() == MESSAGES.replace("FILE", path).replace("BUILTINS", BUILTINS).splitlines(), errors


def test_yaml_that_is_none():
    with tempfile.TemporaryDirectory() as folder:
        for text, message in (
                ("", ":1:1: the file is empty; write lines of \"key: value\""),
                ("version: [1\n", ":2:1: did not find expected ',' or ']', while parsing a flow "
                 "sequence that begins on line 1"),
                ("- 1\n", ":1:1: expected a map, found a list")):
            path = harness.write_file(folder, "bad.yaml", text)
            code, _, errors = harness.run("--config", path)
            assert code == CONFIG and errors == path + message + "\n", errors
        code, _, errors = harness.run("--config", folder + "/none.yaml")
        assert code == CONFIG
        assert errors == f"{folder}/none.yaml: cannot be opened: No such file or directory\n"


def test_check_and_explain_need_no_privileges():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = harness.write_file(folder, "good.yaml", GOOD % "/nowhere/log")
        for option in ("--check", "--explain"):
            code, output, errors = harness.run(option, "--config", path, user=65534)
            assert (code, errors) == (0, "")
            assert ("ringmill_text   filename  " in output) == (option == "--explain")


def test_no_permission():
    code, output, errors = harness.run("run", "exec", program=harness.RINGMILL, user=65534)
    assert (code, output) == (USAGE, "")
    assert errors == ("ringmill: error: source exec: this user may not load BPF programs; "
                      "run as root, or grant CAP_BPF and CAP_PERFMON\n"), errors


def in_mount_namespace(command, name):
    """Runs `ringmill run NAME` after a change of mounts that nobody else sees."""
    done = subprocess.run(["unshare", "-m", "bash", "-c",
                           f"{command} && exec {harness.RINGMILL} run {name}"],
                          capture_output=True, text=True, timeout=harness.PATIENCE)
    return done.returncode, done.stdout, done.stderr


def test_no_btf():
    code, output, errors = in_mount_namespace("mount -t tmpfs none /sys/kernel/btf",
                                              "--seconds 1 exec")
    assert (code, output) == (USAGE, "")
    assert errors == ("ringmill: error: source exec: the kernel has no BTF "
                      "(/sys/kernel/btf/vmlinux); it must be built with CONFIG_DEBUG_INFO_BTF=y, "
                      "as most distribution kernels are\n"), errors


def test_no_tracefs():
    """Where debugfs is mounted, tracefs is there a second time."""
    hide = " && ".join(f"{{ [ ! -d {folder} ] || mount -t tmpfs none {folder}; }}"
                       for folder in ("/sys/kernel/tracing", "/sys/kernel/debug"))
    code, output, errors = in_mount_namespace(hide, "--seconds 1 setid")
    assert (code, output) == (USAGE, "")
    assert errors == ("ringmill: error: source setid: cannot attach tp/syscalls/sys_enter_setuid: "
                      "tracefs is not mounted; mount -t tracefs nodev /sys/kernel/tracing\n"), errors


def test_a_file_that_cannot_be_written():
    with tempfile.TemporaryDirectory() as folder:
        for path, why in ((folder, "Is a directory"),
                          ("/nowhere/log", "the folder /nowhere does not exist; create it: mkdir -p /nowhere")):
            config = harness.write_file(folder, "config.yaml", GOOD % path)
            code, output, errors = harness.run("--config", config)
            assert (code, output) == (USAGE, "")
            assert errors == (f"ringmilld: error: sink out: cannot open {path} for writing: {why}\n"
                              ), errors


def test_wrong_usage():
    for program, arguments, message in (
            (harness.RINGMILLD, ["--seconds", "soon"],
             "ringmilld: error: --seconds soon: expected a whole number from 1 to 10^15\n"
             "see: ringmilld --help\n"),
            (harness.RINGMILLD, ["exec"],
             'ringmilld: error: unexpected argument "exec"\nsee: ringmilld --help\n'),
            (harness.RINGMILL, ["rum"],
             'ringmill: error: unknown command "rum"\nsee: ringmill --help\n'),
            (harness.RINGMILL, ["help", "rum"],
             'ringmill: error: unknown command "rum"\nsee: ringmill --help\n'),
            (harness.RINGMILL, ["run"],
             "ringmill: error: no source given: NAME, --object FILE or --map MAP\n"
             "see: ringmill run --help\n"),
            (harness.RINGMILL, ["run", "--nope"],
             "ringmill run: unrecognized option '--nope'\nsee: ringmill run --help\n"),
            (harness.RINGMILL, ["run", "exec", "open"],
             "ringmill: error: only one source can be given\nsee: ringmill run --help\n"),
            (harness.RINGMILL, ["run", "--count", "0", "exec"],
             "ringmill: error: --count 0: expected a whole number from 1 to 10^15\n"
             "see: ringmill run --help\n"),
            (harness.RINGMILL, ["merge"],
             "ringmill: error: no file given\nsee: ringmill merge --help\n"),
            (harness.RINGMILL, ["status", "exec"],
             'ringmill: error: unexpected argument "exec"\nsee: ringmill status --help\n')):
        code, output, errors = harness.run(*arguments, program=program)
        assert (code, output, errors) == (USAGE, "", message), (arguments, code, errors)
    code, output, errors = harness.run(program=harness.RINGMILL)
    assert (code, output) == (USAGE, "") and errors.startswith("usage: ringmill COMMAND [...]\n")


def test_help():
    """-h, --help and help print the same text to standard output."""
    commands = ("run", "observe", "reload", "replay", "merge", "schema", "release", "status")
    for ways in [(["help"], ["-h"], ["--help"])] + \
            [(["help", name], [name, "-h"], [name, "--help"]) for name in commands]:
        texts = [harness.run(*way, program=harness.RINGMILL) for way in ways]
        assert texts[0] == texts[1] == texts[2], texts
        assert texts[0][0] == 0 and texts[0][2] == "", texts
        assert texts[0][1].startswith("usage: ringmill "), texts
    assert harness.run("-h") == harness.run("--help")


def test_one_off_speaks_of_the_command_line():
    code, _, errors = harness.run("run", "--filter", "pidd == 3", "exec", program=harness.RINGMILL)
    assert code == CONFIG
    assert errors == ("ringmill: error: --filter: struct exec_event has no field pidd; did you "
                      "mean pid?\n    pidd == 3\n    ^\n"), errors
    code, _, errors = harness.run("run", "exce", program=harness.RINGMILL)
    assert code == CONFIG
    assert errors == ('ringmill: error: unknown built-in source "exce"; allowed are '
                      + BUILTINS + '; did you mean "exec"?\n'), errors


# A file name with dots, quotes and what YAML gives a meaning.
HARD_NAME = "a.b\"c'd: {x} [#,&*!|%.bpf.o"

# Arguments, then what is said after "ringmill: error: ", for a source of the object `numbers`.
OBJECT_MISTAKES = (
    (["--type", "nope"], "--type: the object has no type \"nope\"; its types are number"),
    (["--ring", "a.b: \"c"], "--ring a.b: \"c: the object has no ring \"a.b: \"c\"; its rings are numbers (number)"),
    (["--ring", "numbers=nope"], "--ring numbers: the object has no type \"nope\"; its types are number"),
    (["--ring", "numbers=number", "--type", "number"], "--type cannot be used with --ring NAME=T"),
    (["--ring", "numbers", "--ring", "numbers=number"], "--ring numbers may be given only once"),
    (["--select", "nope", "--types", "1=number"], "--select: struct number has no field nope"),
    (["--select", "level", "--types", "1=nope"], "--types 1: the object has no type \"nope\"; its types are number"),
    (["--select", "level", "--types", "a.b=number"], "--types a.b: "),
    (["--layout", "struct a { int x; foo y; };"],
     "--layout: unknown type foo\n    struct a { int x; foo y; };\n                      ^"),
    (["--as", "nope=ipv4"], "--as nope: struct number has no field nope"),
    (["--as", "level=ipvv"], "--as level: "),
    (["--lost", "nope"], "--lost: the object has no array and no global variable named \"nope\""),
    (["--sequence", "nope"], "--sequence: struct number has no field nope"),
    (["--order", "nope"], "--order: order is only for a map of rings and for a perf event array; "),
    (["--program", "nope"], "--program: the object has no program \"nope\"; allowed are on_getpgid"),
    (["--optional", "nope"], "--optional: the object has no program \"nope\"; allowed are on_getpgid"),
    (["--constant", "a.b\"c: {=3"], "--constant a.b\"c: {: the object has no such global variable; "),
    (["--constant", "flag=maybe"], "--constant flag: "),
    (["--constant", "flag=true", "--constant", "flag=false"], "--constant flag may be given only once"),
    (["--constant", "=3"], "--constant =3: expected NAME=V"),
    *((option, f"{option[0]}: no program that will be attached takes this argument") for option in (
        ["--interface", "lo"], ["--direction", "ingress"], ["--cgroup", "/sys/fs/cgroup"],
        ["--binary", "bash"], ["--symbol", "main"], ["--usdt", "a:b"], ["--pid", "1"],
        ["--perf", "99"])),
    (["--filter", "levell == 3"], "--filter: struct number has no field levell; did you mean level?\n"
     "    levell == 3\n    ^"),
)

BUILTIN_MISTAKES = (
    (["--filter", 'comm == "a.b: {'], "--filter: this text has no closing \"\n    comm == \"a.b: {\n            ^"),
    (["--filter", b"comm == '\xff'"], "--filter: the value is not valid UTF-8"),
    (["--by", "comm +"], "--by: expected a field or a constant, but the expression ends\n"
     "    comm +\n          ^"),
    (["--by", "n=pidd"], "--by: struct exec_event has no field pidd; did you mean pid?\n    pidd\n    ^"),
    (["--value", "max(pidd)"], "--value max(pidd): struct exec_event has no field pidd; "),
    (["--value", 'a.b: "x"'], "--value a.b: \"x\": expected a value, as in count()"),
    (["--by", "comm", "--window", "5"], "--window: expected a duration from 1ms to 87600h, found \"5\""),
    (["--by", "comm", "--interval", "5"],
     "--interval: expected a duration from 1ms to 87600h, found \"5\""),
    (["--format", "a: \"b"], "--format: unknown format; allowed are json, "),
    (["--count", "x"], "--count x: expected a whole number from 1 to 10^15"),
    (["--seconds", "x"], "--seconds x: expected a whole number from 1 to 10^15"),
)


def test_each_option_of_run_is_named():
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.b.bpf.o", HARD_NAME):
            path = os.path.join(folder, name)
            shutil.copy(os.path.join(harness.OBJECTS, "numbers.bpf.o"), path)
            for arguments, message in OBJECT_MISTAKES:
                which = [] if {"--type", "--ring", "--select", "--layout"} & set(arguments) else \
                    ["--type", "number"]
                code, output, errors = harness.run("run", "--object", path, *which, *arguments,
                                                   program=harness.RINGMILL)
                assert (code in (USAGE, CONFIG), output) == (True, ""), (arguments, code)
                assert errors.startswith("ringmill: error: " + message), (arguments, errors)
            shutil.copy(os.path.join(harness.OBJECTS, "kinds.bpf.o"), path)
            _, _, errors = harness.run("run", "--object", path, program=harness.RINGMILL)
            assert errors.startswith("ringmill: error: --object: which type do the records have?"), errors
        path = harness.write_file(folder, "x.y: {.o", "no object")
        for option, arguments in (("--object", []), ("--types-from", ["--type", "x", "--types-from", path])):
            source = path if option == "--object" else os.path.join(folder, HARD_NAME)
            _, _, errors = harness.run("run", "--object", source, *arguments, program=harness.RINGMILL)
            assert errors.startswith(f"ringmill: error: {option}: ") and path in errors, errors
    for arguments, message in BUILTIN_MISTAKES:
        code, output, errors = harness.run("run", *arguments, "exec", program=harness.RINGMILL)
        assert (code in (USAGE, CONFIG), output) == (True, ""), (arguments, code)
        assert errors.startswith("ringmill: error: " + message), (arguments, errors)
    for ring in ("/nowhere/a.b", "id:999999999", "a.b: {"):
        _, _, errors = harness.run("run", "--map", ring, program=harness.RINGMILL)
        assert errors.startswith(("ringmill: error: --map: ", f"ringmill: error: --map {ring}: ")), errors


harness.main()
