# SPDX-License-Identifier: Apache-2.0
"""Sources that outlive the daemon as pins: killed and adopted, changed, ended."""
import fcntl
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import flood
import harness
from controlled import Controlled

CONFIG = """
version: 1
sources: {%s}
sinks: {out: {type: file, path: %s/out, %s}}
pipelines: {all: {from: flood, delivery: at-least-once, handlers: [forward: out]}}
"""
ENVIRONMENT = 2
WEDGE = os.path.join(harness.BIN, "ringmilld-wedge")


def write_config(folder, source):
    return harness.write_file(folder, "ringmill.yaml", CONFIG % (source, folder, flood.LINES))


def start(config):
    return harness.Daemon("--config", config).wait_running()


def kill(daemon):
    daemon.process.kill()
    daemon.wait()


def look(what, path):
    shown = subprocess.run(["bpftool", "-j", what, "show", "pinned", path], check=True,
                           capture_output=True, env={"PATH": "/usr/sbin:/usr/bin"})
    return json.loads(shown.stdout)


def exists(what, number):
    return subprocess.run(["bpftool", what, "show", "id", str(number)], capture_output=True,
                          env={"PATH": "/usr/sbin:/usr/bin"}).returncode == 0


def test_killed_and_adopted():
    """The same ring and link go on, nothing is loaded or attached again, and a stop ends it all."""
    with flood.Pins("adopted") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        config = write_config(folder, flood.source(source, f"keep: pin, pin_folder: {pins.path}"))
        daemon = start(config)
        ids = (look("link", pins.pin("flood", "link-0-0"))["id"],
               look("map", pins.pin("flood", "ring-0-0"))["id"])
        program = look("link", pins.pin("flood", "link-0-0"))["prog_id"]
        source.write(1000)
        kill(daemon)
        source.write(1000)  # nobody is there
        daemon = start(config)
        assert "adopted the kept rings and programs (keep: pin): " in daemon.stderr, daemon.stderr
        assert ids == (look("link", pins.pin("flood", "link-0-0"))["id"],
                       look("map", pins.pin("flood", "ring-0-0"))["id"])
        source.write(1000)
        assert daemon.stop() == 0, daemon.stderr
        daemon.books()
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        assert set(numbers) == set(range(1, 3001)), (len(numbers), numbers[:3], numbers[-3:])
        assert pins.sets("flood") == []
        assert not exists("link", ids[0]) and not exists("prog", program)
        harness.wait_for(lambda: not exists("map", ids[1]), "the ring to be gone")


def test_a_stop_drains_first():
    with flood.Pins("drains") as pins, flood.Flood(50000) as source, \
            tempfile.TemporaryDirectory() as folder:
        config = write_config(folder, flood.source(source, f"keep: pin, pin_folder: {pins.path}"))
        daemon = start(config)
        kill(daemon)
        source.write(20000)
        daemon = start(config)
        source.start()
        assert daemon.stop() == 0, daemon.stderr  # in the flood, with an adopted link
        source.stop()
        books = daemon.books()["source flood"]
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        assert numbers == list(range(1, books["produced"] + 1)), (books, len(numbers))


def test_other_programs_are_ended_or_refused():
    """Another constant makes other programs: with unread records, as the config says."""
    with flood.Pins("changed") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        keep = f"keep: pin, pin_folder: {pins.path}"
        daemon = start(write_config(folder, flood.source(source, keep)))
        link = look("link", pins.pin("flood", "link-0-0"))["id"]
        kill(daemon)
        source.write(100)
        with flood.Flood(100000) as other:
            config = write_config(folder, flood.source(other, keep, more=", on_change: refuse"))
            code, _, errors = harness.run("--config", config)
            assert code == ENVIRONMENT, errors
            assert "the kept programs (keep: pin) differ from those of this config, and 5600 bytes in " \
                   "their rings are unread; to end them: ringmill release flood --pin-folder " \
                   f"{pins.path}; " in errors, errors
            assert exists("link", link)
            daemon = start(write_config(folder, flood.source(other, keep)))
            harness.wait_for(lambda: not exists("link", link), "the old link to be gone")
            source.write(100)
            other.write(100)
            assert daemon.stop() == 0, daemon.stderr
            assert daemon.books()["source flood"]["seen"] == 200
            numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
            assert sorted(numbers) == sorted(2 * list(range(1, 101))), numbers
            assert pins.sets("flood") == []


