# SPDX-License-Identifier: Apache-2.0
"""The end comes within its bound, whatever others do; and a signal is minded at every moment."""
import ctypes
import mmap
import os
import random
import re
import signal
import struct
import subprocess
import tempfile
import time

import flood
import harness
from controlled import Controlled
from producers import object_path, producer

SIGNALLER = os.path.join(os.path.dirname(harness.BIN), "lib", "libsignaller.so")
NUMBERS = """
version: 1
control: {socket: FOLDER/control.sock}
health: {stuck_after: 1h, busy_head: 1h}
sources: {numbers: {map: PIN, type: struct number, types_from: OBJECT}}
sinks: {out: {type: file, path: FOLDER/out}}
pipelines: {all: {from: numbers, handlers: [forward: out]}}
"""


def scribble(pin, offset):
    """Moves the consumer position of a pinned ring."""
    fd = ctypes.CDLL("libbpf.so.1").bpf_obj_get(pin.encode())
    with mmap.mmap(fd, mmap.PAGESIZE) as page:
        position, = struct.unpack_from("=Q", page)
        struct.pack_into("=Q", page, 0, (position + offset) & (2**64 - 1))
    os.close(fd)


def test_a_consumer_position_that_somebody_else_wrote():
    for offset in (1 << 20, -8):
        with producer("numbers") as made:
            text = NUMBERS.replace("PIN", made.pin("numbers")).replace(
                "OBJECT", object_path("numbers"))
            daemon = Controlled(text)
            made.write(1, 11)
            harness.wait_for(lambda: daemon.status()["sinks"][0]["delivered"] == 10, "ten events")
            scribble(made.pin("numbers"), offset)
            harness.wait_for(lambda: daemon.ask("/healthz")[0] != 200, "the health check")
            told = daemon.ask("/healthz")[1]
            assert "rings" in told and "another process wrote the consumer position" in told, told
            assert daemon.stop() == 0, daemon.stderr  # and not never
            assert daemon.stderr.count("error: source numbers: another process wrote") == 1
            books = daemon.books()["source numbers"]
            assert books["seen"] == 10 and books["unread"] is None, daemon.stderr


def test_a_second_signal_ends_it_at_once():
    """A sink takes nothing. The first signal twice, as timeout(1) sends it, is one; a later one is
    another."""
    read_end, write_end = os.pipe()
    daemon = harness.Daemon("run", "open", program=harness.RINGMILL, stdout=write_end).wait_running()
    os.close(write_end)
    subprocess.run([os.path.join(harness.BIN, "open-loop"), "/etc/hostname", "100000"],
                   check=True, stdout=subprocess.DEVNULL)
    daemon.process.send_signal(signal.SIGTERM)
    daemon.process.send_signal(signal.SIGTERM)
    while "second signal to stop" not in daemon.stderr and daemon.process.poll() is None:
        time.sleep(1.2)
        daemon.process.send_signal(signal.SIGTERM)
    assert daemon.wait() == 1, daemon.stderr
    os.close(read_end)
    assert "second signal to stop" in daemon.stderr, daemon.stderr
    assert "unwritten events were dropped" in daemon.stderr, daemon.stderr
    daemon.books()


# ---- a kernel that takes its time --------------------------------------------------------------------

OPENS = """
version: 1
control: {socket: FOLDER/control.sock}
sources: {open: {builtin: open}}
sinks: {out: {type: file, path: FOLDER/out}}
pipelines: {all: {from: open, handlers: [{filter: 'path == "FOLDER/target"'}, {forward: out}]}}
"""


