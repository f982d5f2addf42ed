# SPDX-License-Identifier: Apache-2.0
"""`ringmill observe` beside a daemon: it sees what the daemon reads, and takes nothing from it."""
import ctypes
import glob
import json
import os
import re
import subprocess
import tempfile

import harness

RING, HASH = 27, 1  # BPF_MAP_TYPE_...


def ring_of(process):
    """The id of the one ring that it has open."""
    for path in glob.glob(f"/proc/{process.pid}/fdinfo/*"):
        with open(path, encoding="ascii") as file:
            text = file.read()
        if re.search(rf"^map_type:\s*{RING}$", text, re.M):
            return int(re.search(r"^map_id:\s*(\d+)$", text, re.M)[1])
    raise AssertionError("it has no ring open")


def observe(*arguments, **options):
    return harness.run("observe", *arguments, program=harness.RINGMILL, **options)


def test_beside_a_consumer():
    place = tempfile.TemporaryDirectory(prefix="ringmill-test.")
    target = harness.write_file(place.name, "target", "")
    daemon = harness.Daemon("run", "--filter", f'comm == "open-loop" && path == "{target}"', "open",
                            program=harness.RINGMILL).wait_running()
    ring = ring_of(daemon.process)
    watcher = harness.Daemon("observe", "--json", "--interval", "20ms", f"id:{ring}",
                             program=harness.RINGMILL, stdout=subprocess.PIPE)
    harness.wait_for(lambda: daemon.process.pid in
                     [holder["pid"] for holder in holders(ring)], "the daemon to be seen")
    harness.wait_for(lambda: watching(watcher.process, ring), "the watcher to look")
    opens = 20000
    subprocess.run([os.path.join(harness.BIN, "open-loop"), target, str(opens)], check=True,
                   stdout=subprocess.DEVNULL)
    code, output, errors = observe("--json", "--count", "1", "--interval", "100ms", f"id:{ring}")
    assert (code, errors) == (0, "")
    watcher.stop()
    assert daemon.stop() == 0, daemon.stderr
    assert harness.forwarded(daemon.books()["pipeline run"]) == opens
    looks = watcher.events()
    last = looks[-1]
    assert last["id"] == ring and last["name"] == "events" and last["size_bytes"] == 8 << 20
    assert [holder["pid"] for holder in last["consumers"]] == [daemon.process.pid]
    assert any(look["busy_seconds"] is None for look in looks)  # a writer may be preempted at any one
    # what others open can fill the whole ring between two looks
    assert last["records"] >= opens or last["missed_bytes"] > 0, last
    assert sum(look["records_per_second"] for look in looks) > 0
    # Of the first look: the watcher looks on after this command has, and others open files, too.
    assert json.loads(output)["producer_position"] > looks[0]["consumer_position"]


def holders(ring):
    return json.loads(observe("--json", "--count", "1", "--interval", "1ms",
                              f"id:{ring}")[1])["consumers"]


def watching(process, ring):
    try:
        return ring_of(process) == ring
    except AssertionError:
        return False


def test_for_people():
    daemon = harness.Daemon("run", "exit", program=harness.RINGMILL).wait_running()
    code, output, _ = observe("--count", "2", "--interval", "10ms",
                              f"id:{ring_of(daemon.process)}")
    daemon.stop()
    assert code == 0
    lines = output.splitlines()
    assert re.fullmatch(r"ring \d+ \(events\) of 1024 KiB, consumed by ringmill \(pid %d\)" %
                        daemon.process.pid, lines[0]), output
    assert lines[1].split() == ["TIME", "FULL%", "RECORDS/s", "KiB/s", "DISCARDS", "MISSED", "HEAD"]
    assert len(lines) == 4 and all(line.endswith("  -") for line in lines[2:])


def create(kind, name, key, size):
    fd = ctypes.CDLL("libbpf.so.1").bpf_map_create(kind, name, key, key, size, None)
    assert fd >= 0
    return fd


def test_errors():
    plain = create(HASH, b"no_ring", 4, 1)
    with open(f"/proc/self/fdinfo/{plain}", encoding="ascii") as file:
        number = re.search(r"^map_id:\s*(\d+)$", file.read(), re.M)[1]
    for arguments, start in (
            ((f"id:{number}",), f"id:{number}: map {number} (no_ring) is of type 1, not a BPF ring"),
            (("id:4294967295",), "id:4294967295: no BPF map has the id 4294967295"),
            (("id:x",), "id:x: expected the id of a map, as in id:42"),
            (("no_such_ring_x",), 'no BPF map is named "no_such_ring_x"; ring buffers: '),
            (("/no/such/pin",), "cannot open /no/such/pin: No such file or directory"),
            ((harness.RINGMILL,), f"{harness.RINGMILL} is not a pinned BPF map"),
            ((), "no map given"),
            (("a", "b"), "only one map can be given"),
            (("--interval", "1", "a"), "--interval 1: expected a duration of at least 1ms")):
        code, output, errors = observe(*arguments)
        assert (code, output) == (2, ""), (arguments, code, output)
        assert errors.startswith("ringmill: error: " + start), errors
    os.close(plain)


def test_not_permitted():
    """Without any capability; with the files' rights of root."""
    ringmill = harness.public(harness.RINGMILL)
    for what in ("id:1", "events"):
        done = subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all",
                               ringmill, "observe", what], capture_output=True, text=True)
        assert done.returncode == 2
        assert "requires CAP_SYS_ADMIN; run as root" in done.stderr, done.stderr


harness.main()
