# SPDX-License-Identifier: Apache-2.0
"""Reloads: what does not change notices nothing, what changes ends and begins well, and what cannot
be run changes nothing. RINGMILL_RELOADS for how many under load (./dev soak reload)."""
import json
import os
import re
import signal
import subprocess
import tempfile
import time

import flood
import harness
import producers
from controlled import Controlled, free_port, settle

RELOADS = int(os.environ.get("RINGMILL_RELOADS", "50"))
RATE = 100000
CONFIG_EXIT, FAILED_EXIT, ENVIRONMENT_EXIT = 3, 1, 2
# what the allocator keeps of a reload's memory varies
RSS_SLACK = 6 << 20

FLOOD = """
version: 1
sources: {%s}
sinks:
  steady: {type: file, path: FOLDER/steady, %s}
  other: {type: file, path: FOLDER/other}
pipelines:
  steady: {from: flood, handlers: [forward: steady]}
  sums: {from: flood, handlers: [{aggregate: {window: 1h, values: {records: count()}}}, {forward: other}]}
  changing:
    from: flood
    handlers:
      - filter: number %% 1000 == %d
      - aggregate: {window: 1h, values: {records: count()}}
      - forward: other
control: {socket: FOLDER/control.sock, listen: "127.0.0.1:PORT"}
"""


class Reloadable(Controlled):
    def write(self, config):
        config = config.replace("FOLDER", self.place.name).replace("PORT", str(self.port))
        harness.write_file(self.folder.name, "ringmill.yaml", config)

    def reload(self, config, wanted=0):
        """What the command said."""
        self.write(config)
        code, _, errors = harness.run("reload", "--socket", self.path, program=harness.RINGMILL)
        assert code == wanted, (code, errors, self.stderr)
        return errors

    def lines(self, name):
        with open(os.path.join(self.place.name, name), encoding="utf-8") as file:
            return [json.loads(line) for line in file if '"_lost"' not in line]

    def pipeline(self, name):
        return next(one for one in self.status()["pipelines"] if one["name"] == name)

    def memory(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1]) * 1024

    def descriptors(self):
        return harness.descriptors(self.process.pid)


def flood_config(source, remainder):
    return FLOOD % (flood.source(source, "keep: none"), flood.LINES, remainder)


def test_under_load():
    """Two configs by turns that differ in one pipeline, 100,000 records a second: the pipelines that
    are in both lose nothing, double nothing, and keep what they have counted."""
    with flood.Flood(RATE) as source:
        daemon = Reloadable(flood_config(source, 0))
        source.start()
        daemon.reload(flood_config(source, 1))
        daemon.reload(flood_config(source, 0))
        descriptors, memory, began = daemon.descriptors(), daemon.memory(), time.monotonic()
        for number in range(RELOADS):
            daemon.reload(flood_config(source, (number + 1) % 2))
        took = time.monotonic() - began
        # whoever has asked last may not have been hung up yet
        harness.wait_for(lambda: len(daemon.descriptors()) <= len(descriptors), "no more to be open")
        grown = daemon.memory() - memory
        source.stop()
        settle(daemon, "steady", source.made)
        status = daemon.status()
        assert not (bad := daemon.bad_checks()), bad
        assert daemon.stop() == 0, daemon.stderr
        books = daemon.books()
        numbers, _ = flood.read_numbers(os.path.join(daemon.place.name, "steady"))
        lost = books["source flood"]["lost"]
        print(f"{RELOADS} reloads in {took:.1f} s, {source.made} records, {lost} lost in the "
              f"kernel, memory grew by {grown / 1024:.0f} KiB, {len(descriptors)} descriptors")
        assert harness.KIND != "release" or grown < RSS_SLACK, grown
        assert status["config_generation"] == 3 + RELOADS
        assert lost == 0 and numbers == list(range(1, source.made + 1)), (lost, len(numbers))
        for name in ("steady", "sums", "changing"):
            assert books[f"pipeline {name}"]["seen"] == source.made, books
        rows = daemon.lines("other")
        whole = [row["records"] for row in rows if row["records"] == source.made]
        assert len(whole) == 1, rows  # the window that no reload has closed
        parts = [row for row in rows if row["records"] != source.made]
        assert all(row["_partial"] for row in rows) and len(parts) <= RELOADS + 3
        assert sum(row["records"] for row in parts) <= source.made // 1000 + RELOADS + 3


