# SPDX-License-Identifier: Apache-2.0
"""What built-in sources leave out in the kernel: ringmill's own events, and other processes, cgroups
and containers than those that are wanted."""
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile

import harness

OPEN = "open({!r}).close()"


@contextlib.contextmanager
def cgroup(*names):
    """The folder of a new cgroup, names[0], in which are the others; their processes must have ended."""
    with open("/proc/mounts", encoding="utf-8") as mounts:
        root = re.search(r"^\S+ (\S+) cgroup2 ", mounts.read(), re.M)
    if not root:
        raise harness.Lacking("no cgroup tree of version 2")
    folders = [os.path.join(root[1], *names[:i + 1]) for i in range(len(names))]
    made = [folder for folder in folders if not os.path.exists(folder)]
    for folder in made:
        os.mkdir(folder)
    try:
        yield folders[-1]
    finally:
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def act(code, folder=None):
    """In a process of its own, which is in that cgroup."""
    enter = f"f = open({folder + '/cgroup.procs'!r}, 'w'); f.write('0'); f.close()\n" if folder else ""
    subprocess.run([sys.executable, "-S", "-c", enter + code], check=True)


def run(source, *options):
    return harness.Daemon("run", source, "--format", "json", *options,
                          program=harness.RINGMILL).wait_running()


def refuse(*options):
    code, _, errors = harness.run("run", *options, "--seconds", "1", program=harness.RINGMILL)
    assert code != 0
    return errors


def opened(daemon, folder):
    """The names of the files in the folder that it saw opened."""
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    return [os.path.basename(event["path"]) for event in daemon.events()
            if (event["path"] or "").startswith(folder)]


def files(folder, *names):
    return [harness.write_file(folder, name, "") for name in names]


def test_own_events():
    """A file that is rotated because of the events in it makes more of them: with own events."""
    config = """
version: 1
sources: {{open: {{builtin: open, own_events: {own}}}}}
sinks: {{out: {{type: file, path: {folder}/out, rotate_size: 64KiB, keep: 2}}}}
pipelines: {{all: {{from: open, handlers: [filter: 'startswith(path, "{folder}") || comm == "writer"', forward: out]}}}}
"""
    for own in ("true", "false"):
        with tempfile.TemporaryDirectory() as folder:
            other, = files(folder, "other")
            daemon = harness.Daemon(config=config.format(own=own, folder=folder)).wait_running()
            act(f"for _ in range(2000): {OPEN.format(other)}")
            harness.wait_for(lambda: len(os.listdir(folder)) > 2, "a rotation")
            assert daemon.stop() == 0, daemon.stderr
            daemon.books()
            text = subprocess.run(f"cat {folder}/out*", shell=True, capture_output=True,
                                  check=True).stdout.decode()
            assert f'"{folder}/other"' in text
            assert (f'"pid":{daemon.process.pid},' in text) == (own == "true"), own


def test_own_events_in_a_pid_namespace():
    """There getpid() is not what the kernel's programs see."""
    pids = {}
    for own in ("true", "false"):
        with tempfile.TemporaryDirectory() as folder:
            marker, = files(folder, "marker")
            daemon = harness.Daemon("-pf", harness.RINGMILL, "run", "open", "--set",
                                    f"own_events={own}", "--format", "json", program="unshare")
            daemon.wait_running()
            children = f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children"
            with open(children, encoding="ascii") as file:
                pid = int(file.read())
            for uid in range(70000, 70010):  # it looks for their names
                subprocess.run(["cat", marker], user=uid, check=False, stderr=subprocess.DEVNULL)
            os.kill(pid, signal.SIGTERM)
            assert daemon.wait() == 0, daemon.stderr
            pids[own] = {event["pid"] for event in daemon.events() if "pid" in event}
            assert (pid in pids[own]) == (own == "true"), (own, pid, pids[own])


def test_a_process_and_its_threads():
    with tempfile.TemporaryDirectory() as folder:
        other, main, thread, child = files(folder, "other", "main", "thread", "child")
        code = (f"import threading, subprocess\ninput()\n{OPEN.format(main)}\n"
                f"t = threading.Thread(target=lambda: {OPEN.format(thread)}); t.start(); t.join()\n"
                f"subprocess.run(['cat', {child!r}])")
        process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
        daemon = run("open", "--pid", str(process.pid))
        act(OPEN.format(other))
        process.communicate(b"\n")
        assert opened(daemon, folder) == ["main", "thread"]
        assert all(event["pid"] == process.pid for event in daemon.events())


def test_a_cgroup_and_all_below():
    """Also cgroups that are made later."""
    with tempfile.TemporaryDirectory() as folder, cgroup(f"wanted-{os.getpid()}", "a") as wanted:
        other, beside, inside, below = files(folder, "other", "beside", "inside", "below")
        path = f"/wanted-{os.getpid()}/a"
        for how in (wanted, path, str(os.stat(wanted).st_ino)):
            daemon = run("open", "--cgroup", how)
            act(OPEN.format(other))
            act(OPEN.format(beside), os.path.dirname(wanted))
            act(OPEN.format(inside), wanted)
            with cgroup(*path[1:].split("/"), "b", "c") as later:
                act(OPEN.format(below), later)
                assert opened(daemon, folder) == ["inside", "below"], how