def test_the_kernel_takes_its_time_to_release_links():
    """The rings are read meanwhile, and the stop ends without it."""
    with tempfile.TemporaryDirectory() as folder:
        hold = os.path.join(folder, "hold")
        daemon = Controlled(OPENS, env=dict(os.environ, LD_PRELOAD=SIGNALLER, SIGNALLER_HOLD=hold))
        harness.write_file(folder, "hold", "")
        daemon.process.send_signal(signal.SIGTERM)
        harness.wait_for(lambda: not os.path.exists(daemon.path), "the stop to begin")
        out = os.path.join(daemon.place.name, "out")

        def read():
            daemon.open_target(1)
            return os.path.getsize(out) > 0
        harness.wait_for(read, "an event of the time of the stop")
        assert daemon.wait() == 1, daemon.stderr
        assert "the kernel has not released all programs yet" in daemon.stderr, daemon.stderr
        with open(out, encoding="utf-8") as file:
            assert len(file.readlines()) == daemon.books()["sink out"]["delivered"], daemon.stderr


QUIET = """
version: 1
control: {socket: FOLDER/control.sock}
sources: {%s}
sinks: {out: {type: file, path: FOLDER/out}}
pipelines: {all: {from: flood, handlers: [{forward: out}]}}
"""


def test_links_that_are_released_late_are_waited_for():
    """All was read before, so nothing is amiss."""
    with tempfile.TemporaryDirectory() as folder, flood.Flood(1000) as source:
        hold = harness.write_file(folder, "hold", "")
        daemon = Controlled(QUIET % flood.source(source, "keep: none"),
                            env=dict(os.environ, LD_PRELOAD=SIGNALLER, SIGNALLER_HOLD=hold))
        source.write(10)
        daemon.process.send_signal(signal.SIGTERM)
        harness.wait_for(lambda: "the kernel has not released all programs yet" in daemon.stderr,
                         "the warning")
        os.unlink(hold)
        assert daemon.wait() == 0, daemon.stderr
        assert daemon.books()["sink out"]["delivered"] == 10, daemon.stderr


LOADS = """
version: 1
sources: {exec: {builtin: exec}, slow: {object: %s/laborious.bpf.o, type: struct nothing}}
sinks: {out: {type: "null"}}
pipelines: {all: {from: exec, handlers: [forward: out]}, slow: {from: slow, handlers: [forward: out]}}
"""
LITTLE = """
version: 1
sources: {exec: {builtin: exec}}
sinks: {out: {type: "null"}}
pipelines: {all: {from: exec, handlers: [forward: out]}}
"""


def count_programs(daemon):
    return harness.descriptors(daemon.process.pid).count("anon_inode:bpf-prog")


def test_a_load_that_lasts_is_interrupted():
    """The verifier would need some ten seconds more, at a start and in a reload."""
    text = LOADS % harness.OBJECTS
    daemon = harness.Daemon(config=text)
    harness.wait_for(lambda: count_programs(daemon) > 0, "the load to begin")
    assert daemon.stop() == 0 and "the start was interrupted by a signal" in daemon.stderr, daemon.stderr
    daemon = harness.Daemon(config=LITTLE).wait_running()
    programs = count_programs(daemon)
    harness.write_file(daemon.folder.name, "ringmill.yaml", text)
    daemon.process.send_signal(signal.SIGHUP)
    harness.wait_for(lambda: count_programs(daemon) > programs, "the reload's load to begin")
    assert daemon.stop() == 0, daemon.stderr
    assert "reload canceled: the daemon is stopping" in daemon.stderr, daemon.stderr
    assert "did not finish in time" not in daemon.stderr and daemon.books(), daemon.stderr


WEDGED = """
version: 1
control: {socket: FOLDER/control.sock}
sources: {%sopen: {builtin: open}}
sinks: {out: {type: file, path: FOLDER/out}}
pipelines:
  all: {from: open, handlers: [{filter: 'path == "FOLDER/target"'}, {wedge: FOLDER/wedge}, {forward: out}]}
"""