OPENS = """
version: 1
sources: {open: {builtin: open}, %s}
sinks:
  log: {type: file, path: FOLDER/log}
  %s
pipelines:
  opens: {from: open, handlers: [{filter: 'path == "FOLDER/target" && comm == "open-loop"'}, {forward: log}]}
  %s
control: {socket: FOLDER/control.sock, listen: "127.0.0.1:PORT"}
"""
PLAIN = OPENS % ("", "", "")
MORE = OPENS % ("exec: {builtin: exec}", "execs: {type: file, path: FOLDER/execs}",
                "execs: {from: exec, handlers: [forward: execs]}")


REFUSED = OPENS % (f"refused: {{object: {harness.OBJECTS}/refused.bpf.o, programs: [wild]}}", "",
                   "refused: {from: refused, handlers: [forward: log]}")


def test_sources_and_sinks_come_and_go():
    daemon = Reloadable(PLAIN)
    daemon.open_target(1000)
    daemon.reload(MORE)
    daemon.open_target(1000)
    settle(daemon, "execs", 1)
    assert {one["name"] for one in daemon.status()["sources"]} == {"open", "exec"}
    daemon.reload(PLAIN)
    assert daemon.lines("execs"), "its sink has all when the reload is over"
    assert any("open-loop" in line["filename"] for line in daemon.lines("execs"))
    assert not any("execs" in path for path in daemon.descriptors())
    daemon.open_target(1000)
    # another ring: the source is a new one, and so its counts; with room for what others open
    daemon.reload(PLAIN.replace("builtin: open", "builtin: open, ring_size: 32MiB"))
    daemon.open_target(1000)
    settle(daemon, "opens", 4000)
    status = daemon.status()
    assert status["sources"][0]["ring"]["size_bytes"] == 32 << 20
    assert status["config_generation"] == 4 and status["healthy"], status
    assert daemon.stop() == 0, daemon.stderr
    assert harness.forwarded(daemon.books()["pipeline opens"]) == 4000, daemon.stderr
    assert len(daemon.lines("log")) == 4000


def test_the_first_names():
    """They begin with a reload, while the consumer thread is about to look for them."""
    daemon = Reloadable(PLAIN.replace("/log}", "/log, format: text, template: '{path}'}"))
    opens = subprocess.Popen([os.path.join(harness.BIN, "open-loop"), daemon.place.name + "/target",
                              "1000000000", "1000"], stdout=subprocess.DEVNULL)
    try:
        settle(daemon, "opens", 100)
        daemon.reload(PLAIN.replace("FOLDER/log", "FOLDER/named"))
        forwarded = daemon.pipeline("opens")["books"]["forwarded"]
        settle(daemon, "opens", forwarded + 1000)
    finally:
        opens.kill()
        opens.wait()
    assert daemon.stop() == 0, daemon.stderr
    assert daemon.lines("named")[-1]["uid_name"] == "root"


def test_a_pipeline_more_to_the_same_sink():
    """The sink and the first pipeline go on, though more can come at once from now on."""
    daemon = Reloadable(PLAIN)
    daemon.open_target(100)
    settle(daemon, "opens", 100)
    again = ("again: {from: open, handlers: [{filter: 'path == \"FOLDER/target\" && "
             "comm == \"open-loop\"'}, {forward: log}]}")
    daemon.reload(OPENS % ("", "", again))
    assert daemon.status()["sinks"][0]["forwarded"] == 100  # it is still the same one
    daemon.open_target(100)
    settle(daemon, "again", 100)
    assert daemon.stop() == 0, daemon.stderr
    assert len(daemon.lines("log")) == 300
    books = daemon.books()
    assert harness.forwarded(books["pipeline opens"]) == 200
    assert harness.forwarded(books["pipeline again"]) == 100