def test_other_records_are_ended_or_left_alone():
    """What was kept cannot be read as the config says now."""
    with flood.Pins("records") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        def config(more):
            return write_config(folder, flood.source(
                source, f"keep: pin, pin_folder: {pins.path}", more=more))
        kill(start(config("")))
        source.write(100)
        other = ", ring_size: 1MiB, layout: 'struct other { long ktime; long number; int more; };'"
        code, _, errors = harness.run("--config", config(other + ", on_change: refuse"))
        assert code == ENVIRONMENT
        assert "and 5600 bytes in their rings are unread" in errors, errors
        daemon = start(config(other))
        assert "the kept programs (keep: pin) have records that this config cannot read; they are " \
               "removed, and 5600 unread bytes are lost" in daemon.stderr, daemon.stderr
        assert daemon.stop() == 0, daemon.stderr
        assert daemon.books()["source flood"]["seen"] == 0 and pins.sets("flood") == []


def test_a_second_daemon_is_refused():
    """It would take the first one's records, and must not end what that one uses, nor become its
    owner: the first one can still change it."""
    with flood.Pins("second") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        keep = f"keep: pin, pin_folder: {pins.path}"
        text = (CONFIG % (flood.source(source, keep), folder, flood.LINES)) + \
            "control: {socket: FOLDER/control.sock}\n"
        daemon = Controlled(text)
        with tempfile.TemporaryDirectory() as elsewhere:
            for more in ("", ", ring_size: 1MiB"):
                second = write_config(elsewhere, flood.source(source, keep, more=more))
                code, _, errors = harness.run("--config", second)
                assert code == ENVIRONMENT, errors
                assert f"already has a consumer: process {daemon.process.pid}" in errors, errors
        harness.write_file(daemon.folder.name, "ringmill.yaml", text.replace(
            "keep: pin", "keep: pin, ring_size: 1MiB").replace("FOLDER", daemon.place.name))
        assert harness.run("reload", "--socket", daemon.path, program=harness.RINGMILL) == \
               (0, "", ""), daemon.stderr
        source.write(100)
        assert daemon.stop() == 0, daemon.stderr
        assert daemon.books()["source flood"]["seen"] == 100


def test_half_a_set_is_read_to_its_end():
    """As a kill leaves it at a start, at a stop, and when nearly nothing is left."""
    with flood.Pins("half") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        config = write_config(folder, flood.source(source, f"keep: pin, pin_folder: {pins.path}"))
        kill(start(config))
        source.write(10)
        os.unlink(pins.pin("flood", "link-0-0"))
        daemon = start(config)
        assert "reading 560 bytes that an earlier daemon left in its rings (keep: pin)" \
               in daemon.stderr or "that an earlier daemon left" not in daemon.stderr, daemon.stderr
        source.write(10)  # with numbers of their own, as the programs are loaded anew
        assert daemon.stop() == 0, daemon.stderr
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        assert sorted(numbers) == sorted(2 * list(range(1, 11))), numbers
        assert pins.sets("flood") == []
        kill(start(config))
        for item in ("link-0-0", "ring-0-0", "lost-0"):
            os.unlink(pins.pin("flood", item))
        daemon = start(config)
        assert daemon.stop() == 0, daemon.stderr
        assert daemon.books()["source flood"]["seen"] == 0 and pins.sets("flood") == []


def test_what_a_sink_gave_up_stays():
    """It does not take all at the stop: the next start delivers the rest."""
    with flood.Pins("gave-up") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        config = harness.write_file(folder, "ringmill.yaml", (CONFIG % (
            flood.source(source, f"keep: pin, pin_folder: {pins.path}"), folder, flood.LINES))
            .replace("type: file, path:", "type: unix, path:"))
        daemon = start(config)
        source.write(1000)
        assert daemon.stop() == 1, daemon.stderr
        assert "source flood: 56000 bytes in its rings were not delivered; they stay there (keep: " \
               "pin), and the next start delivers them; to discard them: ringmill release flood " \
               f"--pin-folder {pins.path}" in daemon.stderr, daemon.stderr
        assert not os.path.exists(pins.pin("flood", "link-0-0"))
        source.write(1000)  # nobody records them: it was stopped
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.join(folder, "out"))
            listener.listen()
            daemon = start(config)
            peer = listener.accept()[0]
            source.write(10)
            assert daemon.stop() == 0, daemon.stderr
            with peer, peer.makefile() as lines:
                numbers = [int(line[:-2]) for line in lines]
        assert sorted(numbers) == sorted([*range(1, 1001), *range(1, 11)]), len(numbers)
        assert pins.sets("flood") == []


