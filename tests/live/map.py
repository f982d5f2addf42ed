# SPDX-License-Identifier: Apache-2.0
"""Rings that somebody else has made: adopted where the last consumer left them, and left alone
where somebody consumes them."""
import contextlib
import json
import os
import random
import signal
import subprocess
import tempfile
import threading
import time

import harness
from controlled import Controlled
from producers import object_path, producer

ENVIRONMENT = 2
CONFIG = 3
TYPE = ("--type", "struct number", "--types-from")
NUMBERS = (*TYPE, object_path("numbers"))


def start(what, *arguments, **popen):
    return harness.Daemon("run", "--map", what, *arguments, program=harness.RINGMILL,
                          **popen).wait_running()


def refuse(what, *arguments, **options):
    return harness.run("run", "--map", what, *arguments, program=harness.RINGMILL, **options)


def numbers(text):
    return [event["number"] for event in map(json.loads, text.splitlines()) if "number" in event]


def test_adopted_killed_and_adopted_again():
    """Of 10,000 numbers none is missed and none is out of order."""
    with producer("numbers") as made, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out.jsonl")
        made.write(1, 2001)  # before anybody reads
        with open(path, "wb") as file:
            daemon = start(made.pin("numbers"), *NUMBERS, stdout=file)
            made.write(2001, 4001)

            def count():
                with open(path, "rb") as written:
                    return written.read().count(b"\n")
            harness.wait_for(lambda: count() >= 4000, "4,000 numbers")
            daemon.pause()
            made.write(4001, 7001)  # it sees nothing of these
            daemon.process.kill()
            daemon.wait()
        made.write(7001, 9001)  # nobody is there
        daemon = start(made.pin("numbers"), *NUMBERS)
        made.write(9001, 10001)
        assert daemon.stop() == 0, daemon.stderr
        with open(path, encoding="utf-8") as file:
            first = numbers(file.read())
        second = numbers(daemon.stdout.decode())
        assert first == list(range(1, 4001)), (len(first), first[:1], first[-1:])
        assert first + second == list(range(1, 10001)), (len(second), second[:1], second[-1:])


AT_LEAST_ONCE = """
version: 1
sources: {numbers: {map: PIN, type: struct number, types_from: OBJECT}}
sinks: {out: {type: file, path: OUT}}
pipelines: {all: {from: numbers, delivery: at-least-once, handlers: [forward: out]}}
"""


def test_killed_at_random_and_nothing_is_lost():
    """kill -9 in full flow, five times: each number arrives, in order but for the repeated tail."""
    seed = int(os.environ.get("SEED", time.time_ns() % 10**6))
    print(f"SEED={seed}")
    chance = random.Random(seed)
    with producer("numbers") as made, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out.jsonl")
        config = AT_LEAST_ONCE.replace("PIN", made.pin("numbers")).replace(
            "OBJECT", object_path("numbers")).replace("OUT", path)
        writing = threading.Thread(target=lambda: [
            (made.write(first, first + 50), time.sleep(0.01)) for first in range(1, 10001, 50)])
        writing.start()
        for _ in range(5):
            daemon = harness.Daemon(config=config).wait_running()
            time.sleep(chance.random() * 0.3)
            daemon.process.kill()
            daemon.wait()
        daemon = harness.Daemon(config=config).wait_running()
        writing.join()
        assert daemon.stop() == 0, daemon.stderr
        daemon.books()
        seen = []
        with open(path, encoding="utf-8") as file:
            for line in file:
                with contextlib.suppress(json.JSONDecodeError):  # cut by a kill
                    seen.append(json.loads(line)["number"])
    assert set(seen) == set(range(1, 10001)), sorted(set(range(1, 10001)) - set(seen))[:10]
    jumps = [(a, b) for a, b in zip(seen, seen[1:]) if b != a + 1]
    assert len(jumps) <= 5 and all(b <= a for a, b in jumps), jumps