def test_an_attach_lasts_while_a_batch_is_kept():
    """By the time that the consumer thread could meet the main thread for a switch, that has left."""
    with flood.Flood(1000) as source, tempfile.TemporaryDirectory() as folder:
        hold = os.path.join(folder, "hold")
        daemon = Controlled(
            WEDGED % "", program=os.path.join(harness.BIN, "ringmilld-wedge"),
            env=dict(os.environ, LD_PRELOAD=SIGNALLER, SIGNALLER_HOLD_ATTACH=hold))
        wedge = harness.write_file(daemon.place.name, "wedge", "")
        daemon.open_target(100)
        harness.wait_for(lambda: daemon.status()["sources"][0]["seen"] > 0, "a batch")
        harness.write_file(folder, "hold", "")
        more = (WEDGED % f"{flood.source(source, 'keep: none')}, " +
                "  more: {from: flood, handlers: [forward: out]}\n")
        harness.write_file(daemon.folder.name, "ringmill.yaml",
                           more.replace("FOLDER", daemon.place.name))
        daemon.ask("/v1/reload", "POST")
        harness.wait_for(lambda: daemon.status()["reload"]["switching"], "the switch to begin")
        daemon.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)  # for it to be seen; else the test only finds less
        os.unlink(hold)
        harness.wait_for(lambda: not os.path.exists(daemon.path), "the stop to begin")
        os.unlink(wedge)
        assert daemon.wait() == 0, daemon.stderr
        assert daemon.books()["sink out"]["delivered"] == 100, daemon.stderr


# ---- a signal at each step of a start --------------------------------------------------------------

START = """
version: 1
control: {socket: %s/control.sock}
sources: {%s, exec: {builtin: exec}}
sinks: {out: {type: file, path: %s/out, %s}, log: {type: file, path: /dev/null}}
pipelines:
  all: {from: flood, delivery: at-least-once, handlers: [forward: out]}
  more: {from: exec, handlers: [enrich: {table: {file: %s/teams.csv, key: uid, by: uid, add: [team]}}, forward: log]}
"""
ROWS = 200000  # of a table; the end comes at once while it is read, and the rest is remembered


def start(config, at, number):
    return harness.Daemon("--config", config, env=dict(
        os.environ, LD_PRELOAD=SIGNALLER, SIGNALLER_AT=str(at), SIGNALLER_SIGNAL=str(int(number))))


def outcome(config, at, number, pins):
    daemon = start(config, at, number)
    if number in (signal.SIGTERM, signal.SIGINT):
        code = daemon.wait()
        assert code in (0, -number), (at, number, code, daemon.stderr)
        assert pins.sets("flood") == [], (at, number, daemon.stderr)
        return "ended by the signal" if code else "ended"
    wanted = "config 2 is active" if number == signal.SIGHUP else "reopening the files of the sinks"
    harness.wait_for(lambda: wanted in daemon.stderr or daemon.process.poll() is not None, wanted)
    assert wanted in daemon.stderr, (at, number, daemon.process.poll(), daemon.stderr)
    assert daemon.stop() == 0, (at, number, daemon.stderr)
    assert pins.sets("flood") == [], (at, number, daemon.stderr)
    return "minded"


def test_signals_at_each_step_of_a_start():
    """RINGMILL_STEPS=all takes each of them, and not some."""
    seed = int(os.environ.get("RINGMILL_SEED", random.randrange(1 << 30)))
    print(f"RINGMILL_SEED={seed}")
    random.seed(seed)
    with flood.Pins("signals") as pins, flood.Flood(1000) as source, \
            tempfile.TemporaryDirectory() as folder:
        keep = f"keep: pin, pin_folder: {pins.path}"
        harness.write_file(folder, "teams.csv",
                           "uid,team\n" + "".join(f"{uid},team\n" for uid in range(ROWS)))
        config = harness.write_file(folder, "c.yaml", START % (
            folder, flood.source(source, keep), folder, flood.LINES, folder))
        daemon = start(config, 0, 0).wait_running()
        assert daemon.stop() == 0, daemon.stderr
        calls = int(re.search(r"calls (\d+)", daemon.stderr)[1])
        steps = [(at, number) for at in range(1, calls + 1)
                 for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)]
        # the first calls are of the libraries, before main()
        steps = [step for step in steps if step[0] > 3 or step[1] in (15, 2)]
        if os.environ.get("RINGMILL_STEPS") != "all":
            steps = random.sample(steps, 24)
        results = [outcome(config, at, number, pins) for at, number in steps]
        print(calls, "calls:", {result: results.count(result) for result in set(results)})


harness.main()