def test_killed_while_it_drains():
    """The programs are detached by then; the next start reads the rest, and loads them anew."""
    with flood.Pins("drain") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        text = (CONFIG % (flood.source(source, f"keep: pin, pin_folder: {pins.path}"), folder,
                          flood.LINES)).replace(
            "[forward: out]", f"[{{wedge: {folder}/wedge}}, {{forward: out}}]")
        config = harness.write_file(folder, "ringmill.yaml", text)
        daemon = harness.Daemon("--config", config, program=WEDGE).wait_running()
        link = pins.pin("flood", "link-0-0")
        wedge = harness.write_file(folder, "wedge", "")
        source.write(1000)
        daemon.process.send_signal(signal.SIGTERM)
        harness.wait_for(lambda: not os.path.exists(link), "the programs to be detached")
        kill(daemon)
        os.unlink(wedge)
        daemon = harness.Daemon("--config", config, program=WEDGE).wait_running()
        source.write(10)
        assert daemon.stop() == 0, daemon.stderr
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        assert sorted(numbers) == sorted([*range(1, 1001), *range(1, 11)]), len(numbers)
        assert pins.sets("flood") == []


LEDGER_ITEMS_AT = 44  # n_items of struct ledger (daemon/source/ledger.h): 0 until all are kept


def is_complete(place):
    """Of a set of pins: a kill before that leaves the older set to go on alone."""
    if not os.path.exists(f"{place}/ledger"):
        return False
    shown = subprocess.run(["bpftool", "-j", "map", "lookup", "pinned", f"{place}/ledger", "key",
                            "0", "0", "0", "0"], capture_output=True, check=True,
                           env={"PATH": "/usr/sbin:/usr/bin"})
    value = json.loads(shown.stdout)["value"]
    return any(int(byte, 16) for byte in value[LEDGER_ITEMS_AT:LEDGER_ITEMS_AT + 4])


def killed_in_a_reload(pins, source, folder, text):
    """From a ring of 512 KiB to one of 1 MiB: both are attached when it is killed."""
    daemon = Controlled(text("512KiB"), program=WEDGE)
    source.write(5)
    harness.wait_for(lambda: daemon.status()["sources"][0]["streams"][0]["rings"][0]
                     ["used_bytes"] == 0 and daemon.status()["sinks"][0]["delivered"] == 5,
                     "what was written to be acknowledged")
    wedge = harness.write_file(folder, "wedge", "")
    source.write(5)
    harness.write_file(daemon.folder.name, "ringmill.yaml",
                       text("1MiB").replace("FOLDER", daemon.place.name))
    with subprocess.Popen([harness.RINGMILL, "reload", "--socket", daemon.path],
                          stderr=subprocess.DEVNULL):
        harness.wait_for(lambda: len(pins.sets("flood")) == 2 and
                         is_complete(f"{pins.path}/flood/{pins.sets('flood')[1]}"), "two sets")
        kill(daemon)
    os.unlink(wedge)


def after_a_kill_in_a_reload(name, size):
    """All numbers that come out in the end, when the next start asks for a ring of that size."""
    with flood.Pins(name) as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        def text(ring_size):
            return (CONFIG % (flood.source(
                source, f"keep: pin, pin_folder: {pins.path}",
                more=f", ring_size: {ring_size}, on_change: refuse"), folder, flood.LINES)).replace(
                    "[forward: out]", f"[{{wedge: {folder}/wedge}}, {{forward: out}}]") + \
                "control: {socket: FOLDER/control.sock}\n"
        killed_in_a_reload(pins, source, folder, text)
        source.write(5)  # into both rings
        daemon = Controlled(text(size), program=WEDGE)
        source.write(5)
        assert daemon.stop() == 0, daemon.stderr
        assert pins.sets("flood") == []
        return sorted(flood.read_numbers(os.path.join(folder, "out"))[0])