def test_who_a_connection_belongs_to():
    """A packet changes the state of a connection, in any task: its cgroup and process count."""
    code = ("import socket\ns = socket.create_server(('127.0.0.1', 0))\n"
            "c = socket.create_connection(s.getsockname())\na, _ = s.accept()\na.close(); c.close()")
    with cgroup(f"wanted-{os.getpid()}") as wanted:
        daemon = run("connect", "--cgroup", wanted)
        act(code)
        act(code, wanted)
        assert daemon.stop() == 0, daemon.stderr
        cgroups = {event["cgroup_id"] for event in daemon.events()}
        assert cgroups == {os.stat(wanted).st_ino}, daemon.events()
        assert len(daemon.events()) >= 8, daemon.events()


def test_a_container():
    one, other = "5" * 63, "5" * 62 + "7"
    pod = f"wanted-{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder, \
            cgroup(pod, f"libpod-conmon-{one}0.scope"), \
            cgroup(pod, f"docker-{other}0.scope"), \
            cgroup(f"lxc.payload.{pod}", "init.scope") as named, \
            cgroup(pod, f"libpod-{one}0.scope", "init") as wanted:
        monitor, inside, beside = files(folder, "monitor", "inside", "beside")
        daemon = run("open", "--container", one)
        act(OPEN.format(monitor), f"{wanted}/../../libpod-conmon-{one}0.scope")
        act(OPEN.format(beside), f"{wanted}/../../docker-{other}0.scope")
        act(OPEN.format(inside), wanted)
        assert opened(daemon, folder) == ["inside"]
        daemon = run("open", "--container", pod)
        act(OPEN.format(beside), wanted)
        act(OPEN.format(inside), named)
        assert opened(daemon, folder) == ["inside"]
        assert "2 containers match" in refuse("open", "--container", "5" * 20)
        assert "no running container has the id or name 8888" in refuse("open", "--container", "8888")


# All built-in sources. What test program `operations` does is seen by the sources of these names, and by
# the further ones.
SOURCES = {
    "processes": (("exec", "fork", "signal", "setid"), ("exit", "ptrace", "bpf", "module", "oom")),
    "files": (("open", "write", "mount", "chmod", "chown"), ("block",)),
    "names": (("delete", "rename", "link"), ()),
    "network": (("connect", "listen", "udp"), ("accept", "tcp", "dns", "retransmit")),
}
NOT_CAUSED = {"ptrace", "bpf", "module", "oom", "block", "dns", "retransmit"}


def start_all(sources, wanted):
    """A daemon with those of them that this kernel has the hooks for; and these."""
    while True:
        lines = ", ".join(f"{source}: {{builtin: {source}, cgroup: {wanted}}}" for source in sources)
        daemon = harness.Daemon(config=(
            f"version: 1\nsources: {{{lines}}}\nsinks: {{out: {{type: stdout}}}}\n"
            f"pipelines: {{all: {{from: [{', '.join(sources)}], handlers: [forward: out]}}}}\n"))
        harness.wait_for(lambda: daemon.process.poll() is not None or "running" in daemon.stderr, "a start")
        lacking = re.search(r"source (\w+): no program could be attached", daemon.stderr)
        if not lacking:
            return daemon.wait_running(), sources
        sources = [source for source in sources if source != lacking[1]]


def switch(group):
    """Of what is done outside and then inside of a cgroup, each source shows the second part only."""
    operations, more = SOURCES[group]
    with tempfile.TemporaryDirectory() as folder, cgroup(f"wanted-{os.getpid()}") as wanted:
        daemon, sources = start_all([*operations, *more], wanted)
        program = os.path.join(harness.BIN, "operations")
        for where in (None, wanted):
            act("import subprocess\n" + "\n".join(
                f"subprocess.run([{program!r}, {name!r}, '3', {folder!r}], check=True, stdout=-3)"
                for name in operations), where)
        assert daemon.stop() == 0, daemon.stderr
        daemon.books()
        events = daemon.events()
        others = {(event["source"], event["cgroup_id"]) for event in events
                  if event["cgroup_id"] != os.stat(wanted).st_ino}
        assert not others, others
        missing = set(sources) - NOT_CAUSED - {event["source"] for event in events}
        assert not missing, missing


def test_sources_of_processes_have_the_switch():
    switch("processes")


def test_sources_of_files_have_the_switch():
    switch("files")


def test_sources_of_names_have_the_switch():
    switch("names")


def test_sources_of_the_network_have_the_switch():
    switch("network")


def test_every_source_is_in_a_group():
    _, usage, _ = harness.run("run", "--help", program=harness.RINGMILL)
    sources = re.findall(r"(\w+) \(", re.search(r"a built-in source: (.*)", usage)[1])
    assert sorted(sources) == sorted(name for group in SOURCES.values() for names in group
                                     for name in names), usage


harness.main()
