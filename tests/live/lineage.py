# SPDX-License-Identifier: Apache-2.0
"""Who started whom: ancestors, also those that have ended, changed their names, or were there before ringmill.

RINGMILL_SECONDS makes the random trees go on for so long, with RINGMILL_SEED for the first one."""
import os
import random
import signal
import subprocess
import sys
import threading
import time

import harness

FAMILY = os.path.join(harness.BIN, "family")
ANCESTORS_MAX = 8
SECONDS = float(os.environ.get("RINGMILL_SECONDS", "0"))


def shown(name):
    """A name's bytes as the output has them."""
    return name.decode("utf-8", "backslashreplace")


def truth(lines):
    """{(tree, node): (pid, name, parent node)}"""
    nodes = {}
    for line in lines:
        tree, node, parent, pid, name = (line.split(" ") + [""])[:5]
        nodes[int(tree), int(node)] = (int(pid), shown(bytes.fromhex(name)), int(parent))
    return nodes


def lineage(nodes, tree, node):
    """[(pid, name)] of the nodes above it, nearest first."""
    above = []
    parent = nodes[tree, node][2]
    while parent >= 0:
        pid, name, next_parent = nodes[tree, parent]
        above.append((pid, name))
        parent = next_parent
    return above


def compare(nodes, events, top):
    """Each process has its event, with the ancestors that it had; top: those above all trees."""
    by_process = {}
    for event in events:
        if "pid" in event:
            by_process.setdefault((event["pid"], event["comm"]), []).append(event)
    wrong = []
    for (tree, node), (pid, name, _) in nodes.items():
        expected = (lineage(nodes, tree, node) + top)[:ANCESTORS_MAX]
        found = [list(zip(event["ancestor_pids"], event["ancestors"]))
                 for event in by_process.get((pid, name), ())]
        if expected not in found:
            wrong.append((tree, node, pid, name, expected, found))
    assert not wrong, f"{len(wrong)} of {len(nodes)} are wrong, such as {wrong[:3]}"


def above(process):
    """The process itself and those above it, as /proc has them."""
    pid, found = process.pid, []
    while pid != 0:
        with open(f"/proc/{pid}/stat", "rb") as file:
            stat = file.read()
        found.append((pid, shown(stat[stat.index(b"(") + 1:stat.rindex(b")")])))
        pid = int(stat[stat.rindex(b")") + 2:].split()[1])
    return found


def exits(**popen):
    return harness.Daemon("run", "exit", "--ring-size", "16MiB", program=harness.RINGMILL,
                          **popen).wait_running()


def check_trees(trees, nodes, seed):
    daemon = exits()
    family = subprocess.Popen([FAMILY, str(trees), str(nodes), str(seed)], stdout=subprocess.PIPE, text=True)
    top = above(family)
    lines = family.stdout.read().splitlines()
    assert family.wait() == 0
    assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()
    assert books["source exit"]["lost"] == 0, books
    assert len(lines) == trees * nodes
    compare(truth(lines), daemon.events(), top)
    return len(lines)


def test_random_trees():
    """Reparented, renamed, of any bytes as a name, and deeper than what is remembered."""
    seed, end = int(os.environ.get("RINGMILL_SEED", random.randrange(1 << 30))), time.monotonic() + SECONDS
    print(f"RINGMILL_SEED={seed}", flush=True)
    count = check_trees(4, 80, seed)
    while time.monotonic() < end:
        seed += 1
        count += check_trees(100, 100, seed)
        print(f"{count} processes, next seed {seed + 1}", flush=True)


def test_processes_that_were_there_before():
    """They are entered at the start, before anything about them changes."""
    family = subprocess.Popen([FAMILY, "1", "60", "7", "hold"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True)
    assert family.stdout.readline() == "held\n"
    daemon = exits()
    top = above(family)
    lines = family.communicate("")[0].splitlines()
    assert family.returncode == 0
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    compare(truth(lines), daemon.events(), top)


def opens_of(daemon, path):
    return [event for event in daemon.events() if event.get("path") == path]


def test_a_parent_that_calls_exec():
    """The child was forked by sh, which is sleep when the child opens the file, and then gone."""
    with harness.tempfile.TemporaryDirectory() as folder:
        path = harness.write_file(folder, "opened", "")
        daemon = harness.Daemon("run", "open", "--filter", f'path == "{path}"', program=harness.RINGMILL)
        daemon.wait_running()
        script = f"(while ! grep -q sleep /proc/$$/comm; do :; done; cat {path};" \
                 f" while kill -0 $$ 2>/dev/null; do sleep 0.01; done; cat {path}; true) & exec sleep 0.3"
        shell = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE)
        shell.wait()
        shell.stdout.read()  # until the child has ended, too
        assert daemon.stop() == 0, daemon.stderr
        events = [event for event in opens_of(daemon, path) if event["comm"] == "cat"]
        assert len(events) == 2, events
        for event in events:
            assert event["ancestors"][:3] == ["sh", "sleep", "python3"], event
            assert event["ancestor_pids"][1:3] == [shell.pid, os.getpid()], event


def test_a_thread_that_calls_exec():
    """It becomes the main thread of the process, whose parent has ended before."""
    program = ("import os, sys, threading, time\n"
               "while os.getppid() == int(sys.argv[1]): time.sleep(0.01)\n"
               "threading.Thread(target=os.execv, args=('/bin/cat', ['cat', sys.argv[2]])).start()\n"
               "time.sleep(1000)\n")
    with harness.tempfile.TemporaryDirectory() as folder:
        path = harness.write_file(folder, "opened", "")
        daemon = harness.Daemon("run", "open", "--filter", f'path == "{path}"', program=harness.RINGMILL)
        daemon.wait_running()
        shell = subprocess.Popen(["sh", "-c", '"$0" -c "$1" $$ "$2" & :', sys.executable, program, path],
                                 stdout=subprocess.PIPE)
        shell.wait()
        shell.stdout.read()
        assert daemon.stop() == 0, daemon.stderr
        events = [event for event in opens_of(daemon, path) if event["comm"] == "cat"]
        assert [event["ancestor_pids"][:2] for event in events] == [[shell.pid, os.getpid()]], events
        assert events[0]["ancestors"][0] == "sh" and events[0]["ppid"] != shell.pid, events


def test_books_under_a_flood_of_forks():
    """Rings of one page: what is lost is counted, and what arrives is right."""
    config = ("version: 1\nsources:\n"
              "  exec: {builtin: exec, ring_size: 4KiB}\n  exit: {builtin: exit, ring_size: 4KiB}\n"
              "sinks: {out: {type: stdout}}\npipelines: {all: {from: [exec, exit], handlers: [{forward: out}]}}\n")
    daemon = harness.Daemon(config=config).wait_running()
    floods = [subprocess.Popen(["sh", "-c", "i=0; while [ $i -lt 300 ]; do /bin/true & i=$((i + 1)); done; wait"])
              for _ in range(4)]
    daemon.pause()
    time.sleep(0)
    daemon.go_on()
    assert all(flood.wait() == 0 for flood in floods)
    assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()
    for name in ("source exec", "source exit"):
        assert books[name]["produced"] >= 1200, books
    mine = {flood.pid for flood in floods}
    for event in daemon.events():
        if event.get("comm") == "true" and event["source"] == "exec":
            assert event["ancestor_pids"][0] == event["ppid"] or event["ppid"] not in mine, event


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    harness.main()
