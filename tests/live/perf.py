# SPDX-License-Identifier: Apache-2.0
"""Perf event arrays: the older kind of buffer, a ring for each CPU, read in place as others are."""
import ctypes
import json
import os
import resource
import tempfile
import threading

import harness
from controlled import Controlled

MARK = 0x726D
PERF_EVENT_ARRAY = 4  # BPF_MAP_TYPE_PERF_EVENT_ARRAY
STYLES = os.path.join(os.path.abspath(harness.BIN), "styles")
CPUS = sorted(os.sched_getaffinity(0))
libc = ctypes.CDLL(None, use_errno=True)


def style(name):
    return os.path.join(STYLES, name + ".bpf.o")


def mark(number):
    libc.prctl(MARK, ctypes.c_ulong(number), ctypes.c_ulong(os.getpid()), 0, 0)


def start(name, *arguments, program=harness.RINGMILL, **popen):
    return harness.Daemon("run", "--object", style(name), "--constant", f"mark_key={os.getpid()}",
                          *arguments, program=program, **popen)


def on_all_cpus(marks, number):
    """Each CPU makes so many marks; how many records were tried in all."""
    def work(cpu):
        os.sched_setaffinity(0, {cpu})
        for _ in range(marks):
            mark(number)
    threads = [threading.Thread(target=work, args=(cpu,)) for cpu in CPUS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(CPUS) * marks * number


def check_floods(events):
    """Each record as its program wrote it, each CPU's in their order: how many, and how many the
    kernel lost by what the output says."""
    numbers, lost = {}, 0
    for event in events:
        if "_lost" in event:
            lost += event["_lost"]
            continue
        sequence = event["sequence"]
        assert event["check"] == sequence * 2654435761 % 2**32, event
        assert event["filling"] == [0, 0, 0, 0, ~sequence % 2**64], event
        assert sequence > numbers.get(event["cpu"], [-1])[-1], event
        numbers.setdefault(event["cpu"], []).append(sequence)
    return sum(len(one) for one in numbers.values()), lost, numbers


def test_a_flood_is_counted_to_the_last_record():
    """Far more than fits while nobody reads, then what fits again, and at the end what does not."""
    daemon = start("perf_flood").wait_running()
    tried = 0
    daemon.pause()
    tried += on_all_cpus(30, 1000)
    daemon.go_on()
    tried += on_all_cpus(500, 10)
    daemon.pause()
    tried += on_all_cpus(30, 1000)  # the last ones that are lost have no record after them
    daemon.process.terminate()
    daemon.go_on()
    assert daemon.wait() == 0, daemon.stderr
    seen, lost, numbers = check_floods(daemon.events())
    books = daemon.books()["source perf_flood"]
    assert lost > 0 and sorted(numbers) == CPUS, (lost, numbers.keys())
    assert seen + lost == tried, (seen, lost, tried, daemon.stderr)
    assert (books["produced"], books["seen"], books["lost"]) == (tried, seen, lost), books
    assert books["discarded"] == 0, books


def test_records_that_wrap():
    """A ring of one page, whose end lies elsewhere in each record that crosses it."""
    with tempfile.NamedTemporaryFile() as output:
        daemon = start("perf_flood", "--ring-size", "4KiB", stdout=output).wait_running()
        tried = 0

        def lines():
            with open(output.name, "rb") as file:  # its own position: the daemon writes at the other
                return [line for line in file if line.endswith(b"\n")]

        def went_round():
            nonlocal tried
            tried += on_all_cpus(200, 1)
            return len(lines()) > 2000
        harness.wait_for(went_round, "the rings to go round")
        assert daemon.stop() == 0, daemon.stderr
        seen, lost, _ = check_floods([json.loads(line) for line in lines()])
    assert seen + lost == tried, (seen, lost, tried, daemon.stderr)
    assert daemon.books()["source perf_flood"]["lost"] == lost


def test_cpus_in_order():
    daemon = start("perf_flood", "--order", "time", "--ring-size", "4MiB").wait_running()
    tried = on_all_cpus(5000, 1)
    assert daemon.stop() == 0, daemon.stderr
    events = daemon.events()
    seen, lost, _ = check_floods(events)
    assert (seen, lost) == (tried, 0), daemon.stderr
    times = [event["time"] for event in events]
    assert times == sorted(times)


def test_a_stop_reads_what_is_there():
    daemon = start("perf").wait_running()
    daemon.pause()
    for number in range(1000):
        mark(number)
    daemon.process.terminate()
    daemon.go_on()
    assert daemon.wait() == 0, daemon.stderr
    numbers = sorted(event["number"] for event in daemon.events())  # of several CPUs
    assert numbers == list(range(1000)), daemon.stderr
    assert daemon.books()["source perf"] == {"produced": 1000, "seen": 1000, "discarded": 0,
                                             "lost": 0, "skipped": 0}


def test_a_capture_reads_as_the_arrays_did():
    """Padding is in no capture: the types and their lengths are those of the programs."""
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        path = os.path.join(folder, "c.rmc")
        constants = f"constants: {{mark_key: {os.getpid()}}}"
        daemon = harness.Daemon(config=f"""
version: 1
sources:
  perf: {{object: {style("perf")}, {constants}}}
  mixed:
    object: {style("perf_mixed")}
    {constants}
    rings:
      fixed: {{type: fixed_event}}
      mixed: {{select: kind, types: {{1: short_event, 2: text_event}}}}
sinks: {{out: {{type: stdout}}, keep: {{type: capture, path: {path}}}}}
pipelines: {{p: {{from: [perf, mixed], handlers: [{{forward: [out, keep]}}]}}}}
""").wait_running()
        for number in range(40):
            mark(number)
        assert daemon.stop() == 0, daemon.stderr
        assert len(daemon.events()) == 120, daemon.stderr
        code, again, stderr = harness.run("replay", path, program=harness.RINGMILL)
        assert code == 0, stderr
        assert again == daemon.stdout.decode(), stderr
        assert "longer than" not in daemon.stderr + stderr, stderr


RELOADED = """
version: 1
sources: {perf: {object: %s, constants: {mark_key: %d}}%s}
sinks: {out: {type: file, path: FOLDER/out}, other: {type: file, path: FOLDER/other}}
pipelines:
  steady: {from: perf, handlers: [{forward: out}]}
  %s
control: {socket: FOLDER/control.sock, listen: "127.0.0.1:PORT"}
"""


def test_reloads():
    """An array that stays loses nothing, one more comes and goes, and each ends with what it had."""
    more = f", flood: {{object: {style('perf_flood')}, constants: {{mark_key: {os.getpid()}}}}}"
    configs = [RELOADED % (style("perf"), os.getpid(), *rest) for rest in (
        ("", "second: {from: perf, handlers: [{filter: number < 0}, {forward: other}]}"),
        (more, "second: {from: flood, handlers: [{forward: other}]}"))]
    daemon = Controlled(configs[0])

    def lines(name):
        with open(os.path.join(daemon.place.name, name), encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    for number in range(60):
        mark(number)
        if number % 20 != 10:
            continue
        harness.write_file(daemon.folder.name, "ringmill.yaml",
                           configs[(number // 20 + 1) % 2].replace("FOLDER", daemon.place.name)
                           .replace("PORT", str(daemon.port)))
        code, _, errors = harness.run("reload", "--socket", daemon.path, program=harness.RINGMILL)
        assert code == 0, (errors, daemon.stderr)
    assert daemon.stop() == 0, daemon.stderr
    assert sorted(event["number"] for event in lines("out")) == list(range(60)), daemon.stderr
    flooded = lines("other")  # by the marks 11 to 30, and 51 to 59
    assert len(flooded) == sum(range(11, 31)) + sum(range(51, 60)), daemon.stderr
    assert daemon.books()["source perf"]["lost"] == 0


def test_more_than_may_be_locked():
    def limit():
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    daemon = start("perf", "--ring-size", "16MiB", preexec_fn=limit,
                   program=("setpriv", "--bounding-set", "-ipc_lock", "--inh-caps", "-ipc_lock",
                            harness.RINGMILL))
    assert daemon.wait() != 0, daemon.stderr
    assert "a perf ring of 16384 KiB for each CPU is more than may be locked in memory" in \
        daemon.stderr, daemon.stderr


def test_what_belongs_to_another_process():
    daemon = start("perf").wait_running()
    ids = set()
    for fd in os.listdir(f"/proc/{daemon.process.pid}/fdinfo"):
        with open(f"/proc/{daemon.process.pid}/fdinfo/{fd}", encoding="utf-8") as file:
            info = dict(line.split(":", 1) for line in file if ":" in line)
        if int(info.get("map_type", 0)) == PERF_EVENT_ARRAY:
            ids.add(info["map_id"].strip())
    assert len(ids) == 1, ids
    place = f"id:{ids.pop()}"
    said = "a perf event array, whose rings belong to the process that opened them"
    for command in (("observe", place),
                    ("run", "--map", place, "--layout", "struct e { int a; };", "--type", "e")):
        code, _, stderr = harness.run(*command, program=harness.RINGMILL)
        assert code != 0 and said in stderr, (command, stderr)
    mark(1)
    assert daemon.stop() == 0, daemon.stderr
    assert len(daemon.events()) == 1, daemon.stderr


harness.main()
