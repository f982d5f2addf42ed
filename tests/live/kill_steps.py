# SPDX-License-Identifier: Apache-2.0
"""kill -9 after each single system call that changes something outside of the process, in each
sequence in which something that is kept begins, changes or ends. tests/programs/kill-step.c counts
the calls and kills; then the next start runs undisturbed, and everything is delivered and checked:
at-least-once has lost nothing, at-most-once repeats nothing, nothing is attached twice, and nothing
is left over.

A sequence is run once without a kill, which says how many steps it has, and then once for each step.
Here some of them are drawn; ./dev soak kill-steps takes them all, or draws for RINGMILL_STEP_SECONDS.
RINGMILL_SEED repeats a draw, RINGMILL_SEQUENCES names the sequences, RINGMILL_DELIVERIES the deliveries."""
import collections
import contextlib
import ctypes
import functools
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

import box
import flood
import harness

DRAWN = {"pin": 2, "fdstore": 1}  # steps of each sequence, of one delivery and number of pipelines
LONG = "RINGMILL_STEP_SECONDS" in os.environ
SECONDS = float(os.environ.get("RINGMILL_STEP_SECONDS") or "inf")
SEED = int(os.environ.get("RINGMILL_SEED") or random.randrange(1 << 32))
RINGMILLD = os.path.join(harness.BIN, "ringmilld-wedge")
KILL_STEP = os.path.join(harness.BIN, "kill-step")
OBJECT = os.path.join(harness.OBJECTS, "numbered.bpf.o")
PROGRAMS = ("on_getpgid_of", "on_getsid_of")
NUMBER_BITS = 12
NUMBERS_MAX = (1 << NUMBER_BITS) - 200  # some are left for what comes after
LIBC = ctypes.CDLL(None)
DELIVERIES = (os.environ.get("RINGMILL_DELIVERIES") or "at-least-once,at-most-once").split(",")
CONFIG = """
version: 1
control: {{socket: {folder}/{control}}}
sources: {{s: {{object: {object}, constants: {{target: {target}}}, {keep}{more}}}{other}}}
sinks: {{out: {{type: file, path: {folder}/out, {lines}}}, more: {{type: file, path: {folder}/more, {lines}}}}}
pipelines: {{all: {{from: s, delivery: {delivery}, handlers: [{{wedge: {folder}/wedge}}, {{forward: out}}]}}{second}}}
"""
SECOND = ", second: {{from: s, delivery: {delivery}, handlers: [forward: more]}}"
WIDER = ", ring_size: 256KiB"
OTHER = ", other: {from: other, handlers: [forward: more]}"
# a source besides that cannot be loaded, or only that; and what is said of it
NOT_LOADED = (", other: {map: /sys/fs/bpf/no-such-map, layout: 'struct other { unsigned number; };'}",
              "no-such-map")
NOT_ATTACHED = (f", other: {{object: {OBJECT}, keep: pin, pin_folder: BLOCKED}}", "cannot create BLOCKED/other")


class Service:
    """The daemon started by hand, with pins."""
    keep = "pin"

    def __init__(self, place):
        self.place = place
        self.pins = flood.Pins(f"steps-{place.target}")
        self.settings = f"keep: pin, pin_folder: {self.pins.path}"
        self.process = None
        self.blocked = flood.Pins(f"blocked-{place.target}")  # no pin of a source "other" gets there
        os.mkdir(self.blocked.path)
        os.symlink("nothing", os.path.join(self.blocked.path, "other"))

    def launch(self, config="ringmill.yaml"):
        with open(self.place.path("stderr"), "ab") as stderr:
            return subprocess.Popen([KILL_STEP, self.place.folder, RINGMILLD, "--config",
                                     self.place.path(config)],
                                    stdout=subprocess.DEVNULL, stderr=stderr)

    def start(self, patient=True):
        self.process = self.launch()
        if patient:
            harness.wait_for(lambda: self.place.runs() or self.ended(), "it to run")
            assert not self.ended(), self.place.said()

    def pid(self):
        return self.process.pid

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        return self.process.wait(timeout=harness.PATIENCE)

    def ended(self):
        return self.process.poll() is not None

    def await_refusal(self):
        self.wait()

    def await_death(self, sequence):
        """Of what was killed; ends it where it was not. Which of both programs go on."""
        if self.place.armed() or sequence == "second":
            self.kill()
        self.wait()
        names = [os.path.basename(path) for path in self.left()]
        return [any(re.fullmatch(rf"link-\d+-{n}", name) for name in names) for n in (0, 1)]

    def start_next(self):
        self.start()

    def links(self):
        """How many are kept."""
        return sum("link-" in path for path in self.left())

    def left(self):
        return [os.path.join(folder, file) for folder, _, files in os.walk(self.pins.path)
                for file in files]

    def close(self):
        if self.process and not self.ended():
            self.kill()
        self.pins.__exit__()
        self.blocked.__exit__()


