# SPDX-License-Identifier: Apache-2.0
"""Files opened: each call once, at full speed too."""
import ctypes
import errno
import json
import mmap
import os
import platform
import subprocess
import tempfile

import harness
from controlled import Controlled, settle

TO_FILE = """
version: 1
sources: {open: {builtin: open%s}}
sinks: {log: {type: file, path: %s}}
pipelines:
  all:
    from: open
    handlers:
      - filter: path == "%s"
      - forward: log
"""


def loop(path, count):
    subprocess.run([os.path.join(harness.BIN, "open-loop"), path, str(count)], check=True,
                   stdout=subprocess.DEVNULL)


def test_a_million_opens_none_lost():
    """No more at once than the ring has room for, however late its reader comes."""
    harness.share_opens(flooding=True)
    opens, portion = 1_000_000 if harness.KIND == "release" else 100_000, 20_000
    daemon = Controlled(TO_FILE % (", ring_size: 64MiB", "FOLDER/log", "FOLDER/target") +
                        "control: {socket: FOLDER/control.sock}\n")
    for opened in range(portion, opens + 1, portion):
        daemon.open_target(portion)
        settle(daemon, "all", opened)
    assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()
    with open(os.path.join(daemon.place.name, "log"), "rb") as file:
        lines = sum(1 for _ in file)
    assert lines == opens == books["sink log"]["delivered"], books
    assert books["source open"]["lost"] == 0, books


def test_losses_are_counted_to_the_record():
    """A ring of one page, and a reader of the output that comes late: most records are lost."""
    with tempfile.TemporaryDirectory() as folder:
        path = harness.write_file(folder, "opened", "")
        log = os.path.join(folder, "log")
        os.mkfifo(log)
        holder = os.open(log, os.O_RDWR)  # so that nobody's open() blocks
        daemon = harness.Daemon(config=TO_FILE % (", ring_size: 4KiB", log, path)).wait_running()
        quiet = 20_000
        loop(path, quiet)
        lines = []
        reader = subprocess.Popen(["cat", log], stdout=subprocess.PIPE)
        daemon.process.send_signal(15)
        output = {}
        import threading
        thread = threading.Thread(target=lambda: output.update(data=reader.stdout.read()))
        thread.start()
        assert daemon.wait() == 0, daemon.stderr
        os.close(holder)
        thread.join()
        lines = output["data"].splitlines()
        books = daemon.books()
        assert books["source open"]["lost"] > 0
        # other programs open files too, so the sum is at least ours
        assert len(lines) == books["sink log"]["delivered"]
        assert books["source open"]["produced"] >= quiet
        # what was lost stands in the output, too, as events of its own
        assert sum(json.loads(line).get("_lost", 0) for line in lines) == \
            books["source open"]["lost"]
        assert len(lines) - books["pipeline all"]["emitted"] + books["source open"]["lost"] + \
            books["pipeline all"]["filtered"] == books["source open"]["produced"]


def test_results_and_errors():
    daemon = harness.Daemon("run", "open", program=harness.RINGMILL).wait_running()
    with tempfile.TemporaryDirectory() as folder:
        made = os.path.join(folder, "gr\u00fc\u00dfe")
        fd = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        os.close(fd)
        for path, flags in ((made, os.O_WRONLY | os.O_CREAT | os.O_EXCL), ("/nowhere/at/all", 0)):
            try:
                os.open(path, flags)
            except OSError:
                pass
    assert daemon.stop() == 0, daemon.stderr
    events = [event for event in daemon.events() if event["pid"] == os.getpid()]
    mine = [(e["fd"], e["error"], e["mode"]) for e in events if e["path"] == made]
    assert mine[0] == (fd, 0, "0640"), mine
    assert mine[1][:2] == (-1, errno.EEXIST), mine
    assert [e["error"] for e in events if e["path"] == "/nowhere/at/all"] == [errno.ENOENT]


def test_32_bit_calls():
    """open() by the interrupt that 32-bit programs use."""
    if platform.machine() != "x86_64":
        raise harness.Lacking("int 0x80")
    anywhere_below_4_gib = 0x40
    memory = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | anywhere_below_4_gib, prot=7)
    at = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    code = (b"\x53\xb8\x05\0\0\0\xbb" + (at + 256).to_bytes(4, "little") +
            b"\x31\xc9\x31\xd2\xcd\x80\x5b\xc3")
    memory[:len(code)] = code
    memory[256:271] = b"/etc/./passwd\0\0"
    daemon = harness.Daemon("run", "open", "--pid", str(os.getpid()),
                            program=harness.RINGMILL).wait_running()
    fd = ctypes.CFUNCTYPE(ctypes.c_int)(at)()
    if fd < 0:
        raise harness.Lacking("system calls of 32-bit programs")
    path = os.readlink(f"/proc/self/fd/{fd}")
    assert daemon.stop() == 0, daemon.stderr
    assert (path, "/etc/./passwd", fd) in [(event["path"], event["path_arg"], event["fd"])
                                           for event in daemon.events()]


harness.main()
