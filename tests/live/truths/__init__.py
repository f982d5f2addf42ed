# SPDX-License-Identifier: Apache-2.0
"""What each object of tests/bpf/styles needs to be read, and what its records must be then.

    @style("--interface={interface}", scene=wire)
    def dumps(events): assert events == ...

says: `ringmill run --object dumps.bpf.o --interface=I` gives these events of what the scene does. Several
objects of a scene are run at the same time. An object that cannot be run gives a sentence instead:

    refused("probe", "this kernel does not have ...")
"""
import collections
import dataclasses
import glob
import os
import time
import traceback
from typing import Callable

import harness
from truths.scenes import marks

FOLDER = os.path.join(os.path.abspath(harness.BIN), "styles")
AT_ONCE = 8  # this many objects are run side by side
STYLES = {}


# How the objects are made again (tests/styles.cmake), besides as they are.
VARIANTS = ("linked", "stripped", "dwarf_4", "dwarf_5", "compressed", "no_debug", "clang_19")
WITHOUT_DWARF = ("linked", "stripped")
NO_BTF = ("has no BTF, which describes its maps; compile it with -g, and do not strip the sections .BTF and "
          ".BTF.ext\n")


@dataclasses.dataclass(frozen=True)
class Style:
    name: str
    options: tuple  # what a user has to add to `ringmill run --object FILE`
    scene: Callable
    check: Callable
    refusal: str = None
    # of an object without DWARF: another check, or what is said; None: the same as with it
    without_dwarf: object = None
    without_debug: str = NO_BTF  # what is said of an object without BTF and DWARF
    times: bool = False  # `check` wants the events with their times
    status: int = 0  # of the exit
    count: int = None  # the records come later than the scene, which is repeated until there are so many

    def of_variant(self, variant):
        """The check of this style in a variant, and the sentence of a refusal: one of them is None."""
        if variant == "no_debug":
            return None, self.without_debug
        if self.refusal:
            return None, self.refusal
        if variant in WITHOUT_DWARF and isinstance(self.without_dwarf, str):
            return None, self.without_dwarf
        if variant in WITHOUT_DWARF and self.without_dwarf:
            return self.without_dwarf, None
        return self.check, None


def style(*options, scene=marks, name=None, **more):
    """Registers the function below it as the check of the style of its name."""
    def register(check):
        key = name or check.__name__
        assert key not in STYLES, key
        STYLES[key] = Style(key, options, scene, check, **more)
        return check
    return register


def refused(name, sentence, *options, **more):
    """The object cannot be run: this sentence is part of what is said."""
    assert name not in STYLES, name
    STYLES[name] = Style(name, options, None, None, refusal=sentence, **more)


def objects():
    """The names of all objects of tests/bpf/styles."""
    return sorted(os.path.basename(path)[:-len(".bpf.c")] for path in
                  glob.glob(os.path.join(harness.ROOT, "tests/bpf/styles/*.bpf.c")))


def check_nothing_is_pinned():
    """But for what the kernel itself puts into each file system of type bpf."""
    left = set(os.listdir("/sys/fs/bpf")) - {"maps.debug", "progs.debug"}
    assert not left, f"left in /sys/fs/bpf: {left}"


class Failures(list):
    """What was wrong, by name, so that all of a run is seen."""

    def of(self, name, function, *arguments):
        try:
            return function(*arguments)
        except Again:
            raise
        except Exception:  # pylint: disable=broad-except
            self.append(f"{name}: {traceback.format_exc(limit=-1)}")
            return None

    def end(self):
        assert not self, "\n".join(self)


def command(entry, path, values):
    return ("run", "--object", path, *[option.format_map(values) for option in entry.options])


def check_refusal(entry, path, sentence):
    values = collections.defaultdict(lambda: "/")
    code, out, stderr = harness.run(*command(entry, path, values), "--seconds", "1",
                                    program=harness.RINGMILL)
    assert code != 0 and sentence in stderr, f"expected: {sentence}\nsaid: {stderr}"
    assert not out, out


def start(entry, path, stage):
    count = ("--count", str(entry.count)) if entry.count else ()
    return harness.Daemon(*command(entry, path, stage.values), *stage.arguments, *count,
                          program=harness.RINGMILL)


class Again(Exception):
    """The kernel did not start the program for each event, or did not release it in time: it was too busy."""


def finish(entry, check, daemon, act):
    while entry.count and daemon.process.poll() is None:
        act()
        time.sleep(0.01)
    code = daemon.wait() if entry.count else daemon.stop()
    if "the kernel has not released all programs yet" in daemon.stderr:
        raise Again
    assert code == entry.status, (code, daemon.stderr)
    if daemon.books()[f"source {entry.name}"]["skipped"] and not entry.count:
        raise Again
    events = daemon.events()
    for event in events:
        assert event.pop("source") == entry.name, event
        if not entry.times:
            event.pop("time", None)
    try:
        check(events)
    except AssertionError as error:
        raise AssertionError(f"{error}\nevents: {events[:5]}\n{daemon.stderr}") from None


def run_together(scene, entries, folder, variant, failures):
    """These objects of one scene at the same time: those that are to be tried again."""
    again = []
    with scene() as stage:
        daemons = [(entry, start(entry, os.path.join(folder, entry.name + ".bpf.o"), stage))
                   for entry in entries]
        running = [(entry, daemon) for entry, daemon in daemons
                   if failures.of(entry.name, daemon.wait_running)]
        stage.act()
        # those for which the scene is repeated see to it last
        for entry, daemon in sorted(running, key=lambda pair: pair[0].count or 0):
            try:
                failures.of(entry.name, finish, entry, entry.of_variant(variant)[0], daemon, stage.act)
            except Again:
                again.append(entry)
    failures.of(scene.__name__, check_nothing_is_pinned)
    return again


def run_scene(scene, entries, folder, variant, failures):
    while entries:
        at_once = getattr(scene, "at_once", AT_ONCE)
        now, rest = entries[:at_once], entries[at_once:]
        entries = rest + run_together(scene, now, folder, variant, failures)


def run(names, folder=FOLDER, variant=None):
    """These objects out of a folder, as the variant has them."""
    failures, scenes = Failures(), {}
    for name in names:
        entry = STYLES[name]
        sentence = entry.of_variant(variant)[1]
        if sentence:
            failures.of(name, check_refusal, entry, os.path.join(folder, name + ".bpf.o"), sentence)
        else:
            scenes.setdefault(entry.scene, []).append(entry)
    for scene, entries in scenes.items():
        run_scene(scene, entries, folder, variant, failures)
    failures.of("pins", check_nothing_is_pinned)
    failures.end()
