# SPDX-License-Identifier: Apache-2.0
"""A reload that changes a source attaches the new programs before it detaches the old ones, while
events happen all the time: no event is delivered twice where that is promised, and none is missing
where that is."""
import ctypes
import os
import random
import subprocess
import tempfile
import time

import flood
import harness
from controlled import Controlled

OBJECT = os.path.join(harness.OBJECTS, "numbered.bpf.o")
NUMBER_BITS = 16
NUMBERS_OF_CHANGE = 15000
LIBC = ctypes.CDLL(None)
CONFIG = """
version: 1
control: {socket: FOLDER/control.sock}
sources: {s: {object: %s, constants: {target: %d, number_bits: %d}, ring_size: %s, %s}}
sinks: {out: {type: file, path: %s/out, %s}}
pipelines: {%s: {from: s, delivery: %s, handlers: [forward: out]}}
"""


def change_under_load(keep, delivery, *changes):
    """The numbers of the events that were delivered, in the order of events, how many there were, and
    the books. changes: the size of the ring and the name of the pipeline."""
    target = random.randrange(1 << 13, 1 << 14)  # no process has such a number
    made = 0

    def write(count):
        nonlocal made
        for _ in range(min(count, (1 << NUMBER_BITS) - made)):
            (LIBC.getpgid, LIBC.getsid)[made & 1](target << NUMBER_BITS | made)
            made += 1

    def config(size, name):
        return CONFIG % (OBJECT, target, NUMBER_BITS, size, keep, folder, flood.LINES, name, delivery)
    with tempfile.TemporaryDirectory() as folder:
        daemon = Controlled(config("4MiB", "all"))
        write(100)
        for n, change in enumerate(changes):
            harness.write_file(daemon.folder.name, "ringmill.yaml",
                               config(*change).replace("FOLDER", daemon.place.name))
            with subprocess.Popen([harness.RINGMILL, "reload", "--socket", daemon.path]) as told:
                while told.poll() is None:
                    write(50 if made < (n + 1) * NUMBERS_OF_CHANGE else 0)
                    time.sleep(0.001)
                assert told.returncode == 0, daemon.stderr
            harness.wait_for(lambda: not daemon.status()["reload"]["switching"], "the old programs to go")
            before = made
            write(100)
        assert daemon.stop() == 0, daemon.stderr
        numbers, cut = flood.read_numbers(os.path.join(folder, "out"))
        assert cut == 0 and max(numbers) < made
        assert set(range(before, made)) <= set(numbers)  # no other programs were there
        books = daemon.books()["source s"]
        assert books["lost"] == 0, books
        return sorted(numbers), made, books


def test_once():
    """What is missing is what came while the old programs ended and the new ones began to count: one
    run of events in each change of the source, and none where it stays."""
    with flood.Pins("overlap") as pins:
        for keep in ("keep: none", f"keep: pin, pin_folder: {pins.path}"):
            numbers, made, books = change_under_load(keep, "at-most-once", ("8MiB", "all"), ("8MiB", "other"),
                                                     ("4MiB", "other"))
            assert len(numbers) == len(set(numbers)), (keep, books)
            missing = sorted(set(range(made)) - set(numbers))
            gaps = sum(number - 1 not in set(missing) for number in missing)
            assert gaps <= 2, (keep, missing)
            print(f"{keep}: {made} events, {len(missing)} missing in {gaps} gaps, {books}")


def test_at_least_once():
    with flood.Pins("overlap-sure") as pins:
        numbers, made, books = change_under_load(f"keep: pin, pin_folder: {pins.path}", "at-least-once",
                                                 ("8MiB", "all"), ("8MiB", "other"), ("4MiB", "other"))
        assert set(numbers) == set(range(made)), books
        assert "overlap" not in books, books


harness.main()
