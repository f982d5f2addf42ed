# SPDX-License-Identifier: Apache-2.0
"""Outages under load, with each overflow policy: peers of each kind that are killed, stopped and
started again; a disk that is full and later is not. RINGMILL_SECONDS for how long each test is at
it (./dev soak outage), RINGMILL_SEED to see the same again.

Each sink gets the same events as a file that is never in trouble, so that file is the truth.
"""
import contextlib
import json
import os
import random
import subprocess
import tempfile
import time

import harness
from controlled import Controlled
from peers import Peer

SECONDS = float(os.environ.get("RINGMILL_SECONDS", "3"))
SEED = int(os.environ.get("RINGMILL_SEED", str(random.randrange(1 << 32))))
# one of each kind of socket, and what speaks another language over one
PEERS = {"stream": "stream", "datagram": "datagram", "seqpacket": "seqpacket", "tcp": "tcp",
         "udp": "udp", "syslog": "tcp", "journal": "datagram"}
EXACT = ("stream", "tcp", "syslog")  # what is sent again where it may not have been read
CONFIG = """
version: 1
sources: {open: {builtin: open}}
sinks:
  truth: {type: file, path: FOLDER/truth}
%s
pipelines:
  all: {from: open, handlers: [{filter: 'path_arg == "%s"'}, {forward: [%s]}]}
control: {socket: FOLDER/control.sock}
"""


@contextlib.contextmanager
def load(path, pause):
    """Opens the file a hundred times, again and again with a pause of so many us."""
    process = subprocess.Popen([os.path.join(harness.BIN, "open-loop"), path, "1000000000",
                                str(pause)], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def start(sinks, path):
    lines = "\n".join(f"  {name}: {{{settings}}}" for name, settings in sinks.items())
    daemon = Controlled(CONFIG % (lines, path, ", ".join(["truth", *sinks])))
    return daemon


def sinks_of(daemon):
    return {sink["name"]: sink for sink in daemon.status()["sinks"]}


def settle(daemon):
    def settled():
        return all(sink["in_flight"] == 0 and sink["state"] == "running"
                   for sink in sinks_of(daemon).values())
    harness.wait_for(settled, "all sinks to have all")


def truth_of(daemon):
    """The times of all events; asserts that the file has each event once, and whole ones only."""
    with open(os.path.join(daemon.place.name, "truth"), "rb") as file:
        times = [json.loads(line)["time"].encode() for line in file]
    assert len(set(times)) == len(times)
    return set(times)


def suffer(peer, action, seconds):
    if action == "pause":
        peer.pause()
        time.sleep(seconds)
        peer.go_on()
    else:
        peer.kill()
        time.sleep(seconds)
        peer.start()


def silence(peer, daemon, policy):
    """Until the policy must show: the source is held up, or the sink drops."""
    def shows():
        if policy == "block":
            return daemon.status()["sources"][0]["ring"]["paused"]
        return sinks_of(daemon)[peer.name]["dropped"] > 0
    peer.pause()
    harness.wait_for(shows, f"what {policy} does about {peer.name}")
    peer.go_on()


def trouble(peers, daemon, policy, rng):
    """All that can happen to each of them once, then at random; and a long silence."""
    end = time.monotonic() + SECONDS
    todo = [(peer, action) for peer in peers for action in ("kill", "pause")]
    rng.shuffle(todo)
    for peer, action in todo:
        suffer(peer, action, rng.uniform(0.01, 0.12))
    silence(peers[0], daemon, policy)
    while time.monotonic() < end:
        suffer(rng.choice(peers), rng.choice(("kill", "pause")), rng.uniform(0.01, 2))
        time.sleep(rng.uniform(0, 0.5))


def outage(policy):
    print(f"{policy}: seed {SEED}")
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="ringmill-outage.") as folder:
        peers = [Peer(folder, kind, name).start() for name, kind in PEERS.items()]
        # a long path makes long events, so that a lane is full soon
        target = harness.write_file(folder, "target", "")
        target = folder + "/." * 1000 + "/" + os.path.basename(target)
        daemon = start({peer.name: f"{peer.settings}, overflow: {policy}" for peer in peers}, target)
        with load(target, 20000):
            trouble(peers, daemon, policy, rng)
        settle(daemon)
        assert daemon.stop() == 0, daemon.stderr
        books = daemon.books()
        truth = truth_of(daemon)
        assert len(truth) == books["sink truth"]["delivered"] == books["sink truth"]["forwarded"]
        for peer in peers:
            sink = books[f"sink {peer.name}"]
            assert sink["forwarded"] == len(truth) and sink["in_flight"] == 0, (peer.name, books)
            assert sink["forwarded"] == sink["delivered"] + sink["dropped"], (peer.name, books)
            assert policy != "block" or sink["dropped"] == 0, (peer.name, books)
            if peer.name in EXACT:
                harness.wait_for(lambda: len(peer.times()) >= sink["delivered"], peer.name)
            got = peer.times()
            assert got <= truth, (peer.name, len(got - truth))
            if peer.name in EXACT:
                assert len(got) == sink["delivered"], (peer.name, len(got), sink)
            print(f"  {peer.name}: {sink['forwarded']} forwarded, {sink['delivered']} delivered, "
                  f"{len(got)} different ones came")
        assert policy == "block" or books[f"sink {peers[0].name}"]["dropped"] > 0, books
        for peer in peers:
            peer.kill()