def test_what_is_wrong_changes_nothing():
    daemon = Reloadable(PLAIN)
    path = os.path.join(daemon.folder.name, "ringmill.yaml")
    before = daemon.descriptors()
    for config, code, wanted in (
            (PLAIN + "x: [", CONFIG_EXIT, rf"^{path}:\d+:\d+: "),
            (PLAIN.replace("forward: log", "forward: lag"), CONFIG_EXIT,
             rf'^{path}:8:\d+: .*unknown sink; .*did you mean "log"\?'),
            (PLAIN.replace("control.sock", "other.sock"), CONFIG_EXIT,
             rf"^{path}:\d+:\d+: control.socket: a reload cannot change socket .*; restart the daemon"),
            (PLAIN.replace("builtin: open", "object: /nowhere.bpf.o"), CONFIG_EXIT,
             r"/nowhere.bpf.o"),
            (PLAIN.replace("FOLDER/log", "/proc/nothing/log"), FAILED_EXIT,
             r"^sink log: .*/proc/nothing/log"),
            (REFUSED, FAILED_EXIT, r"^source refused: the kernel's verifier refused program")):
        said = daemon.reload(config, code)
        assert re.search(wanted, said, re.M), said
        harness.wait_for(lambda: said.strip().splitlines()[0] in daemon.stderr, "the log to say it")
        status = daemon.status()
        assert status["config_generation"] == 1 and status["healthy"]
        assert status["reload"]["messages"] == said and status["reload"]["outcome"] in (
            "config", "failed"), status["reload"]
        shown = harness.run("status", "--socket", daemon.path, program=harness.RINGMILL)[1]
        assert "failed; the previous configuration stays active" in shown and said in shown, shown
        harness.wait_for(lambda: daemon.descriptors() == before, "nothing more to be open")
    daemon.open_target(500)
    daemon.reload(PLAIN)
    assert daemon.status()["reload"]["outcome"] == "good"
    settle(daemon, "opens", 500)
    assert daemon.stop() == 0, daemon.stderr
    assert len(daemon.lines("log")) == 500


def test_a_table_and_a_definition():
    """What a pipeline refers to counts as its own."""
    with tempfile.TemporaryDirectory() as folder:
        table = harness.write_file(folder, "teams.csv", "uid,team\n0,red\n")
        enriched = ("named: {from: open, handlers: [{filter: 'path == \"FOLDER/target\"'}, "
                    f"{{enrich: {{table: {{file: {table}, key: uid, by: uid, add: [team]}}}}}}, {{forward: log}}]}}")
        config = OPENS % ("", "", enriched) + "defs: {all: 'uid >= 0', some: 'all && uid == 0'}\n"
        config = config.replace("{filter: 'path", "{filter: 'some && path", 1)
        daemon = Reloadable(config)
        daemon.open_target(1)
        settle(daemon, "named", 1)

        def behind_filter(name):
            """How many of our events its handlers have seen since they are what they are."""
            return daemon.pipeline(name)["handlers"][1]["in"]

        daemon.reload(config)
        assert behind_filter("named") == 1
        harness.write_file(folder, "teams.csv", "uid,team\n0,blue\n")
        daemon.reload(config)
        assert (behind_filter("named"), behind_filter("opens")) == (0, 1)
        daemon.reload(config.replace("uid >= 0", "uid > 0"))
        assert behind_filter("opens") == 0
        daemon.open_target(1)
        settle(daemon, "named", 2)
        assert daemon.stop() == 0, daemon.stderr
        lines = daemon.lines("log")
        assert [line["team"] for line in lines if "team" in line] == ["red", "blue"], lines
        assert sum("team" not in line for line in lines) == 1, lines  # `all` says uid > 0 by then


KEEPING = """
version: 1
sources: {%s}
sinks:
  log: {type: file, path: FOLDER/log, %s}
  more: {type: file, path: FOLDER/more, %s}
pipelines:
  sure: {from: flood, delivery: at-least-once, handlers: [forward: %s]}
control: {socket: FOLDER/control.sock, listen: "127.0.0.1:PORT"}
"""


def test_at_least_once():
    """What must acknowledge changes with each reload; nothing is missing, nothing comes twice."""
    with flood.Flood(20000) as source, flood.Pins("reload") as pins:
        def config(sinks):
            return KEEPING % (flood.source(source, f"keep: pin, pin_folder: {pins.path}"), flood.LINES, flood.LINES, sinks)
        daemon = Reloadable(config("log"))
        source.start()
        for sinks in ("more", "[log, more]", "log", "more", "log"):
            daemon.reload(config(sinks))
        source.stop()
        settle(daemon, "sure", source.made)
        assert daemon.stop() == 0, daemon.stderr
        assert daemon.books()["source flood"]["lost"] == 0
        numbers = [flood.read_numbers(os.path.join(daemon.place.name, name))[0]
                   for name in ("log", "more")]
        assert sorted(set(numbers[0] + numbers[1])) == list(range(1, source.made + 1))
        assert all(len(set(own)) == len(own) for own in numbers)