def test_by_path_id_and_name():
    with producer("numbers") as made:
        for what in (made.pin("numbers"), f"id:{made.map_id('numbers')}"):
            daemon = start(what, *NUMBERS)
            made.write(100000, 100003)
            assert daemon.stop() == 0, daemon.stderr
            assert numbers(daemon.stdout.decode()) == [100000, 100001, 100002]
        with producer("numbers") as other:
            ids = [f"id:{one.map_id('numbers')}" for one in (made, other)]
            code, _, errors = refuse("numbers", *NUMBERS)
            assert code == ENVIRONMENT
            assert 'BPF maps are named "numbers"; choose one by its id: ' in errors, errors
            assert all(one in errors for one in ids), errors


def test_types_of_the_programs_that_use_the_ring():
    with producer("kinds") as made:
        daemon = start(made.pin("kinds"), "--type", "struct odd", "--as", "address=ipv4")
        made.write(100001, 100002)
        assert daemon.stop() == 0, daemon.stderr
        assert [(event["number"], event["address"]) for event in daemon.events()] == [
            (100001, "127.0.0.1")]


def test_types_that_nobody_has():
    """What to do about a ring whose programs are gone, or had no types."""
    with producer("numbers") as made:
        subprocess.run(["bpftool", "map", "create", made.pin("bare"), "type", "ringbuf", "key", "0",
                        "value", "0", "entries", "4096", "name", "bare"], check=True)
        code, _, errors = refuse(made.pin("bare"))
        assert code == CONFIG, errors
        assert "no loaded program that uses the map bare" in errors, errors
        assert "--types-from" in errors and "--layout" in errors, errors


def test_shards_of_somebody_else():
    with producer("shards") as made:
        config = ("version: 1\nsources:\n  s:\n"
                  f"    map: {made.pin('filled')}\n    types_from: {object_path('shards')}\n"
                  "    type: struct number\n    order: time\n    hold: 10ms\n"
                  "sinks: {out: {type: stdout}}\n"
                  "pipelines: {all: {from: s, handlers: [{forward: out}]}}\n")
        made.write(100000, 100050)
        daemon = harness.Daemon(config=config).wait_running()
        made.write(100050, 100100)
        assert daemon.stop() == 0, daemon.stderr
        assert numbers(daemon.stdout.decode()) == list(range(100000, 100100))


def test_losses_of_somebody_else():
    """What was lost before we came is not ours to report."""
    with producer("numbers") as made:
        made.write(1, 20001)  # the ring has room for some 14,500
        daemon = start(made.pin("numbers"), *NUMBERS, "--lost", made.pin("misses"))
        daemon.pause()
        made.write(20001, 50001)
        daemon.go_on()
        assert daemon.stop() == 0, daemon.stderr
        seen = numbers(daemon.stdout.decode())
        after = [number for number in seen if number > 20000]
        lost = daemon.books()["source numbers"]["lost"]
        assert 0 < lost == 30000 - len(after), (lost, len(after))


@contextlib.contextmanager
def counter(made, size):
    """A map of one integer, and what sets it."""
    pin = made.pin("counter")
    subprocess.run(["bpftool", "map", "create", pin, "type", "array", "key", "4", "value",
                    str(size), "entries", "1", "name", "counter"], check=True)

    def put(number):
        value = [str(byte) for byte in number.to_bytes(size, "little")]
        subprocess.run(["bpftool", "map", "update", "pinned", pin, "key", "0", "0", "0", "0",
                        "value", *value], check=True)
    yield pin, put


LOST = """
version: 1
sources: {numbers: {map: PIN, type: struct number, types_from: OBJECT, lost: COUNTER}}
sinks: {out: {type: file, path: FOLDER/out}}
pipelines: {all: {from: numbers, handlers: [forward: out]}}
control: {socket: FOLDER/control.sock}
"""