def test_two_sets_after_a_kill_in_a_reload():
    """The new one goes on, the old one is read to where that began: nothing is missing, nothing
    comes twice, and the start is not refused."""
    assert after_a_kill_in_a_reload("two", "1MiB") == sorted(2 * list(range(1, 11)))


def test_back_to_the_old_config_after_a_kill_in_a_reload():
    """Both are read to their ends, and the programs are loaded anew."""
    assert after_a_kill_in_a_reload("back", "512KiB") == sorted(
        [*range(1, 11), *range(1, 6), *range(1, 6)])


def test_what_cannot_be_known_is_no_leave_to_end():
    """The lock of a ring cannot be opened: so nobody knows whether a process reads it."""
    with flood.Pins("locked") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        config = write_config(folder, flood.source(source, f"keep: pin, pin_folder: {pins.path}"))
        kill(start(config))
        lock = f"/run/ringmill/ring-{look('map', pins.pin('flood', 'ring-0-0'))['id']}.lock"
        os.unlink(lock)
        os.mkdir(lock)
        where = ("--socket", f"{folder}/none", "--pin-folder", pins.path)
        try:
            for name in ((), ("flood",)):
                code, _, errors = release(*where, *name)
                assert code == ENVIRONMENT and f"cannot lock {lock}: Is a directory; " in errors, errors
            assert harness.run("--config", config)[0] == ENVIRONMENT
        finally:
            os.rmdir(lock)
        assert len(pins.sets("flood")) == 1
        assert release(*where) [:2] == (0, "released: 1\n")


def test_losses_while_nobody_reads_are_told():
    """What a full ring took no more of while no daemon was there is counted by the next one."""
    with flood.Pins("losses") as pins, flood.Flood(1000000) as source, \
            tempfile.TemporaryDirectory() as folder:
        config = write_config(folder, flood.source(
            source, f"keep: pin, pin_folder: {pins.path}", more=", ring_size: 64KiB"))
        kill(start(config))
        source.write(5000)  # some 1,170 fit
        daemon = start(config)
        assert daemon.stop() == 0, daemon.stderr
        books = daemon.books()["source flood"]
        assert books["produced"] == 5000 and books["lost"] > 3000, books


def test_skipped_runs_while_nobody_reads_are_told():
    if platform.machine() != "x86_64":
        print("skipped: this machine does not have that tracepoint")
        return

    def call(times):
        for _ in range(times):
            os.getpgid(0)
    with flood.Pins("skips") as pins, tempfile.TemporaryDirectory() as folder:
        place = os.path.join(folder, "control.sock")
        config = write_config(folder, (
            f"flood: {{object: {harness.OBJECTS}/nested.bpf.o, type: struct fault, keep: pin, "
            f"pin_folder: {pins.path}, constants: {{target: {os.getpid()}}}}}"))
        with open(config, "a", encoding="utf-8") as file:
            file.write(f"control: {{socket: {place}}}\n")

        def skipped():
            text = harness.run("status", "--json", "--socket", place, program=harness.RINGMILL)[1]
            return json.loads(text)["sources"][0]["skipped"]
        daemon = start(config)
        call(5000)
        harness.wait_for(lambda: skipped() >= 5000, "a look at the programs")
        kill(daemon)
        call(30)
        daemon = start(config)
        call(5)
        assert daemon.stop() == 0, daemon.stderr
        books = daemon.books()["source flood"]
        assert 35 <= books["skipped"] < 5000 and books["lost"] is None, books


def test_without_a_service_manager_there_is_no_fd_store():
    with flood.Flood(1000) as source, tempfile.TemporaryDirectory() as folder:
        config = write_config(folder, flood.source(source, "keep: fdstore"))
        environment = {name: value for name, value in os.environ.items()
                       if name != "NOTIFY_SOCKET"}
        code, _, errors = harness.run("--config", config, env=environment)
        assert code == ENVIRONMENT, errors
        assert "source flood: keep: fdstore needs systemd, which did not start this process" \
               in errors, errors