WEAKER = """
version: 1
sources: {%s}
sinks:
  down: {type: tcp, address: "127.0.0.1:%d", %s}
  log: {type: file, path: %s/log, %s}
pipelines: {all: {from: flood, delivery: %s, handlers: [forward: %s]}}
control: {socket: FOLDER/control.sock, listen: "127.0.0.1:PORT"}
"""


def test_at_most_once_after_at_least_once():
    """What was read under the old promise waits for its sink; until then nothing is read under the
    new one, since its positions could not be published, and a kill would repeat it."""
    with flood.Flood(1000) as source, flood.Pins("weaker") as pins, tempfile.TemporaryDirectory() as folder:
        def config(*promise):
            return WEAKER % (flood.source(source, f"keep: pin, pin_folder: {pins.path}"), free_port(),
                             flood.LINES, folder, flood.LINES, *promise)
        sure = config("at-least-once", "down")
        daemon = Reloadable(sure)
        source.write(100)
        harness.wait_for(lambda: daemon.pipeline("all")["books"]["forwarded"] == 100, "the first records")
        once = sure.replace("at-least-once", "at-most-once").replace("[forward: down]", "[forward: [down, log]]")
        daemon.reload(once)
        source.write(5)
        harness.wait_for(lambda: daemon.status()["sources"][0]["ring"]["paused"] or
                         os.path.getsize(os.path.join(folder, "log")), "the pause, or an event")
        daemon.process.kill()
        daemon.wait()
        daemon = Reloadable(once.replace("[forward: [down, log]]", "[forward: log]"))
        settle(daemon, "all", 105)
        assert daemon.stop() == 0, daemon.stderr
        assert flood.read_numbers(os.path.join(folder, "log"))[0] == list(range(1, 106))


PINNED = """
version: 1
sources: {%s}
sinks:
  log: {type: file, path: %s/log, %s}
  more: {type: file, path: %s/more, %s}
pipelines:
  log: {from: flood, delivery: at-least-once, handlers: [forward: log]}
  %s
control: {socket: FOLDER/control.sock, listen: "127.0.0.1:PORT"}
"""


def test_pinned_sources_come_and_change_and_go():
    """Each has one set of pins, whatever happens: killed between reloads, both are found again."""
    with flood.Flood(20000) as source, flood.Pins("pinned") as pins, \
            tempfile.TemporaryDirectory() as folder:
        def config(*names, more=""):
            sources = [flood.source(source, f"keep: pin, pin_folder: {pins.path}", name=name,
                                    more=more if name == "flood" else "") for name in names]
            second = "more: {from: second, delivery: at-least-once, handlers: [forward: more]}"
            return PINNED % (", ".join(sources), folder, flood.LINES, folder, flood.LINES,
                             second if "second" in names else "")

        def sets():
            return pins.sets("flood"), pins.sets("second")
        daemon = Reloadable(config("flood"))
        flood_set = pins.sets("flood")
        source.write(100)
        daemon.reload(config("flood", "second"))
        second_set = pins.sets("second")
        assert len(second_set) == 1 and sets() == (flood_set, second_set)
        source.write(100)
        daemon.process.kill()
        daemon.wait()
        source.write(100)
        daemon = Reloadable(config("flood", "second"))
        assert daemon.stderr.count("adopted the kept rings and programs (keep: pin): ") == 2, daemon.stderr
        assert sets() == (flood_set, second_set)
        source.write(100)
        # its numbers begin anew with its programs
        daemon.reload(config("flood", "second", more=", ring_size: 1MiB, on_change: refuse"))
        assert len(pins.sets("flood")) == 1 and sets()[0] != flood_set and sets()[1] == second_set
        source.write(100)
        daemon.reload(config("flood", more=", ring_size: 1MiB, on_change: refuse"))
        assert sets()[1] == []
        source.write(100)
        assert daemon.stop() == 0, daemon.stderr
        assert daemon.books()["source flood"]["lost"] == 0
        assert sets() == ([], [])
        log, more = (flood.read_numbers(os.path.join(folder, name))[0] for name in ("log", "more"))
        # the kill may have come before what was written was acknowledged
        assert set(log[:-200]) == set(more) == set(range(1, 401)), (log, more)
        assert log[-200:] == list(range(1, 201)), log


