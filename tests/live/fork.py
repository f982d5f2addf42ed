# SPDX-License-Identifier: Apache-2.0
"""Processes and threads created: whose child each is, and by which flags."""
import datetime
import os
import subprocess
import sys
import threading

import harness
from bpftrace import Bpftrace

# Each process of a tree makes three more, three levels deep; all say their pid and parent.
TREE = """
import os, sys
def grow(depth):
    os.write(1, b"%d %d\\n" % (os.getpid(), os.getppid()))
    for _ in range(3 if depth else 0):
        pid = os.fork()
        if pid == 0:
            grow(depth - 1)
            os._exit(0)
        os.waitpid(pid, 0)
grow(3)
"""


def run_tree():
    done = subprocess.run([sys.executable, "-S", "-c", TREE], stdout=subprocess.PIPE, check=True)
    return [tuple(map(int, line.split())) for line in done.stdout.splitlines()]


def test_a_tree():
    daemon = harness.Daemon("run", "fork", program=harness.RINGMILL).wait_running()
    tree = run_tree()
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    pids = {pid for pid, _ in tree}
    made = [event for event in daemon.events() if event["pid"] in pids]
    assert sorted((event["child_pid"], event["pid"]) for event in made) == sorted(tree[1:])
    started = {event["child_pid"]: event["child_start"] for event in made}
    for event in made:
        assert event["child_tid"] == event["child_pid"] and event["child_ppid"] == event["pid"]
        assert event["child_ns_pid"] == event["child_pid"], event
        assert event["child_comm"] == event["comm"] and event["comm"].startswith("python3")
        assert not event["thread"] and not event["kernel_thread"]
        assert "CLONE_CHILD_SETTID" in event["clone_flags_name"], event
        assert event["child_cgroup_id"] == event["cgroup_id"]
        # a process is the same one where it is the child and where it forks itself; the clock
        # that shows it may be set meanwhile
        assert abs(seconds(event["start"]) - seconds(started.get(event["pid"], event["start"]))) < 1
        assert event["start"] <= event["child_start"] <= event["time"], event


def seconds(time):
    return datetime.datetime.fromisoformat(time[:26] + "+00:00").timestamp()


THREADS = """
version: 1
sources: {fork: {builtin: fork, threads: true}}
sinks: {out: {type: stdout}}
pipelines: {all: {from: fork, handlers: [{filter: "pid == %d"}, {forward: out}]}}
"""


def test_threads_are_an_option():
    daemons = [harness.Daemon(config=THREADS % os.getpid()).wait_running(),
               harness.Daemon("run", "fork", program=harness.RINGMILL).wait_running()]
    tids = []
    for _ in range(20):
        thread = threading.Thread(target=lambda: tids.append(threading.get_native_id()))
        thread.start()
        thread.join()
    for daemon in daemons:
        assert daemon.stop() == 0, daemon.stderr
    events = [event for event in daemons[0].events() if event["child_tid"] in tids]
    assert [event["child_tid"] for event in events] == tids
    for event in events:
        assert event["thread"] and event["child_pid"] == event["pid"] == os.getpid()
        assert event["child_start"] == event["start"], event
        assert "CLONE_THREAD" in event["clone_flags_name"], event
    assert not [event for event in daemons[1].events() if event["thread"]]


def test_a_new_pid_namespace():
    daemon = harness.Daemon("run", "fork", program=harness.RINGMILL).wait_running()
    process = subprocess.Popen(["unshare", "--pid", "--fork", "/bin/sh", "-c", "true; exit 3"])
    assert process.wait() == 3
    assert daemon.stop() == 0, daemon.stderr
    made = [event for event in daemon.events() if event["pid"] == process.pid]
    assert [event["child_ns_pid"] for event in made] == [1], made
    assert made[0]["child_pid"] != 1


def test_the_same_as_bpftrace():
    script = ("tracepoint:task:task_newtask "
              "{ printf(\"%d %d %llx %s\\n\", pid, args->pid, args->clone_flags, comm); }")
    tracer = Bpftrace(script, lambda: subprocess.run(["/bin/true"], check=True))
    daemon = harness.Daemon("run", "fork", program=harness.RINGMILL).wait_running()
    pids = {pid for pid, _ in run_tree()}
    assert daemon.stop() == 0, daemon.stderr
    theirs = sorted((int(pid), int(child), int(flags, 16), comm)
                    for pid, child, flags, comm in tracer.stop() if int(pid) in pids)
    ours = sorted((event["pid"], event["child_pid"], event["clone_flags"], event["comm"])
                  for event in daemon.events() if event["pid"] in pids)
    assert ours == theirs and len(ours) == 39, (ours, theirs)


OPENS = """
import time
for _ in range(14):
    open("/etc/hostname").close()
    time.sleep(0.25)
"""


def test_start_has_one_text():
    """Of one process, in all of its records, of all sources, and in another daemon's: with pid, it is the name of the
    process. The offset to the wall clock is measured each second, so the process lives for some."""
    config = ("version: 1\nsources:\n  fork: {builtin: fork}\n  open: {builtin: open}\n  exit: {builtin: exit}\n"
              "sinks: {out: {type: stdout}}\npipelines: {all: {from: [fork, open, exit], handlers: [{forward: out}]}}\n")
    daemon = harness.Daemon(config=config).wait_running()
    process = subprocess.Popen([sys.executable, "-S", "-c", OPENS])
    late = harness.Daemon("run", "exit", program=harness.RINGMILL).wait_running()
    assert process.wait() == 0
    assert daemon.stop() == 0, daemon.stderr
    assert late.stop() == 0, late.stderr
    events = [event for event in daemon.events() if event.get("pid") == process.pid and event["source"] != "fork"]
    child = [event for event in daemon.events() if event.get("child_pid") == process.pid]
    events += [event for event in late.events() if event.get("pid") == process.pid]
    assert len([event for event in events if event.get("path") == "/etc/hostname"]) == 14, events
    starts = {event["start"] for event in events} | {event["child_start"] for event in child}
    assert len(child) == 1 and len(events) > 15 and len(starts) == 1, starts


def test_books_balance_in_a_flood():
    """More than fit into a small ring while nobody reads it."""
    config = THREADS.replace("threads: true", "ring_size: 4KiB")
    daemon = harness.Daemon(config=config % os.getpid()).wait_running()
    daemon.pause()
    for _ in range(200):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    daemon.go_on()
    assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()
    assert books["source fork"]["lost"] > 0
    assert books["source fork"]["produced"] >= 200


harness.main()