def is_alive(pid):
    try:
        return pid > 0 and harness.thread_states(pid)[0] != "Z"
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return False


class Unit(Service):
    """The daemon as a service of a private systemd, with its fd store. systemd starts it again by
    itself."""
    keep = "fdstore"

    def __init__(self, place):
        super().__init__(place)
        self.settings = "keep: fdstore"

    def start(self, patient=True):
        box.systemctl("start", *([] if patient else ["--no-block"]), "ringmilld")

    def pid(self):
        return int(box.show("MainPID"))

    def kill(self):
        pid = self.pid()
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)
        harness.wait_for(lambda: not is_alive(pid), "it to be dead")

    def stop(self):
        box.systemctl("stop", "--no-block", "ringmilld")

    def wait(self):
        harness.wait_for(self.ended, "the service to end")
        return int(box.show("ExecMainStatus"))

    def ended(self):
        """And nothing is to follow."""
        shown = box.systemctl("show", "-p", "ActiveState", "-p", "Job", "ringmilld")
        return re.search("(?m)^ActiveState=(inactive|failed)$", shown) and \
            not re.search("(?m)^Job=[1-9]", shown)

    def await_refusal(self):
        restarts = int(box.show("NRestarts"))
        harness.wait_for(lambda: not self.place.armed() or int(box.show("NRestarts")) > restarts + 1,
                         "it to be refused")

    def await_death(self, sequence):
        if self.place.armed() and not self.ended():
            self.kill()
        goes_on = sequence not in ("stop", "restart", "release") and self.links() >= len(PROGRAMS)
        return [goes_on, goes_on]

    def start_next(self):
        def is_there():
            return self.ended() or (box.show("ActiveState") == "active" and is_alive(self.pid()))
        harness.wait_for(is_there, "systemd to start it again, or to be done with it")
        if self.ended():
            box.systemctl("start", "ringmilld")

    def links(self):
        return harness.descriptors(1).count("anon_inode:bpf_link")

    def left(self):
        return box.backup() + [what for what in harness.descriptors(1)
                               if what in ("anon_inode:bpf-map", "anon_inode:bpf_link")]

    def close(self):
        for word in ("stop", "reset-failed"):
            subprocess.run(["systemctl", word, "ringmilld"], check=False, stderr=subprocess.DEVNULL)
        box.forget_backup()
        self.blocked.__exit__()