def test_a_ring_of_others():
    """What reads the ring of another program stays with a changed pipeline; a change of the source
    itself is refused."""
    config = """
version: 1
sources: {numbers: {map: PIN, type: struct number, types_from: %s, recheck: %s}}
sinks: {log: {type: file, path: FOLDER/log, %s}}
pipelines: {all: {from: numbers, handlers: [{filter: number %% 2 == %d}, {forward: log}]}}
control: {socket: FOLDER/control.sock, listen: "127.0.0.1:PORT"}
"""
    def text(recheck, remainder):
        return (config % (os.path.join(harness.OBJECTS, "numbers.bpf.o"), recheck, flood.LINES,
                          remainder)).replace("PIN", made.pin("numbers"))
    with producers.producer("numbers") as made:
        daemon = Reloadable(text("1s", 0))
        made.write(1, 1001)
        settle(daemon, "all", 500)
        daemon.reload(text("1s", 1))
        made.write(1001, 2001)
        settle(daemon, "all", 1000)
        said = daemon.reload(text("2s", 1), FAILED_EXIT)
        assert "its ring is still being read with the previous settings; restart the daemon" in said, said
        made.write(2001, 3001)
        settle(daemon, "all", 1500)
        assert daemon.stop() == 0, daemon.stderr
        numbers, _ = flood.read_numbers(os.path.join(daemon.place.name, "log"))
        assert numbers == [*range(2, 1001, 2), *range(1001, 3001, 2)]


def test_by_signal():
    daemon = Reloadable(PLAIN)
    daemon.write(MORE)
    daemon.process.send_signal(signal.SIGHUP)
    harness.wait_for(lambda: daemon.status()["config_generation"] == 2, "the second config")
    daemon.write("version: 2\n")
    daemon.process.send_signal(signal.SIGHUP)
    harness.wait_for(lambda: daemon.status()["reload"]["outcome"] == "config", "the refusal")
    assert daemon.status()["config_generation"] == 2
    assert daemon.stop() == 0, daemon.stderr


def test_a_pipe_is_not_waited_for():
    """A config by <(...) is one, too; nobody has to write to it before the daemon can end."""
    daemon = Reloadable(PLAIN)
    path = os.path.join(daemon.folder.name, "ringmill.yaml")
    os.unlink(path)
    os.mkfifo(path)
    code, _, errors = harness.run("reload", "--socket", daemon.path, program=harness.RINGMILL)
    assert (code, errors) == (FAILED_EXIT, f"{path} is a pipe and cannot be read again; restart the daemon\n")
    assert daemon.stop() == 0, daemon.stderr


def test_the_socket_that_the_config_names():
    daemon = Reloadable(PLAIN)
    path = os.path.join(daemon.folder.name, "ringmill.yaml")

    def reload(*arguments):
        code, _, errors = harness.run("reload", *arguments, program=harness.RINGMILL)
        return code, errors
    daemon.write(MORE)
    assert reload("--config", path) == (0, "")
    assert daemon.status()["config_generation"] == 2
    daemon.write(MORE.replace("from: open", "from: opened"))  # what the daemon finds
    code, errors = reload("--config", path)
    assert code == CONFIG_EXIT and "unknown source" in errors, errors
    daemon.write("version: 1\n  control: {")  # what keeps the socket from being known
    code, errors = reload("--config", path)
    assert code == CONFIG_EXIT and errors.startswith(path), errors
    daemon.write(PLAIN.replace("control.sock", "other.sock"))
    code, errors = reload("--config", path)
    assert code == ENVIRONMENT_EXIT and "no ringmilld answers on" in errors, errors
    assert f"the socket path is from {path}; if it has changed" in errors, errors
    code, errors = reload("--config", path, "--socket", daemon.path)
    assert code == ENVIRONMENT_EXIT and "--socket cannot be used with --config" in errors, errors
    with open(os.path.join(harness.ROOT, "systemd/ringmilld.service"), encoding="utf-8") as unit:
        lines = unit.read().splitlines()
    started = next(line for line in lines if line.startswith("ExecStart="))
    reloaded = next(line for line in lines if line.startswith("ExecReload="))
    assert started.split("--config")[1] == reloaded.split("--config")[1], (started, reloaded)
    assert daemon.stop() == 0, daemon.stderr


