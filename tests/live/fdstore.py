# SPDX-License-Identifier: Apache-2.0
"""Sources in the fd store of a real, private systemd (tests/systemd-box): kills, restarts, another
binary and stops in the flood."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import box
import flood
import harness

CONFIG = """
version: 1
sources: {%s}
sinks: {out: {type: file, path: %s/out, %s}}
pipelines: {all: {from: flood, delivery: at-least-once, handlers: [forward: out]}}
"""
KEPT = ("anon_inode:bpf-map", "anon_inode:bpf_link")


def links(source):
    """The ids of the links of the program that this test has loaded."""
    shown = subprocess.run(["bpftool", "-j", "link", "show"], check=True, capture_output=True,
                           env={"PATH": "/usr/sbin:/usr/bin"})
    ours = programs(source)
    return [link["id"] for link in json.loads(shown.stdout) if link.get("prog_id") in ours]


def programs(source):
    """Those that use a ring called flood, and whose constant is our target."""
    environment = {"PATH": "/usr/sbin:/usr/bin"}
    found = []
    maps = json.loads(subprocess.run(["bpftool", "-j", "map", "show"], check=True,
                                     capture_output=True, env=environment).stdout)
    constants = {one["id"] for one in maps if one.get("name", "").endswith(".rodata")}
    shown = json.loads(subprocess.run(["bpftool", "-j", "prog", "show"], check=True,
                                      capture_output=True, env=environment).stdout)
    for program in shown:
        if program.get("name") != "on_getpgid":
            continue
        for number in constants & set(program.get("map_ids", [])):
            dump = subprocess.run(["bpftool", "-j", "map", "dump", "id", str(number)],
                                  capture_output=True, text=True, env=environment).stdout
            if re.search(rf'"target":\s*{source.target}\b', dump):
                found.append(program["id"])
    return found


def wait_for_all(folder, source):
    def arrived():
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        return len(numbers) >= source.made and max(numbers) >= source.made
    harness.wait_for(arrived, f"{source.made} records")


def switches_of_pid_1():
    with open("/proc/1/status", encoding="utf-8") as file:
        return sum(int(n) for n in re.findall(r"ctxt_switches:\s*(\d+)", file.read()))


def waited_for_by_pid_1():
    """What the descriptors are that PID 1 has in an epoll set."""
    found = []
    for fd in os.listdir("/proc/1/fdinfo"):
        with open(f"/proc/1/fdinfo/{fd}", encoding="utf-8") as file:
            for target in re.findall(r"tfd:\s*(\d+)", file.read()):
                found.append(os.readlink(f"/proc/1/fd/{target}"))
    return found


def inside_goes_on(folder):
    out = os.path.join(folder, "out")
    with flood.Flood(20000) as source:
        harness.write_file(folder, "ringmill.yaml", CONFIG % (
            flood.source(source, "keep: fdstore"), folder, flood.LINES))
        box.systemctl("start", "ringmilld")
        assert kept_by_pid_1() == 4  # ring, counter, ledger, link
        attached = links(source)
        assert len(attached) == 1, attached
        source.start()
        for _ in range(3):
            time.sleep(0.3)  # in full flow
            box.kill()
        box.systemctl("restart", "ringmilld")
        box.said("kept programs and rings stay attached after exit")
        os.replace(shutil.copy(os.path.join(harness.BIN, "ringmilld-wedge"),
                               os.path.join(folder, "new")), os.path.join(folder, "ringmilld"))
        box.systemctl("restart", "ringmilld")
        source.stop()
        wait_for_all(folder, source)
        numbers, _ = flood.read_numbers(out)
        jumps = [(a, b) for a, b in zip(numbers, numbers[1:]) if b != a + 1]
        assert set(numbers) == set(range(1, source.made + 1)), (len(numbers), source.made)
        assert len(jumps) <= 3 and all(b <= a for a, b in jumps), jumps
        assert links(source) == attached and len(programs(source)) == 1
        print(f"{source.made} records, {len(numbers) - source.made} repeated, 3 kills, 2 restarts")

        before = switches_of_pid_1()
        source.write(100000)
        wait_for_all(folder, source)
        woken = switches_of_pid_1() - before
        print(f"PID 1 was woken {woken} times while 100000 records went by")
        assert woken < 10000, woken
        assert not [what for what in waited_for_by_pid_1() if what in KEPT]

        source.start()
        box.systemctl("stop", "ringmilld")
        source.stop()
        assert links(source) == [] and programs(source) == []
        assert kept_by_pid_1() == 0
        numbers, cut = flood.read_numbers(out)
        assert max(numbers) == len(set(numbers)) and cut == 0
        assert re.findall(r"source flood: .* lost (\d+)", box.journal())[-1] == "0", box.journal()
        assert box.show("Result") == "success", box.journal()


def kept_by_pid_1():
    return sum(what in KEPT for what in harness.descriptors(1))


def inside_orphans(folder):
    ringmill = os.path.join(harness.BIN, "ringmill")
    with flood.Flood(20000) as source:
        config = CONFIG % (flood.source(source, "keep: fdstore"), folder, flood.LINES)
        harness.write_file(folder, "ringmill.yaml", config)
        box.systemctl("start", "ringmilld")
        assert kept_by_pid_1() == 4
        harness.write_file(folder, "ringmill.yaml",
                           config.replace("flood: {object", "later: {object")
                           .replace("from: flood", "from: later"))
        box.systemctl("restart", "ringmilld")
        box.said("source flood: its kept programs (keep: fdstore) are used by no source of this config")
        assert kept_by_pid_1() == 8 and len(links(source)) == 2
        done = subprocess.run([ringmill, "release"], capture_output=True, text=True)
        assert done.stdout == "released: 1\n", done.stdout + done.stderr
        assert kept_by_pid_1() == 4 and len(links(source)) == 1
        source.write(1000)
        done = subprocess.run([ringmill, "release", "later"], capture_output=True, text=True)
        assert done.stdout == "released: 1\n", done.stdout + done.stderr
        assert kept_by_pid_1() == 0 and links(source) == []
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        assert numbers == list(range(1, 1001)), len(numbers)
        box.systemctl("stop", "ringmilld")

        # room for less than there is: what is in the rings is read, and does not stay
        os.makedirs("/run/systemd/system/ringmilld.service.d", exist_ok=True)
        harness.write_file("/run/systemd/system/ringmilld.service.d", "zz.conf",
                           "[Service]\nFileDescriptorStoreMax=2\n")
        box.systemctl("daemon-reload")
        box.systemctl("start", "ringmilld")
        assert kept_by_pid_1() == 2
        box.said("systemd stored only 2 of 5 descriptors")
        source.write(1000)
        box.kill()
        assert len(links(source)) == 1
        box.systemctl("stop", "ringmilld")
        assert kept_by_pid_1() == 0
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        assert set(numbers[1000:]) == set(range(1, 1001)), len(numbers)


def delivered(folder, source, name="out"):
    """The numbers of all that was made, from one set of programs."""
    numbers, _ = flood.read_numbers(os.path.join(folder, name))
    assert set(numbers) == set(range(1, source.made + 1)), (len(numbers), source.made)
    return numbers


def taken_port():
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken, taken.getsockname()[1]


def inside_starts_that_fail(folder):
    """For causes that pass when somebody else mends them, and for one that does not pass."""
    logs, away = os.path.join(folder, "logs"), os.path.join(folder, "away")
    os.mkdir(logs)
    with flood.Flood(20000) as source:
        text = CONFIG % (flood.source(source, "keep: fdstore"), logs, flood.LINES)

        def configure(more=""):
            harness.write_file(folder, "ringmill.yaml", text + more)

        def kill_with_unread():
            pid = int(box.show("MainPID"))
            os.kill(pid, signal.SIGSTOP)
            source.write(1000)
            os.kill(pid, signal.SIGKILL)
        configure()
        box.systemctl("start", "ringmilld")
        attached = links(source)
        source.write(1000)

        os.rename(logs, away)
        kill_with_unread()
        box.said(f"sink out: cannot open {logs}/out for writing: the folder {logs} does not exist; "
                 f"create it: mkdir -p {logs}; retrying")
        os.rename(away, logs)
        wait_for_all(logs, source)

        taken, port = taken_port()
        configure(f'control: {{socket: /run/ringmill/control.sock, listen: "127.0.0.1:{port}"}}\n')
        kill_with_unread()
        box.said(f"cannot listen on 127.0.0.1:{port}: Address already in use")
        taken.close()
        wait_for_all(logs, source)
        assert links(source) == attached

        harness.write_file(folder, "ringmill.yaml", "version: 7\n")
        kill_with_unread()  # systemd gives up and empties its store: the rings are pinned
        harness.wait_for(lambda: box.show("ActiveState") == "failed", "it to fail")
        harness.wait_for(lambda: links(source) == [], "the programs to be detached")
        assert kept_by_pid_1() == 0
        configure()
        box.systemctl("reset-failed", "ringmilld")
        box.systemctl("start", "ringmilld")
        wait_for_all(logs, source)
        box.systemctl("stop", "ringmilld")
        numbers, _ = flood.read_numbers(os.path.join(logs, "out"))
        assert set(numbers) == set(range(1, source.made + 1)), (len(numbers), source.made)
        assert not box.backup()


def inside_a_stop_that_is_killed(folder):
    """systemd has emptied its store when the next one starts."""
    with flood.Flood(50000) as source:
        harness.write_file(folder, "ringmill.yaml", (CONFIG % (
            flood.source(source, "keep: fdstore"), folder, flood.LINES)).replace(
                "[forward: out]", f"[{{wedge: {folder}/wedge}}, {{forward: out}}]"))
        box.systemctl("start", "ringmilld")
        wedge = harness.write_file(folder, "wedge", "")
        source.write(1000)
        pid = int(box.show("MainPID"))
        box.systemctl("stop", "--no-block", "ringmilld")
        harness.wait_for(lambda: links(source) == [], "the programs to be detached")
        os.kill(pid, signal.SIGKILL)
        harness.wait_for(lambda: box.show("ActiveState") == "failed", "it to end")
        assert kept_by_pid_1() == 0
        os.unlink(wedge)
        box.systemctl("start", "ringmilld")
        wait_for_all(folder, source)
        box.systemctl("stop", "ringmilld")
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        assert numbers == list(range(1, 1001)), len(numbers)
        assert not box.backup()


def test_starts_that_fail():
    box.run(__file__, "starts_that_fail")


def test_a_stop_that_is_killed():
    box.run(__file__, "a_stop_that_is_killed", program="ringmilld-wedge")


def test_orphans_and_too_small_a_store():
    box.run(__file__, "orphans")


def test_kills_restarts_and_another_binary():
    box.run(__file__, "goes_on")


box.main(globals())
