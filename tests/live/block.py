# SPDX-License-Identifier: Apache-2.0
"""I/O of block devices, on a loop device of the test's own: which request, whose, how long it took."""
import contextlib
import mmap
import os
import statistics
import subprocess
import tempfile
import time

import harness
from bpftrace import Bpftrace

SIZE = 16 << 20
PAGE = 4096


@contextlib.contextmanager
def loop_device():
    """In memory, so that nothing else is on its way."""
    subprocess.run(["modprobe", "loop"], capture_output=True, check=False)
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
        file.truncate(SIZE)
        made = subprocess.run(["losetup", "--find", "--show", file.name], capture_output=True, check=False)
        if made.returncode != 0:
            raise harness.Lacking("no loop device: " + made.stderr.decode().strip())
        device = made.stdout.decode().strip()
        try:
            yield device
        finally:
            subprocess.run(["losetup", "--detach", device], check=True)


def pages(count):
    return mmap.mmap(-1, count * PAGE)


def do_io(device):
    """Past the page cache, one after the other: what each request must be."""
    done = []
    fd = os.open(device, os.O_RDWR | os.O_DIRECT)
    for i in range(32):
        offset, count = i * 16 * PAGE, 1 + i % 5
        before = time.monotonic_ns()
        if i % 2:
            os.preadv(fd, [pages(count)], offset)
        else:
            os.pwrite(fd, pages(count), offset)
        done.append(("REQ_OP_READ" if i % 2 else "REQ_OP_WRITE", offset // 512, count * PAGE,
                     time.monotonic_ns() - before))
    os.close(fd)
    return done


def trace(*options):
    """The source, with room for what else the machine does meanwhile."""
    return harness.Daemon("run", "block", "--ring-size", "16MiB", *options,
                          program=harness.RINGMILL).wait_running()


def on(device, daemon, **others):
    """The events of that device that this process caused; losetup and udev read it, too."""
    wanted = {"device": os.path.basename(device), "pid": os.getpid(), **others}
    return [event for event in daemon.events()
            if all(event.get(name) == value for name, value in wanted.items())]


def test_requests():
    with loop_device() as device:
        daemon = trace()
        done = do_io(device)
        assert daemon.stop() == 0, daemon.stderr
        number = os.stat(device).st_rdev
    daemon.books()
    events = on(device, daemon)
    assert [(event["operation"], event["sector"], event["bytes"]) for event in events] == [
        request[:3] for request in done], events
    for event, (operation, _, _, longest) in zip(events, done):
        assert (event["major"], event["minor"]) == (os.major(number), os.minor(number))
        assert (event["error"], event["submitter_known"], event["issued"]) == (0, True, True)
        assert event["comm"].startswith("python3") and event["tid"] == os.getpid()
        assert operation == "REQ_OP_READ" or event["flags"] == "REQ_SYNC", event
        assert event["latency_ns"] == event["queue_ns"] + event["device_ns"]
        assert 0 < event["device_ns"] < longest and event["latency_ns"] < longest, (event, longest)


def test_errors_and_flushes():
    """Beyond the end of the file that the loop device is of."""
    with loop_device() as device:
        fd = os.open(device, os.O_RDWR | os.O_DIRECT)
        daemon = trace()
        os.pwrite(fd, pages(1), 0)
        os.fsync(fd)
        with open(f"/sys/block/{os.path.basename(device)}/loop/backing_file", encoding="utf-8") as name:
            os.truncate(name.read().strip(), PAGE)
        with contextlib.suppress(OSError):
            os.preadv(fd, [pages(1)], SIZE - PAGE)
        os.close(fd)
        assert daemon.stop() == 0, daemon.stderr
    events = [event for event in daemon.events() if event["device"] == os.path.basename(device)]
    flush = [event for event in events if event["operation"] == "REQ_OP_FLUSH"]
    assert flush and all(event["pid"] is None and event["latency_ns"] > 0 for event in flush), events