def test_without_a_daemon():
    code, text, errors = harness.run("reload", "--socket", "/run/nobody.sock",
                                     program=harness.RINGMILL)
    assert (code, text) == (ENVIRONMENT_EXIT, "") and "no ringmilld answers" in errors, errors


def test_stop_during_a_reload():
    """Whatever the loader has in hand is dropped, and the books are those of what ran."""
    for _ in range(10):
        daemon = Reloadable(PLAIN)
        daemon.open_target(100)
        daemon.write(MORE)
        daemon.process.send_signal(signal.SIGHUP)
        harness.wait_for(lambda: "reloading" in daemon.stderr, "the reload to begin")
        assert daemon.stop() == 0, daemon.stderr
        assert harness.forwarded(daemon.books()["pipeline opens"]) == 100, daemon.stderr


KEPT = """
version: 1
sources: {%s}
sinks: {%s}
pipelines: {all: {from: flood, delivery: DELIVERY, handlers: [{wedge: FOLDER/wedge}, {forward: %s}]}}
control: {socket: FOLDER/control.sock, listen: "127.0.0.1:PORT"}
"""
WEDGE = {"program": os.path.join(harness.BIN, "ringmilld-wedge")}


def ask_reload(daemon):
    """Its number; it is over when as many have ended."""
    code, text = daemon.ask("/v1/reload", "POST")
    assert code == 200, text
    return json.loads(text)["asked"]


def reload_over(daemon, number):
    harness.wait_for(lambda: daemon.status()["reload"]["ended"] >= number, "the reload to be over")
    return daemon.status()["reload"]


def wait_taken(daemon, records):
    """Out of the ring: a handler has them, or had."""
    harness.wait_for(lambda: daemon.status()["sources"][0]["seen"] >= records, "the batch")


def expect_served(daemon):
    """The main thread answers, and sees signals."""
    told = daemon.stderr.count("reopening the files of the sinks")
    daemon.process.send_signal(signal.SIGUSR1)
    harness.wait_for(lambda: daemon.stderr.count("reopening the files of the sinks") > told, "the line")
    assert daemon.ask("/metrics")[0] == 200


def test_a_batch_that_is_kept_before_the_switch():
    """The reload fails, and the daemon is served all the while."""
    with flood.Flood(1000) as source:
        log = "log: {type: file, path: FOLDER/log}"
        config = KEPT.replace("DELIVERY", "at-most-once") % (flood.source(source, "keep: none"), log, "log")
        daemon = Reloadable(config, **WEDGE)
        wedge = harness.write_file(daemon.place.name, "wedge", "")
        source.write(5)
        wait_taken(daemon, 1)
        daemon.write(config.replace("{forward: log}", "{filter: number > 0}, {forward: log}"))
        number = ask_reload(daemon)
        harness.wait_for(lambda: daemon.status()["reload"]["switching"], "the switch to begin")
        expect_served(daemon)
        told = reload_over(daemon, number)
        assert told["outcome"] == "failed", told
        assert "did not finish its batch" in told["messages"], told
        os.unlink(wedge)
        daemon.reload(config.replace("{forward: log}", "{filter: number > 0}, {forward: log}"))
        settle(daemon, "all", 5)
        assert daemon.stop() == 0, daemon.stderr