def test_block():
    outage("block")


def test_drop_newest():
    outage("drop-newest")


def test_drop_oldest():
    outage("drop-oldest")


# ---- a full disk ---------------------------------------------------------------------------------

MIB = 1 << 20
POLICIES = ("block", "drop-newest", "drop-oldest")


@contextlib.contextmanager
def small_disk(mebibytes):
    with tempfile.TemporaryDirectory(prefix="ringmill-disk.") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", folder],
                       check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def fill_up(folder, rng):
    """All but a little. Piece by piece, because the daemon goes on meanwhile, and a piece that there
    is no room for any more is not taken at all."""
    with open(os.path.join(folder, "ballast"), "wb") as file:
        taken, left = 0, rng.randrange(1, MIB)
        while True:
            disk = os.statvfs(folder)
            piece = min(disk.f_bavail * disk.f_frsize - left, 16 * MIB)
            if piece <= 0:
                return
            with contextlib.suppress(OSError):
                os.posix_fallocate(file.fileno(), taken, piece)
                taken += piece


def test_full_disk():
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    with small_disk(96 + int(16 * SECONDS)) as disk, tempfile.TemporaryDirectory() as folder:
        target = harness.write_file(folder, "target", "")
        settings = {policy: f"type: file, path: {disk}/{policy}, overflow: {policy}, "
                            f"fsync: {rng.choice(('never', 'chunk'))}" for policy in POLICIES}
        daemon = start(settings, target)
        end = time.monotonic() + SECONDS
        rounds = 0
        with load(target, 10000):
            while rounds == 0 or time.monotonic() < end:
                fill_up(disk, rng)

                def is_full():
                    sinks = sinks_of(daemon)
                    return all(sinks[policy]["state"] == "retrying" and
                               sinks[policy]["last_error"] == "No space left on device"
                               for policy in POLICIES)
                harness.wait_for(is_full, "the disk to be full")
                time.sleep(rng.uniform(0, 0.5))
                os.unlink(os.path.join(disk, "ballast"))
                if rng.random() < 0.5:
                    time.sleep(rng.uniform(0, 0.5))
                rounds += 1
        settle(daemon)
        assert daemon.stop() == 0, daemon.stderr
        books = daemon.books()
        truth = truth_of(daemon)
        for policy in POLICIES:
            with open(os.path.join(disk, policy), "rb") as file:
                times = [json.loads(line)["time"].encode() for line in file]
            sink = books[f"sink {policy}"]
            # each event that was acknowledged is there, once, and whole
            assert len(times) == len(set(times)) == sink["delivered"], (policy, len(times), sink)
            assert set(times) <= truth and sink["forwarded"] == len(truth), (policy, sink)
            assert policy != "block" or sink["dropped"] == 0, sink
            print(f"  {policy}: {rounds} times full, {len(times)} of {len(truth)} events, "
                  f"{sink['dropped']} dropped")


harness.main()