def test_a_counter_that_wraps_or_is_set():
    """What it cannot have counted is no loss, but a new beginning."""
    for size, before, after, lost, resets in ((4, 2**32 - 10, 5, 15, 0), (8, 100, 0, 0, 1),
                                              (8, 100, 2**63, 0, 1)):
        with producer("numbers") as made, counter(made, size) as (pin, put):
            put(before)
            daemon = Controlled(LOST.replace("PIN", made.pin("numbers")).replace("COUNTER", pin)
                                .replace("OBJECT", object_path("numbers")))
            put(after)

            def stream():
                return daemon.status()["sources"][0]["streams"][0]
            harness.wait_for(lambda: (stream()["lost"], stream()["lost_resets"]) == (lost, resets),
                             "a look at the counter")
            assert "losses" not in (bad := daemon.bad_checks()), bad
            put(after + 7)
            made.write(100000, 100005)
            assert daemon.stop() == 0, daemon.stderr
            assert daemon.books()["source numbers"] == {
                "produced": 12 + lost, "seen": 5, "discarded": 0, "lost": lost + 7,
                "skipped": None}
            told = f"the counter of lost records jumped from {before} to {after}: another program"
            assert (told in daemon.stderr) == (resets > 0), daemon.stderr


def test_a_consumer_is_named():
    with producer("numbers") as made:
        daemon = start(made.pin("numbers"), *NUMBERS)
        code, _, errors = refuse(made.pin("numbers"), *NUMBERS)
        assert code == ENVIRONMENT
        assert f"already has a consumer: process {daemon.process.pid} (ringmill); stop it, or " \
               f"only observe the ring: ringmill observe id:{made.map_id('numbers')}" \
               in errors, errors
        assert daemon.stop() == 0, daemon.stderr
        made.say("consume numbers", "consuming")
        code, _, errors = refuse(made.pin("numbers"), *NUMBERS)
        assert code == ENVIRONMENT
        assert f"already has a consumer: process {made.process.pid} (producer)" in errors, errors


def test_what_cannot_be_adopted():
    with producer("numbers") as made:
        for what, code, expected in (
                (made.pin("table"), ENVIRONMENT, 'map "table" is of type hash; expected a ring '
                                            "buffer, or a map of ring buffers"),
                (made.pin("nothing"), ENVIRONMENT, f"cannot open {made.pin('nothing')}: "),
                ("id:0", ENVIRONMENT, "expected the id of a map, as in id:42")):
            found, _, errors = refuse(what, *NUMBERS)
            assert (found, expected in errors) == (code, True), (found, errors)
        readable = (*TYPE, harness.public(object_path("numbers")))
        code, _, errors = refuse(made.pin("numbers"), *readable, user=65534)
        assert code == ENVIRONMENT and made.folder in errors, errors
        code, _, errors = refuse(f"id:{made.map_id('numbers')}", *readable, user=65534)
        assert code == ENVIRONMENT
        assert "opening a map by id or name requires CAP_SYS_ADMIN; run as root, or pin the map and " \
               "give its path" in errors, errors


def lock_of(map_id):
    return f"/run/ringmill/ring-{map_id}.lock"


def map_is_there(map_id):
    return subprocess.run(["bpftool", "map", "show", "id", str(map_id)], check=False,
                          capture_output=True, env={"PATH": "/usr/sbin:/usr/bin"}).returncode == 0


def test_locks_do_not_pile_up():
    """A stop removes its own; the next reader of any ring those that a kill has left, of rings that
    are gone."""
    with producer("numbers") as made:
        killed = made.map_id("numbers")
        daemon = start(made.pin("numbers"), *NUMBERS)
        assert os.path.exists(lock_of(killed))
        daemon.process.kill()
        daemon.wait()
        assert os.path.exists(lock_of(killed))
    harness.wait_for(lambda: not map_is_there(killed), "the ring to be gone")
    with producer("numbers") as made:
        stopped = made.map_id("numbers")
        daemon = start(made.pin("numbers"), *NUMBERS)
        assert os.path.exists(lock_of(stopped)) and not os.path.exists(lock_of(killed))
        assert daemon.stop() == 0, daemon.stderr
        assert not os.path.exists(lock_of(stopped))


def test_checking_needs_no_privileges():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        config = ("version: 1\nsources: {s: {map: /sys/fs/bpf/nothing, "
                  "layout: 'struct event { unsigned pid; };'}}\nsinks: {out: {type: stdout}}\n"
                  "pipelines: {all: {from: s, handlers: [{filter: pid == 1}, {forward: out}]}}\n")
        path = harness.write_file(folder, "config.yaml", config)
        assert harness.run("--config", path, "--check", user=65534) == (0, "", "")


harness.main()