def test_a_batch_that_is_kept_after_the_switch():
    """What the consumer thread still refers to is not freed; the next reload says what it waits for,
    and works once that has come to its end."""
    with flood.Pins("kept") as pins, flood.Flood(1000) as source:
        kept = flood.source(source, f"keep: pin, pin_folder: {pins.path}")
        config = KEPT.replace("DELIVERY", "at-least-once")
        daemon = Reloadable(config % (kept, 'down: {type: tcp, address: "127.0.0.1:1"}', "down"), **WEDGE)
        source.write(100)
        settled = config % (kept, "log: {type: file, path: FOLDER/log}", "log")
        daemon.write(settled)
        number = ask_reload(daemon)
        harness.wait_for(lambda: "config 2 is active" in daemon.stderr, "the switch")
        wedge = harness.write_file(daemon.place.name, "wedge", "")
        source.write(5)
        wait_taken(daemon, 101)
        expect_served(daemon)
        told = reload_over(daemon, number)
        assert told["outcome"] == "good" and "has not ended yet" in told["messages"], told
        assert told["switching"] and not told["running"], told
        assert "the previous reload is not complete" in daemon.reload(settled, FAILED_EXIT)
        assert daemon.status()["config_generation"] == 2
        os.unlink(wedge)
        harness.wait_for(lambda: "the previous configuration has ended" in daemon.stderr, "its end")
        source.write(5)
        settle(daemon, "all", 10)
        daemon.reload(settled)
        assert not (bad := daemon.bad_checks()), bad
        assert daemon.stop() == 0, daemon.stderr
        assert harness.forwarded(daemon.books()["pipeline all"]) == 110, daemon.stderr


def test_stop_while_a_reload_hangs():
    """What the loader does not come back from is left behind, and what runs ends as ever."""
    with flood.Flood(1000) as source:
        config = (KEPT.replace("DELIVERY", "at-most-once") %
                  (flood.source(source, "keep: none"), "log: {type: file, path: FOLDER/log}", "log"))
        daemon = Reloadable(config, **WEDGE)
        source.write(100)
        harness.write_file(daemon.place.name, "next.open", "")
        daemon.write(config.replace("FOLDER/wedge", "FOLDER/next"))
        ask_reload(daemon)
        expect_served(daemon)
        daemon.process.terminate()
        assert daemon.wait() == FAILED_EXIT, daemon.stderr
        assert "the reload did not finish in time" in daemon.stderr, daemon.stderr
        assert daemon.books()["sink log"]["delivered"] == 100, daemon.stderr


def test_a_sink_that_takes_nothing_can_be_replaced():
    """What it does not take is dropped after a while, counted and told."""
    fifo = "pipe: {type: unix, path: FOLDER/peer, kind: stream}"
    stuck = OPENS % ("", fifo, "stuck: {from: open, handlers: [forward: pipe]}")
    daemon = Reloadable(stuck)
    daemon.open_target(1000)
    daemon.reload(PLAIN)
    harness.wait_for(lambda: re.search(r"sink pipe: .*dropped \d+ of \d+ events", daemon.stderr),
                     "the line")
    daemon.open_target(1000)
    settle(daemon, "opens", 2000)
    assert daemon.stop() == 0, daemon.stderr
    assert harness.forwarded(daemon.books()["pipeline opens"]) == 2000, daemon.stderr


def test_standard_output_is_handed_over():
    """The changed sink writes once the old one has written all it had: no line is torn."""
    config = OPENS % ("", "out: {type: stdout, format: text, template: '%s {path_arg}'}",
                      "out: {from: open, handlers: [{filter: 'path_arg == \"LONG_TARGET\"'}, {forward: out}]}")
    ours, theirs = os.pipe()
    daemon = Reloadable(config % "old", stdout=theirs)
    os.close(theirs)
    daemon.open_target(500, daemon.long_target)  # more than the pipe takes
    harness.wait_for(lambda: daemon.pipeline("out")["books"]["forwarded"] >= 500, "what the old sink has")
    daemon.write((config % "new").replace("LONG_TARGET", daemon.long_target))
    with subprocess.Popen([harness.RINGMILL, "reload", "--socket", daemon.path]) as reload:
        harness.wait_for(lambda: daemon.status()["config_generation"] == 2, "the new configuration")
        daemon.open_target(500, daemon.long_target)
        harness.wait_for(lambda: daemon.pipeline("out")["books"]["forwarded"] >= 1000, "all events")
        with os.fdopen(ours, "rb") as pipe:
            lines = [pipe.readline() for _ in range(1000)]
            assert reload.wait() == 0, daemon.stderr
            assert daemon.stop() == 0, daemon.stderr
    path = f" {daemon.long_target}\n".encode()
    assert lines == [b"old" + path] * 500 + [b"new" + path] * 500, \
        [line[:20] for line in lines if not line.endswith(path)]


harness.main()