def test_a_threshold():
    """Exactly those that took longer, of two runs at the same time; and none that takes an hour."""
    def thresholded(threshold):
        return harness.Daemon(config=(
            f"version: 1\nsources: {{block: {{builtin: block, min_latency: {threshold}, ring_size: 16MiB}}}}\n"
            "sinks: {out: {type: stdout}}\n"
            "pipelines: {all: {from: block, handlers: [{forward: out}]}}\n")).wait_running()

    with loop_device() as device:
        every = trace()
        do_io(device)
        assert every.stop() == 0, every.stderr
        middle = int(statistics.median(event["latency_ns"] for event in on(device, every)))
        daemons = [trace(),
                   thresholded(f"{middle}ns"), thresholded("1h")]
        do_io(device)
        for daemon in daemons:
            assert daemon.stop() == 0, daemon.stderr
    every, slow, never = (on(device, daemon) for daemon in daemons)
    assert len(every) == 32 and not never
    assert all(event["latency_ns"] >= middle for event in slow)
    # each daemon takes the times by itself
    slow = {event["sector"] for event in slow}
    assert {event["sector"] for event in every if event["latency_ns"] > middle + 1_000_000} <= slow
    assert not {event["sector"] for event in every if event["latency_ns"] < middle - 1_000_000} & slow


def test_whose_requests_are_left_out():
    with loop_device() as device:
        daemon = trace("--pid", "1")
        do_io(device)
        assert daemon.stop() == 0, daemon.stderr
    assert {event["pid"] for event in daemon.events()} <= {1}


def rwbs(event):
    """The kernel's letters for it."""
    letters = {"REQ_FUA": "F", "REQ_RAHEAD": "A", "REQ_SYNC": "S", "REQ_META": "M"}
    flags = (event["flags"] or "").split("|")
    return event["operation"][7] + "".join(letters[name] for name in letters if name in flags)


def test_the_same_as_bpftrace():
    script = ("tracepoint:block:block_rq_issue { @issued[args->dev, args->sector] = nsecs; } "
              "tracepoint:block:block_rq_complete { $at = @issued[args->dev, args->sector]; "
              "printf(\"%d %d %d %d %s %d\\n\", args->dev >> 20, args->dev & 0xfffff, args->sector, "
              "args->nr_sector, args->rwbs, $at ? nsecs - $at : 0); }")
    with loop_device() as device:
        tracer = Bpftrace(script, lambda: do_io(device))
        daemon = trace()
        done = do_io(device)
        assert daemon.stop() == 0, daemon.stderr
        number = os.stat(device).st_rdev
    theirs = [words for words in tracer.stop()
              if words[:2] == [str(os.major(number)), str(os.minor(number))]]
    # what made bpftrace print was the same I/O, and it prints the events of each CPU by themselves
    found = {}
    for words in theirs:
        found.setdefault(tuple(words[2:5]), []).append(int(words[5]))
    ours = on(device, daemon)
    rows = [(str(event["sector"]), str(event["bytes"] // 512), rwbs(event)) for event in ours]
    assert len(rows) == len(done) and all(row in found for row in rows), (rows, theirs)
    differences = [min(abs(event["device_ns"] - time) for time in found[row])
                   for event, row in zip(ours, rows)]
    assert statistics.median(differences) < 1_000_000, differences


def test_books_balance_in_a_flood():
    config = ("version: 1\nsources: {block: {builtin: block, ring_size: 4KiB}}\n"
              "sinks: {out: {type: 'null'}}\npipelines: {all: {from: block, handlers: [{forward: out}]}}\n")
    with loop_device() as device:
        daemon = harness.Daemon(config=config).wait_running()
        daemon.pause()
        for _ in range(20):
            do_io(device)
        daemon.go_on()
        assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()["source block"]
    assert books["lost"] > 0 and harness.counted(books) >= 640, books


harness.main()