def test_pins_need_their_file_system():
    with flood.Flood(1000) as source, tempfile.TemporaryDirectory() as folder:
        config = write_config(folder, flood.source(source, f"keep: pin, pin_folder: {folder}/x"))
        code, _, errors = harness.run("--config", config)
        assert code == ENVIRONMENT, errors
        assert f"cannot keep pins in {folder}/x: {folder} is not on a file system of type bpf" \
               in errors, errors
        config = write_config(folder, flood.source(source, "keep: pin, pin_folder: /sys/fs/bpf/x.y"))
        code, _, errors = harness.run("--config", config)
        assert code == ENVIRONMENT, errors
        assert "/sys/fs/bpf/x.y: Operation not permitted; that file system does not allow dots in " \
               "names" \
               in errors, errors


def test_pins_that_cannot_be_taken_back_are_told():
    with flood.Flood(1000) as source, tempfile.TemporaryDirectory() as folder:
        pins = os.path.join(folder, "pins")
        os.mkdir(pins)
        subprocess.run(["mount", "-t", "bpf", "bpf", pins], check=True)
        try:
            daemon = start(write_config(folder, flood.source(source, f"keep: pin, pin_folder: {pins}")))
            source.write(100)
            subprocess.run(["mount", "-o", "remount,ro", pins], check=True)
            assert daemon.stop() == 0, daemon.stderr
            assert daemon.books()["source flood"]["seen"] == 100
        finally:
            subprocess.run(["umount", "--lazy", pins], check=True)
        assert re.search(f"source flood: cannot remove the pin {pins}/flood/\\d+/link-0-0: "
                         "Read-only file system", daemon.stderr), daemon.stderr


def test_a_start_that_fails_leaves_what_was_kept():
    with flood.Pins("fails") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        keep = f"keep: pin, pin_folder: {pins.path}"
        config = write_config(folder, flood.source(source, keep))
        kill(start(config))
        source.write(100)
        bad = flood.source(source, keep) + ", other: {map: /sys/fs/bpf/nothing, " \
            "layout: 'struct event { unsigned number; };'}"
        text = (CONFIG % (bad, folder, flood.LINES)).replace("from: flood", "from: [flood, other]")
        code, _, errors = harness.run("--config", harness.write_file(folder, "bad.yaml", text))
        assert code == ENVIRONMENT and "/sys/fs/bpf/nothing" in errors, errors
        daemon = start(config)
        source.write(100)
        assert daemon.stop() == 0, daemon.stderr
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        assert numbers == list(range(1, 201)), numbers


ANY = """
version: 1
sources: {any: {object: %s, keep: pin, pin_folder: %s, %s}}
sinks: {out: {type: file, path: %s/out, format: json}}
pipelines: {all: {from: any, delivery: at-least-once, handlers: [forward: out]}}
"""