class Place:
    """A folder and a target of its own, and the records that were made."""

    def __init__(self, folder, delivery, second):
        self.folder = folder
        self.delivery = delivery
        self.second = second
        self.target = random.randrange(1 << 17, 1 << 18)  # no process has such a number
        self.made = 0
        self.must, self.once = set(), set()
        self.lost, self.repeated = 0, 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def has(self, name):
        return os.path.exists(self.path(name))

    def remove(self, *names):
        for name in names:
            if self.has(name):
                os.unlink(self.path(name))

    def read(self, name):
        if not self.has(name):
            return ""
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def said(self):
        return self.read("stderr")

    def runs(self):
        return re.search(r"(?m)running$", self.said())

    def forget(self):
        """What was said so far; a process that is gone said it."""
        if self.has("stderr"):
            os.rename(self.path("stderr"), self.path("stderr.before"))

    def configure(self, service, more="", other="", name="ringmill.yaml", control="control.sock"):
        harness.write_file(self.folder, name, CONFIG.format(
            folder=self.folder, object=OBJECT, target=self.target, keep=service.settings, more=more,
            lines=flood.LINES, delivery=self.delivery, control=control,
            other=other.replace("BLOCKED", service.blocked.path),
            second=(SECOND.format(delivery=self.delivery) if self.second else "") +
            (OTHER if other else "")))

    def write(self, count, must=(True, True), once=False):
        """must: whether the records of either program have to arrive."""
        for _ in range(count):
            which = self.made & 1
            (LIBC.getpgid, LIBC.getsid)[which](self.target << NUMBER_BITS | self.made)
            if must[which]:
                self.must.add(self.made)
                self.once.update([self.made] if once else [])
            self.made += 1

    def arm(self, step):
        self.remove("steps")
        harness.write_file(self.folder, "armed.new", str(step))
        os.rename(self.path("armed.new"), self.path("armed"))

    def armed(self):
        """Nothing was killed yet."""
        return self.has("armed")

    def steps(self):
        return self.read("steps").splitlines()

    def check(self, name):
        counts = collections.Counter(flood.read_numbers(self.path(name))[0])
        lost = {number for number in range(self.made) if number not in counts}
        repeated = {number for number, count in counts.items() if count > 1}
        self.lost += len(self.must & lost)
        self.repeated += len(repeated)
        assert max(counts) < self.made, (name, "nobody wrote", max(counts), self.made)
        if self.delivery == "at-least-once":
            assert not self.must & lost, (name, "lost", sorted(self.must & lost), self.made)
        else:
            assert not repeated, (name, "repeated", sorted(repeated), self.made)
        assert not self.once & (lost | repeated), (name, "of the last ones", lost, repeated, self.made)

    def programs(self):
        """The kernel's ids of those that record for this target, whoever holds them."""
        return [program["id"] for program in bpftool("prog", "show")
                if program.get("name", "") in PROGRAMS and
                self.target in map(target_of, program.get("map_ids", ()))]


def bpftool(*arguments):
    """None: it is gone by now."""
    shown = subprocess.run(["bpftool", "-j", *arguments], capture_output=True, check=False,
                           env={"PATH": "/usr/sbin:/usr/bin"})
    return json.loads(shown.stdout) if shown.returncode == 0 else None


@functools.cache
def target_of(number):
    """What the constant of a program is, if the map with that id has its constants."""
    if not (bpftool("map", "show", "id", str(number)) or {}).get("name", "").endswith(".rodata"):
        return None
    rows = bpftool("map", "dump", "id", str(number))
    return rows and int.from_bytes((int(byte, 16) for byte in rows[0]["value"][:4]), sys.byteorder)


# ---- sequences: what comes before, with nothing armed; what is killed -----------------------------


def run_in(place, service):
    place.configure(service)
    service.start()
    place.write(20)


def freeze(service, place, wedged=False):
    """While it does not look, records come; wedged: and they are read, but not handled."""
    pid = service.pid()
    os.kill(pid, signal.SIGSTOP)
    for _ in range(2):  # the one that follows it stops it for a moment at each call, too
        time.sleep(0.01)
        harness.wait_for(lambda: set(harness.thread_states(pid)) <= {"T", "t"}, "all threads to stop")
    place.write(50)
    if wedged:
        harness.write_file(place.folder, "wedge", "")
    return pid


def go_on(pid):
    with contextlib.suppress(ProcessLookupError):  # systemd lets it go on, too
        os.kill(pid, signal.SIGCONT)


def wait_writing(place, condition, attached, what="what it is told"):
    """Records come all the time, as long as there are numbers. attached: to programs that do not go
    before it is killed."""
    def look():
        kept = attached and place.armed()
        place.write(4 if place.made < NUMBERS_MAX else 0, must=(kept, kept))
        return condition()
    harness.wait_for(look, what)


def unwedge(service, place, links, attached=False):
    """When the programs are detached, or the new ones attached, or it was killed before."""
    wait_writing(place, lambda: service.ended() or not place.armed() or links(service.links()), attached)
    place.remove("wedge")


def tell_stop(place, service, step):
    run_in(place, service)
    pid = freeze(service, place, wedged=True)
    place.arm(step)
    service.stop()
    go_on(pid)
    unwedge(service, place, lambda count: count == 0)
    service.wait()


def tell_restart(place, service, step):
    """What is kept is left to the next process."""
    run_in(place, service)
    pid = freeze(service, place)
    place.forget()
    place.arm(step)
    box.systemctl("restart", "--no-block", "ringmilld")
    go_on(pid)
    await_start(place, service, attached=False)  # where it is killed in its stop, systemd closes the links


