# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments, 50,000 numbered records a second, a kept ring of 64 MiB: what each
delivery promises. RINGMILL_KILLS for how many (./dev soak kill), RINGMILL_SEED to see the same
moments again."""
import json
import os
import random
import signal
import subprocess
import tempfile
import time

import box
import flood
import harness

KILLS = int(os.environ.get("RINGMILL_KILLS", "20"))
SEED = int(os.environ.get("RINGMILL_SEED", str(random.randrange(1 << 32))))
RATE = 50000
LANE_BYTES = 8 << 20  # what a kill can lose of at-most-once, on the way to one sink
CONFIG = """
version: 1
sources: {%s}
sinks: {out: {type: file, path: %s/out, %s}}
pipelines: {all: {from: flood, delivery: %s, handlers: [forward: out]}}
"""


def lost_in_kernel(pins):
    """The kernel's own count, over all that the source has lived through."""
    dump = subprocess.run(["bpftool", "-j", "map", "dump", "pinned", pins.pin("flood", "lost-0")],
                          check=True, capture_output=True, env={"PATH": "/usr/sbin:/usr/bin"})
    return sum(cpu["value"] if isinstance(cpu["value"], int) else
               int.from_bytes(bytes(int(byte, 16) for byte in cpu["value"]), "little")
               for entry in json.loads(dump.stdout)
               for cpu in entry.get("formatted", entry)["values"])


def wait_for_the_moment(chance, pid):
    """At any time; and each other time while it catches up, with much under way."""
    if chance.random() < 0.5:
        time.sleep(chance.random() * 0.4)
        return
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.4)
    os.kill(pid, signal.SIGCONT)
    time.sleep(chance.random() * 0.008)


def kill_again_and_again(delivery, fsync):
    """(numbers in the order of the file, records made)"""
    print(f"RINGMILL_SEED={SEED} RINGMILL_KILLS={KILLS}", flush=True)
    chance = random.Random(SEED)
    with flood.Pins(delivery) as pins, flood.Flood(RATE) as source, \
            tempfile.TemporaryDirectory() as folder:
        config = harness.write_file(folder, "ringmill.yaml", CONFIG % (
            flood.source(source, f"keep: pin, pin_folder: {pins.path}"), folder,
            f"fsync: {fsync}, {flood.LINES}", delivery))
        for number in range(KILLS):
            daemon = harness.Daemon("--config", config).wait_running()
            if number == 0:
                source.start()
            wait_for_the_moment(chance, daemon.process.pid)
            daemon.process.kill()
            daemon.wait()
        daemon = harness.Daemon("--config", config).wait_running()
        source.stop()
        assert lost_in_kernel(pins) == 0
        assert daemon.stop() == 0, daemon.stderr
        assert daemon.books()["source flood"]["lost"] == 0
        numbers, cut = flood.read_numbers(os.path.join(folder, "out"))
        print(f"{delivery}: {source.made} records, {len(numbers)} lines, {cut} cut")
        return numbers, source.made


def jumps_of(numbers):
    return [(a, b) for a, b in zip(numbers, numbers[1:]) if b != a + 1]


def at_least_once(fsync):
    """Each number arrives; repeated is the tail that nobody had acknowledged."""
    numbers, made = kill_again_and_again("at-least-once", fsync)
    jumps = jumps_of(numbers)
    repeated = len(numbers) - made
    print(f"{repeated} repeated, after {len(jumps)} of the kills")
    assert set(numbers) == set(range(1, made + 1)), made
    assert len(jumps) <= KILLS and all(b <= a for a, b in jumps), jumps
    assert repeated == sum(a - b + 1 for a, b in jumps), (repeated, jumps)


def test_at_least_once():
    at_least_once("never")


def test_at_least_once_acknowledged_late():
    """Much is written and not acknowledged, since the disk is waited for."""
    at_least_once("chunk")


def test_at_most_once():
    """Nothing comes twice, and a kill loses no more than a lane holds."""
    numbers, made = kill_again_and_again("at-most-once", "never")
    gaps = jumps_of([0, *numbers, made + 1])
    bytes_of = [sum(len(f"{number};\n") for number in (a + 1, b - 1)) // 2 * (b - a - 1)
                for a, b in gaps]
    print(f"{made - len(numbers)} lost in {len(gaps)} of the kills, "
          f"{max(bytes_of, default=0)} bytes in one of them at the most")
    assert all(b > a for a, b in gaps), gaps
    assert len(gaps) <= KILLS and max(bytes_of, default=0) <= LANE_BYTES, gaps


def inside_fd_store(folder):
    chance = random.Random(SEED)
    with flood.Flood(RATE) as source:
        harness.write_file(folder, "ringmill.yaml", CONFIG % (
            flood.source(source, "keep: fdstore"), folder, f"fsync: chunk, {flood.LINES}",
            "at-least-once"))
        box.systemctl("start", "ringmilld")
        source.start()
        for _ in range(KILLS):
            wait_for_the_moment(chance, int(box.show("MainPID")))
            box.kill()
        source.stop()
        box.systemctl("stop", "ringmilld")
        numbers, cut = flood.read_numbers(os.path.join(folder, "out"))
        jumps = jumps_of(numbers)
        print(f"fdstore: {source.made} records, {len(numbers) - source.made} repeated, {cut} cut")
        assert set(numbers) == set(range(1, source.made + 1)), (len(numbers), source.made)
        assert len(jumps) <= KILLS and all(b <= a for a, b in jumps), jumps


def test_at_least_once_from_the_fd_store():
    """The same with systemd to start it again."""
    print(f"RINGMILL_SEED={SEED} RINGMILL_KILLS={KILLS}", flush=True)
    box.run(__file__, "fd_store", seconds=600 + 5 * KILLS)


box.main(globals())