def go_on_twice(pins, folder, name, source, act, last=lambda: None):
    """acts before and after a kill, and while nobody is there; then does the last thing. All
    events."""
    config = harness.write_file(folder, "ringmill.yaml", ANY % (
        os.path.join(harness.OBJECTS, name + ".bpf.o"), pins.path, source, folder))
    daemon = start(config)
    act()
    kill(daemon)
    act()
    daemon = start(config)
    act()
    last()
    assert "adopted the kept rings and programs (keep: pin): " in daemon.stderr, daemon.stderr
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    assert pins.sets("any") == []
    with open(os.path.join(folder, "out"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_uprobes_and_samples_go_on():
    with flood.Pins("uprobes") as pins, tempfile.TemporaryDirectory() as folder:
        program = shutil.copy(os.path.join(harness.BIN, "call-loop"), folder)  # that nobody else runs

        def until_sampled():
            """Samples are taken of what runs."""
            size = os.path.getsize(os.path.join(folder, "out"))

            def sampled():
                with open(os.path.join(folder, "out"), encoding="utf-8") as file:
                    file.seek(size)
                    return "SAMPLE" in file.read() or sum(range(1000000)) == 0
            harness.wait_for(sampled, "a sample")
        events = go_on_twice(pins, folder, "probes", (
            "type: struct probe, programs: [on_entry, on_return, on_sample], "
            f"attach: {{binary: {program}, symbol: on_number, perf: 99}}"),
            lambda: subprocess.run([program, "100"], check=True), until_sampled)
    calls = {(event["kind"], event["pid"], event["value"]) for event in events}  # each once
    for kind in ("ENTRY", "RETURN"):
        assert sum(call[0] == kind for call in calls) == 300, (kind, len(calls))


def test_shards_go_on():
    """Four rings in a map of maps, in the order of their times over the kill."""
    with flood.Pins("shards") as pins, tempfile.TemporaryDirectory() as folder, \
            subprocess.Popen([os.path.join(harness.BIN, "knock")], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True) as knocker:
        assert knocker.stdout.readline() == "ready\n"

        def knock():
            knocker.stdin.write("4 500 100\n")
            knocker.stdin.flush()
            assert knocker.stdout.readline() == "done\n"
        events = go_on_twice(pins, folder, "streams", (
            f"constants: {{target: {knocker.pid}}}, "
            "rings: {shards: {type: struct shard_event, order: ktime, hold: 1s}}"), knock)
        knocker.stdin.close()
    for thread in range(4):
        numbers = [event["number"] for event in events if event["thread"] == thread]
        assert set(numbers) == set(range(1500)), (thread, len(numbers))


def release(*arguments):
    """(exit status, stdout, stderr) of ringmill release."""
    return harness.run("release", *arguments, program=harness.RINGMILL)


def test_release_without_a_daemon():
    with flood.Pins("release") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        keep = f"keep: pin, pin_folder: {pins.path}"
        config = write_config(folder, flood.source(source, keep))
        where = ("--socket", f"{folder}/none", "--pin-folder", pins.path)
        daemon = start(config)
        link = look("link", pins.pin("flood", "link-0-0"))["id"]
        code, _, errors = release(*where, "flood")
        assert code == 1 and f"process {daemon.process.pid}" in errors, errors
        assert release(*where) == (0, "released: 0\n", "")
        kill(daemon)
        code, _, errors = release(*where, "other")
        assert code == 1 and 'no kept source "other" is in' in errors, errors
        assert release(*where)[:2] == (0, "released: 1\n")
        assert pins.sets("flood") == []
        harness.wait_for(lambda: not exists("link", link), "the link to be gone")


def test_release_of_a_source_that_runs():
    """It is drained, and nothing of it stays; the daemon goes on."""
    with flood.Pins("running") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        daemon = Controlled(CONFIG % (flood.source(
            source, f"keep: pin, pin_folder: {pins.path}"), folder, flood.LINES) +
            "control: {socket: FOLDER/control.sock}\n")
        link = look("link", pins.pin("flood", "link-0-0"))["id"]
        source.write(10000)
        where = ("--socket", daemon.path)
        code, _, errors = release(*where, "other")
        assert code == 1 and 'no kept source is named "other"' in errors, errors
        assert release(*where) == (0, "released: 0\n", "")
        assert release(*where, "flood") == (0, "released: 1\n", "")
        assert pins.sets("flood") == [] and not exists("link", link)
        source.write(100)
        assert daemon.stop() == 0, daemon.stderr
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        assert numbers == list(range(1, 10001)), len(numbers)


def test_a_damaged_set_of_a_source_that_runs():
    """Somebody has deleted a pin: the source goes on, and its other pins are not taken for those of
    nobody."""
    with flood.Pins("damaged") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        config = (CONFIG % (flood.source(source, f"keep: pin, pin_folder: {pins.path}"), folder,
                            flood.LINES)) + "control: {socket: FOLDER/control.sock}\n"
        daemon = Controlled(config)
        for item in ("ring-0-0", "link-0-0"):
            os.unlink(pins.pin("flood", item))
            source.write(100)
            assert release("--socket", daemon.path) == (0, "released: 0\n", "")
            assert len(pins.sets("flood")) == 1
        # a change makes a whole set again
        harness.write_file(daemon.folder.name, "ringmill.yaml", config.replace(
            "keep: pin", "keep: pin, ring_size: 1MiB").replace("FOLDER", daemon.place.name))
        assert harness.run("reload", "--socket", daemon.path, program=harness.RINGMILL) == \
               (0, "", ""), daemon.stderr
        assert look("map", pins.pin("flood", "ring-0-0"))["max_entries"] == 1 << 20
        source.write(100)
        assert daemon.stop() == 0, daemon.stderr
        assert pins.sets("flood") == []
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        assert numbers == [*range(1, 201), *range(1, 101)], numbers


def test_an_orphan_is_told_and_released():
    """The config has another source now: the old one's programs go on until they are released."""
    with flood.Pins("orphan") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        keep = f"keep: pin, pin_folder: {pins.path}"
        kill(start(write_config(folder, flood.source(source, keep))))
        link = look("link", pins.pin("flood", "link-0-0"))["id"]
        source.write(10)
        daemon = Controlled((CONFIG % (flood.source(source, keep, name="later"), folder,
                                       flood.LINES)).replace("from: flood", "from: later") +
                            "control: {socket: FOLDER/control.sock}\n")
        assert "source flood: its kept programs (keep: pin) are used by no source of this config: their " \
               "1 links stay attached, and nobody reads the 560 bytes in their rings; to end them: " \
               f"ringmill release flood --pin-folder {pins.path}" \
               in daemon.stderr, daemon.stderr
        assert release("--socket", daemon.path) == (0, "released: 1\n", "")
        harness.wait_for(lambda: not exists("link", link), "the link to be gone")
        assert pins.sets("flood") == [] and len(pins.sets("later")) == 1
        assert daemon.stop() == 0, daemon.stderr


SLOW = """
version: 1
sources: {%s}
sinks: {out: {type: file, path: %s, %s}}
pipelines: {all: {from: flood, delivery: at-least-once, max_unacked: 10%%, handlers: [forward: out]}}
control: {socket: FOLDER/control.sock}
"""


def test_stopped_while_a_handler_hangs():
    """The process leaves, and the next one delivers what the handler had."""
    with flood.Pins("hung") as pins, flood.Flood(1000) as source, \
            tempfile.TemporaryDirectory() as folder:
        kept = flood.source(source, f"keep: pin, pin_folder: {pins.path}")
        config = harness.write_file(folder, "ringmill.yaml", (CONFIG % (
            kept, folder, flood.LINES)).replace("[forward: out]", f"[wedge: {folder}/wedge, forward: out]"))
        wedge = harness.write_file(folder, "wedge", "")
        daemon = harness.Daemon("--config", config, program=WEDGE).wait_running()
        source.write(100)
        assert daemon.stop() == 1, daemon.stderr
        assert "probably a handler does not return" in daemon.stderr, daemon.stderr
        os.unlink(wedge)
        daemon = harness.Daemon("--config", config, program=WEDGE).wait_running()
        assert daemon.stop() == 0, daemon.stderr
        numbers, _ = flood.read_numbers(os.path.join(folder, "out"))
        assert set(numbers) == set(range(1, 101)), numbers
        assert pins.sets("flood") == []


def test_a_slow_sink_holds_the_source_up():
    """Of a ring of 1 MiB, 10 % are read and not acknowledged, the rest waits in there."""
    with flood.Pins("slow") as pins, flood.Flood(100000) as source, \
            tempfile.TemporaryDirectory() as folder:
        fifo = os.path.join(folder, "fifo")
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
        daemon = Controlled(SLOW % (flood.source(
            source, f"keep: pin, pin_folder: {pins.path}", more=", ring_size: 1MiB"), fifo,
            flood.LINES))
        source.write(10000)

        def stream():
            return daemon.status()["sources"][0]["streams"][0]
        harness.wait_for(lambda: stream()["held_up"] > 0, "the source to be held up")
        ring = stream()["rings"][0]
        unacknowledged = ring["seen"] * 56 - (10000 * 56 - ring["used_bytes"])
        assert 0 <= unacknowledged - (1 << 20) // 100 * 10 < 33 * 56, (unacknowledged, ring)
        os.set_blocking(reader, True)
        got = b""
        while got.count(b";") < 10000:
            got += os.read(reader, 1 << 16)
        assert got == b"".join(b"%d;\n" % number for number in range(1, 10001))[:len(got)]
        assert daemon.stop() == 0, daemon.stderr
        os.close(reader)


def test_sigint_is_a_stop_too():
    with flood.Pins("sigint") as pins, flood.Flood(1000) as source, \
            tempfile.TemporaryDirectory() as folder:
        config = write_config(folder, flood.source(source, f"keep: pin, pin_folder: {pins.path}"))
        daemon = start(config)
        assert pins.sets("flood")
        assert daemon.stop(signal.SIGINT) == 0, daemon.stderr
        assert pins.sets("flood") == []


harness.main()