def tell_start(place, service, step):
    """For the first time: nothing is kept yet."""
    place.configure(service)
    place.arm(step)
    service.start(patient=False)
    await_start(place, service, attached=False)


def await_start(place, service, attached=True):
    """Or until it is killed."""
    wait_writing(place, lambda: service.ended() or place.runs() or not place.armed(), attached)


def start_again(place, service, step):
    """After a kill, with records that nobody has read."""
    freeze(service, place)
    place.forget()
    place.arm(step)
    service.kill()
    if service.keep == "pin":
        service.start(patient=False)


def tell_adopt(place, service, step):
    run_in(place, service)
    start_again(place, service, step)
    await_start(place, service)


def tell_changed(place, service, step):
    """Of another config: the old programs are followed by new ones."""
    run_in(place, service)
    place.configure(service, more=WIDER)
    start_again(place, service, step)
    await_start(place, service)


def await_said(place, service, text, attached=False):
    """Or until it is dead: whoever asked it may know of that first."""
    text = text.replace("BLOCKED", service.blocked.path)
    wait_writing(place, lambda: not place.armed() or text in place.said(), attached, f"it to say: {text}")


def refuse(place, service, step, other):
    run_in(place, service)
    place.configure(service, other=other[0])
    start_again(place, service, step)
    service.await_refusal()
    await_said(place, service, other[1])


def tell_refused(place, service, step):
    """As its last source cannot be loaded."""
    refuse(place, service, step, NOT_LOADED)


def tell_unattached(place, service, step):
    """Refused late: all of it runs but the last source's programs."""
    refuse(place, service, step, NOT_ATTACHED)


def tell_second(place, service, step):
    """A second daemon with the same source, which is refused."""
    run_in(place, service)
    freeze(service, place)
    place.configure(service, name="second.yaml", control="second.sock")
    place.arm(step)
    service.launch("second.yaml").wait(timeout=harness.PATIENCE)
    await_said(place, service, "already has a consumer")


def tell_over_control(place, service, step, command, links, attached=False):
    pid = freeze(service, place, wedged=True)
    place.arm(step)
    with subprocess.Popen([harness.RINGMILL, command[0], "--socket", place.path("control.sock"),
                           *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as told:
        go_on(pid)
        unwedge(service, place, lambda count: told.poll() is not None or links(count), attached)
        wait_writing(place, lambda: told.poll() is not None, attached)


def tell_reload(place, service, step):
    """Of a source that changes: a new set follows an old one."""
    run_in(place, service)
    place.configure(service, more=WIDER)
    tell_over_control(place, service, step, ["reload"], lambda count: count >= 4, attached=True)
    await_said(place, service, "config 2 is active", attached=True)


def tell_undone(place, service, step):
    """A reload that is taken back, as its last source's programs cannot be attached."""
    run_in(place, service)
    place.configure(service, more=WIDER, other=NOT_ATTACHED[0])
    tell_over_control(place, service, step, ["reload"], lambda count: count >= 4, attached=True)
    await_said(place, service, NOT_ATTACHED[1], attached=True)


def tell_release(place, service, step):
    run_in(place, service)
    tell_over_control(place, service, step, ["release", "s"], lambda count: count == 0)
    await_said(place, service, "released: no more records")


SEQUENCES = {"stop": tell_stop, "restart": tell_restart, "start": tell_start, "adopt": tell_adopt,
             "changed": tell_changed, "reload": tell_reload, "undone": tell_undone,
             "refused": tell_refused, "unattached": tell_unattached, "second": tell_second,
             "release": tell_release}
SEQUENCES_OF_ONE = {"second": "pin", "restart": "fdstore"}  # only systemd says that it starts it again


# ---- what comes after ----------------------------------------------------------------------------


def end(place, service):
    """A stop, and where a busy kernel has not released the programs in the time that a stop has, the
    next start and stop do."""
    service.stop()
    status = service.wait()
    while "the kernel has not released" in place.said():
        place.forget()
        service.start()
        service.stop()
        status = service.wait()
    return status


def go_on_undisturbed(place, service, sequence, chance):
    """Whatever it was killed in: the next start delivers all, and a stop leaves nothing."""
    place.write(10, must=service.await_death(sequence))
    place.remove("armed", "wedge")
    place.configure(service, more=chance.choice(("", WIDER)))
    place.forget()
    service.start_next()
    place.write(20, once=True)
    harness.wait_for(lambda: len(place.programs()) == len(PROGRAMS), "older programs to go")
    status = end(place, service)
    assert status == 0, (status, place.said())
    for name in ("out", "more")[:1 + place.second]:
        place.check(name)
    assert service.left() == [], service.left()
    harness.wait_for(lambda: place.programs() == [], "all programs to go")


class Part:
    """A sequence with one delivery and number of pipelines: a row of the table."""
    folder = None  # of the box

    def __init__(self, make_service, sequence, delivery, second):
        self.make_service = make_service
        self.sequence, self.delivery, self.second = sequence, delivery, second
        self.steps = self.kills = self.lost = self.repeated = self.failed = 0

    def run(self, step):
        """Whether it was killed."""
        with tempfile.TemporaryDirectory(dir="/var/lib", prefix="ringmill-test.") as folder:
            place = Place(self.folder or folder, self.delivery, self.second)
            place.remove("out", "more", "stderr", "stderr.before", "wedge", "armed")
            service = self.make_service(place)
            try:
                SEQUENCES[self.sequence](place, service, step)
                killed = not place.armed()
                steps = [int(line.split()[0]) for line in place.steps()]
                go_on_undisturbed(place, service, self.sequence, random.Random(SEED + step))
            except Exception as error:
                self.failed += 1
                print(f"{self.words()}, step {step}: after {place.steps()[-3:]}: {error}\n"
                      f"{place.read('stderr.before')[-2000:]}---\n{place.said()[-3000:]}", flush=True)
                if not LONG:
                    raise
                return False
            finally:
                service.close()
        self.kills += killed
        self.lost += place.lost
        self.repeated += place.repeated
        self.steps = max(self.steps, *steps)
        return killed

    def take_steps(self, end, chance):
        """All of them, or as many as the time allows in an order of chance."""
        steps = list(range(1, self.steps + 1))
        if math.isfinite(end):
            chance.shuffle(steps)
        for step in steps if LONG else sorted(chance.sample(steps, DRAWN[self.make_service.keep])):
            if time.monotonic() > end:
                return
            self.run(step)
        while LONG and self.run(self.steps + 1):
            pass  # the number of steps differs a little each time

    def words(self):
        return f"{self.sequence}, {self.make_service.keep}, {self.delivery}, {1 + self.second} pipelines"

    def row(self):
        return ROW % (self.sequence, self.make_service.keep, self.delivery, 1 + self.second,
                      self.steps, self.kills, self.lost, self.repeated, self.failed)


ROW = "%-10s  %-7s  %-13s  %9s  %5s  %5s  %5s  %8s  %6s"
HEAD = ROW % ("sequence", "keep", "delivery", "pipelines", "steps", "kills", "lost", "repeated", "failed")


def choose_parts(make_service, chance):
    names = os.environ.get("RINGMILL_SEQUENCES") or ",".join(SEQUENCES)
    for sequence in names.split(","):
        if make_service.keep == SEQUENCES_OF_ONE.get(sequence, make_service.keep):
            kinds = [(delivery, second) for delivery in DELIVERIES for second in (0, 1)]
            for kind in kinds if LONG else [chance.choice(kinds)]:
                yield Part(make_service, sequence, *kind)


def walk(make_service):
    chance = random.Random(SEED)
    parts = list(choose_parts(make_service, chance))
    print(f"RINGMILL_SEED={SEED}\n{HEAD}", flush=True)
    for part in parts:
        end = time.monotonic() + SECONDS / len(parts)
        part.run(0)
        part.take_steps(end, chance)
        print(part.row(), flush=True)
    failed = sum(part.failed for part in parts)
    assert failed == 0, f"{failed} failed"


def test_pins():
    walk(Service)


def inside_fd_store(folder):
    Part.folder = folder
    walk(Unit)


def test_fd_store():
    box.run(__file__, "fd_store", seconds=7200 if LONG else 600, program="ringmilld-wedge", under="kill-step")


box.main(globals())
