# SPDX-License-Identifier: Apache-2.0
"""Objects as their authors write them (tests/bpf/styles), read in more ways than one. What each gives as it
is, live/corpus compares with its truth."""
import ctypes
import json
import os
import shutil
import subprocess
import tempfile

import harness

MARK = 0x726D
STYLES = os.path.join(os.path.abspath(harness.BIN), "styles")
libc = ctypes.CDLL(None, use_errno=True)


def style(name):
    return os.path.join(STYLES, name + ".bpf.o")


def survey(name):
    """What `ringmill schema` says of an object."""
    code, output, stderr = harness.run("schema", "--json", style(name), program=harness.RINGMILL)
    assert (code, stderr) == (0, ""), stderr
    return json.loads(output)


def mark(number, key=None, shard=0):
    """What all objects but two make a record of."""
    libc.prctl(MARK, ctypes.c_ulong(number), ctypes.c_ulong(key or os.getpid()),
               ctypes.c_ulong(shard), 0)


def observe(name, *arguments, numbers=range(20), act=None):
    """The events of one `ringmill run --object`, without what each has: time, source."""
    constants = () if act else ("--constant", f"mark_key={os.getpid()}")
    daemon = harness.Daemon("run", "--object", style(name), *constants, *arguments,
                            program=harness.RINGMILL).wait_running()
    if act:
        act()
    else:
        for number in numbers:
            mark(number)
    assert daemon.stop() == 0, daemon.stderr
    events = daemon.events()
    for event in events:
        assert event.pop("source") == name, event
        event.pop("time", None)
    return events


def test_type_only_in_dwarf():
    events = observe("dwarf_only", "--type", "struct hidden_event")
    assert events == [{"number": n, "negative": -n, "word": "hidden"} for n in range(20)], events


def test_types_stripped():
    """DWARF is gone: the message offers what to do, and each of its offers works."""
    code, _, stderr = harness.run("run", "--object", style("stripped"), "--type", "hidden_event",
                                  program=harness.RINGMILL)
    assert code == 3, stderr
    assert "hidden_event" in stderr and "--types-from" in stderr and "--layout" in stderr, stderr
    wanted = [{"number": n, "negative": -n, "word": "hidden"} for n in range(20)]
    assert observe("stripped", "--type", "hidden_event",
                   "--types-from", style("dwarf_only")) == wanted
    with tempfile.NamedTemporaryFile("w", suffix=".h") as header:
        header.write("#ifndef HIDDEN_H\n#define HIDDEN_H\n#include <linux/types.h>\n"
                     "#define WORD 8\nstatic inline int f(int x) { return x; }\n"
                     "struct hidden_event { __u64 number; __s32 negative;\n"
                     "#ifdef WORD\n    char word[WORD];\n#endif\n};\n#endif\n")
        header.flush()
        assert observe("stripped", "--layout", header.name) == wanted
    assert observe("stripped", "--layout", "struct hidden_event { __u64 number; __s32 negative; "
                                           "char word[8]; };") == wanted


def test_type_in_the_definition_of_the_ring():
    events = observe("typed_map")
    by_type = {}
    for event in events:
        by_type.setdefault(event.pop("type"), []).append(event)
    assert by_type.pop("value_event") == [{"number": n, "half": n // 2} for n in range(20)]
    assert by_type.pop("key_event") == [{"number": n, "word": "key"} for n in range(20)]
    inner = sorted(by_type.pop("inner_event"), key=lambda event: event["number"])
    assert inner == [{"number": n, "third": n // 3, "shard": n & 1} for n in range(20)]
    assert not by_type
    rings = {ring["name"]: ring for ring in survey("typed_map")["rings"]}
    assert {name: ring["type"] for name, ring in rings.items()} == {
        "values": "value_event", "keys": "key_event", "shards": "inner_event"}, rings
    assert {ring["because"] for ring in rings.values()} == {"named by the definition of the ring"}
    assert [name for name, ring in rings.items() if ring["map_of_rings"]] == ["shards"], rings


def test_types_by_the_length_of_records():
    """Each ring's records are as long as one type of the author's."""
    events = observe("local_type")
    reserves = [event for event in events if event.pop("type") == "reserved"]
    copies = [event for event in events if "twice" in event]
    assert reserves == [{"number": n, "ppid": os.getppid(), "word": "local"} for n in range(20)]
    assert copies == [{"number": n, "twice": 2 * n, "thrice": 3 * n, "last": n - 1}
                      for n in range(1, 20, 2)]
    assert [(ring["name"], ring["type"], ring["because"])
            for ring in survey("local_type")["rings"]] == [
                ("reserves", "reserved", "the only type of 24 bytes"),
                ("copies", "copied", "the only type of 32 bytes")]


def test_the_taken_type_is_said():
    daemon = harness.Daemon("run", "--object", style("local_type"), "--ring", "copies",
                            program=harness.RINGMILL).wait_running()
    assert daemon.stop() == 0, daemon.stderr
    assert "ring copies: taking struct copied, the only type of 32 bytes" in daemon.stderr


def test_a_kept_type_is_for_one_ring():
    """Two types are as long as the records of both rings: the variables tell which is which."""
    for types in (), ("--ring", "flows=flow", "--ring", "payloads=payload"):
        events = observe("one_kept_of_two", *types, numbers=range(3))
        flows = [event for event in events if event.pop("type") == "flow"]
        assert flows == [{"bytes": n, "pid": 7, "port": 443} for n in range(3)], events
        assert [event for event in events if "text" in event] == 3 * [
            {"pid": 7, "length": 5, "text": "hello"}], events


def test_types_that_nothing_tells_apart():
    said = refuse("calls")
    assert ("ring lengths: which type do the records have? found in the object, for records of 24 or "
            "32 bytes: by_branch, longer") in said, said


def test_records_that_end_within_their_type():
    said = refuse("used_text")
    assert ("which type do the records have? found in the object, for records that end within it, after 13 "
            "bytes: command; say --type command\n") in said, said
    assert "--type command\n" in said.splitlines(True)[-1], said


def test_a_type_longer_than_all_records():
    code, _, stderr = harness.run("run", "--object", style("one_kept_of_two"), "--ring",
                                  "flows=mark_context", program=harness.RINGMILL)
    assert code == 3, stderr
    assert 'ring "flows" gets records of 16 bytes, but struct mark_context has 64' in stderr, stderr


def test_one_ring_with_four_types():
    daemon = harness.Daemon(
        "run", "--object", style("selector"), "--constant", f"mark_key={os.getpid()}", "--select",
        "head.kind", "--types", "KIND_OPEN=open_event", "--types", "2=struct close_event",
        "--types", "3=read_event", "--types", "4=write_event",
        program=harness.RINGMILL).wait_running()
    for number in range(1000):
        mark(number)
    assert daemon.stop() == 0, daemon.stderr
    events = daemon.events()
    # ring order, the secret ones counted
    assert [event["head"]["number"] for event in events] == [n for n in range(1000) if n % 5 != 4]
    rest = {
        0: lambda n: {"type": "open_event", "path": "/etc/passwd"},
        1: lambda n: {"type": "close_event", "result": -9},
        2: lambda n: {"type": "read_event", "bytes": n * 10},
        3: lambda n: {"type": "write_event", "bytes": n * 100, "offset": n + 1},
    }
    kinds = ["KIND_OPEN", "KIND_CLOSE", "KIND_READ", "KIND_WRITE"]
    for event in events:
        n = event["head"]["number"]
        assert event == {"source": "selector", "head": {"kind": kinds[n % 5], "number": n},
                         **rest[n % 5](n)}, event
    assert daemon.books()["pipeline run"]["unknown_type"] == 200


SHAPED = """
version: 1
sources:
  selector:
    object: %s
    constants: {mark_key: %d}
    select: head.kind
    types: {KIND_OPEN: open_event, 2: close_event, 3: read_event, 4: write_event}
sinks: {out: {type: stdout}}
pipelines:
  shaped:
    from: selector
    handlers:
      - select: {rename: {bytes: size, result: code}, compute: {next: head.number + 1}}
      - filter: head.number >= 10 && (size > 200 || code < 0 || next == 11)
      - tee:
          handlers:
            - select: {keep: [size], rename: {size: copied}}
            - filter: copied >= 900
            - forward: out
      - route:
          - when: has(size)
            handlers: [{select: {rename: {size: routed}}}, {filter: routed != 230}, {forward: out}]
          - handlers: [{filter: "!has(size)"}, {forward: out}]
"""


def test_steps_see_all_types_as_they_have_become():
    """What one type gets by a step, the others know at the next, also within branches."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(SHAPED % (style("selector"), os.getpid()))
        file.flush()
        daemon = harness.Daemon("--config", file.name).wait_running()
        for number in range(40):
            mark(number)
        assert daemon.stop() == 0, daemon.stderr
    copies, rest = [], []
    for event in daemon.events():
        (copies if "head" not in event else rest).append(event)
    kept = [n for n in range(10, 40) if n == 10 or n % 5 == 1 or n % 5 == 3 or
            n % 5 == 2 and n * 10 > 200]
    sizes = {n: n * 10 if n % 5 == 2 else n * 100 for n in kept if n % 5 in (2, 3)}
    assert [event.get("copied") for event in copies] == [
        sizes[n] for n in kept if sizes.get(n, 0) >= 900], copies
    assert [event["head"]["number"] for event in rest] == [n for n in kept if sizes.get(n) != 230]
    for event in rest:
        n = event["head"]["number"]
        assert event["next"] == n + 1 and event.get("routed") == sizes.get(n), event
        assert event.get("code") == (-9 if n % 5 == 1 else None), event


def test_a_limit_counts_all_types_together():
    daemon = harness.Daemon(
        "run", "--object", style("selector"), "--constant", f"mark_key={os.getpid()}", "--select",
        "head.kind", "--types", "KIND_OPEN=open_event", "--types", "2=struct close_event",
        "--count", "7", program=harness.RINGMILL).wait_running()
    for number in range(100):
        mark(number)
    assert daemon.wait() == 0, daemon.stderr  # it ends by itself
    assert [event["head"]["number"] for event in daemon.events()] == [0, 1, 5, 6, 10, 11, 15]


def write_sharded(shards, each):
    """Writers pinned to CPUs, as many as shards, all at once."""
    cpus = sorted(os.sched_getaffinity(0))
    key, children = os.getpid(), []
    for shard in range(shards):
        child = os.fork()
        if child == 0:
            os.sched_setaffinity(0, {cpus[shard % len(cpus)]})
            for number in range(each):
                mark(number, key, shard)
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0


def test_shards_in_order():
    daemon = harness.Daemon("run", "--object", style("sharded"), "--constant",
                            f"mark_key={os.getpid()}", "--order", "ktime",
                            program=harness.RINGMILL).wait_running()
    write_sharded(4, 5000)
    assert daemon.stop() == 0, daemon.stderr
    events = daemon.events()
    assert len(events) == 20000
    times = [event["time"] for event in events]
    assert times == sorted(times)
    for shard in range(4):
        assert [e["number"] for e in events if e["cpu"] == shard] == list(range(5000))
    assert daemon.books()["source sharded"]["lost"] is None  # nothing counts them


def test_perf_event_arrays():
    events = observe("perf")
    assert [event.pop("cpu") in range(os.cpu_count()) for event in events] == [True] * 20
    assert events == [{"number": n, "negative": -n, "comm": event["comm"], "word": "perf"}
                      for n, event in enumerate(events)], events
    code, output, stderr = harness.run("schema", style("perf"), program=harness.RINGMILL)
    assert code == 0, stderr
    assert ("  events   256KiB  open_event, 56 bytes (the only type of 56 bytes); "
            "a perf event array, with a ring for each CPU") in output.splitlines(), output
    assert observe("perf_mixed", "--ring", "fixed=fixed_event") == [
        {"number": n, "square": n * n} for n in range(20)]


def test_two_types_in_a_perf_event_array():
    events = observe("perf_mixed", "--ring", "mixed", "--select", "kind", "--types",
                     "1=short_event", "--types", "2=text_event", numbers=range(40))
    letters = "abcdefghijklmnopqrstuvwxyzabcdef"
    assert events == [
        {"type": "text_event", "kind": 2, "number": n, "text": letters[:n & 31]} if n & 1 else
        {"type": "short_event", "kind": 1, "number": n} for n in range(40)], events


def lossy(*arguments):
    """More than fits, and nobody takes the output meanwhile: (events, stderr)."""
    process = subprocess.Popen(
        [harness.RINGMILL, "run", "--object", style("lossy"), "--constant",
         f"mark_key={os.getpid()}", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for line in process.stderr:
        if line.rstrip().endswith(b"running"):
            break
    for number in range(100000):
        mark(number)
    process.terminate()
    stdout, stderr = process.communicate(timeout=harness.PATIENCE)
    assert process.returncode == 0, stderr
    return [json.loads(line) for line in stdout.splitlines()], stderr.decode()


def check_losses(events, stderr):
    losses = [event for event in events if "_lost" in event]
    numbers = [event["number"] for event in events if "_lost" not in event]
    lost = sum(event["_lost"] for event in losses)
    assert lost > 0, "the ring never overflowed"
    assert len(numbers) + lost == 100000, (len(numbers), lost, stderr)
    assert numbers == sorted(set(numbers))
    for loss in losses:
        assert loss["_since"] <= loss["_until"], loss
    assert f"lost {lost}" in stderr, stderr


def test_losses_by_a_counter():
    check_losses(*lossy("--lost", "dropped"))


def test_losses_by_a_sequence():
    events, stderr = lossy("--sequence", "sequence")
    numbers = [event["number"] for event in events if "_lost" not in event]
    lost = sum(event.get("_lost", 0) for event in events)
    # what is missing at the very end leaves no gap
    assert len(numbers) + lost == numbers[-1] + 1, stderr
    at = 0
    for event in events:  # and each gap stands where it is
        if "_lost" in event:
            at += event["_lost"]
        else:
            assert event["number"] == at, (event, at)
            at += 1


def test_every_style_in_one_capture():
    """What a capture has of types of all shapes reads as it did when it was written."""
    shapes = ("kept", "bitfields", "nested", "enums", "packed", "struct_arrays", "flexible",
              "typedefs", "gadget")
    sources = "".join(f"  {name}: {{object: {style(name)}, constants: {{mark_key: {os.getpid()}}}}}\n"
                      for name in shapes)
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        path = os.path.join(folder, "c.rmc")
        daemon = harness.Daemon(config=(
            f"version: 1\nsources:\n{sources}"
            f"sinks: {{out: {{type: stdout}}, keep: {{type: capture, path: {path}}}}}\n"
            f"pipelines: {{p: {{from: [{', '.join(shapes)}], handlers: [{{forward: [out, keep]}}]}}}}"
            "\n")).wait_running()
        for number in range(20):
            mark(number)
        assert daemon.stop() == 0, daemon.stderr
        for name in shapes:
            assert daemon.books()[f"source {name}"]["seen"] == 20, (name, daemon.stderr)
        code, again, stderr = harness.run("replay", path, program=harness.RINGMILL)
        assert code == 0, stderr
        assert again == daemon.stdout.decode(), stderr


def own_copy(folder, name):
    """A program that no test beside this one runs."""
    return shutil.copy(os.path.join(harness.BIN, name), folder.name)


def refuse(name, *arguments):
    """What is said of an object that cannot be run like this."""
    code, _, stderr = harness.run("run", "--object", style(name), *arguments,
                                  program=harness.RINGMILL)
    assert code != 0
    return stderr


def test_a_program_without_a_target_stays_of_its_type():
    said = refuse("no_target", "--attach", "mark=raw_tp/sys_enter")
    assert said == (
        'ringmill: error: --attach mark: program "mark" cannot be attached as raw_tp/sys_enter: it is '
        'SEC("tp_btf"), which libbpf 1.1 loads for a target only, as in tp_btf/NAME; for another type '
        "change SEC() and compile it again\n"), said


def test_uprobes_that_name_their_function():
    folder = tempfile.TemporaryDirectory(prefix="ringmill-test.")
    program = own_copy(folder, "call-loop")
    run = lambda: subprocess.run([program, "5"], check=True)
    calls = [{"number": n, "which": 1} for n in range(5)]
    assert observe("uprobe_named", "--binary", program, act=run) == [
        *calls, {"number": 0, "which": 2}]
    # another function for one program alone: which one must be said
    assert ("--symbol: 2 programs have this in their section names; give it to one of them; for "
            "example, --symbol on_call=main\n") in refuse(
                "uprobe_named", "--binary", program, "--symbol", "main")
    assert observe("uprobe_named", "--binary", program, "--program", "on_end", "--symbol",
                   "on_number", act=run) == [{"number": n, "which": 2} for n in range(5)]
    assert 'program "on_call" (uprobe/on_number) needs "binary" or "pid"; ' in refuse("uprobe_named")


def test_a_raw_tracepoint_with_its_group():
    pr_set_name, own = 15, open("/proc/self/comm", "rb").read().rstrip(b"\n")
    events = observe("raw_arguments", "--tracepoint", "task/task_rename", "--filter",
                     f"tgid == {os.getpid()}", act=lambda: libc.prctl(pr_set_name, own))
    assert [event["new"] for event in events] == [own.decode()], events


def test_programs_that_are_loaded_when_asked_for():
    by_itself = [{"number": n, "which": 1} for n in range(20)]
    assert observe("asked") == by_itself
    events = observe("asked", "--program", "asked", "--program", "always")
    assert [event for event in events if event["which"] == 1] == by_itself
    assert [event["number"] for event in events if event["which"] == 2] == list(range(20))
    assert "of_another_kernel): this kernel does not have that tracepoint" in refuse(
        "asked", "--program", "elsewhere")


def test_variables_as_inputs():
    assert observe("inputs") == []
    assert observe("inputs", "--constant", "enabled=true") == [
        {"number": n, "step": 1, "mood": "MOOD_HIGH", "ports": [0, 0, 0], "word": "word"}
        for n in range(20)]
    settings = ("enabled=true", "step=-2", "mood=MOOD_LOW", "ports=[80, 443]", "word=other",
                "made=100")
    assert observe("inputs", *(word for one in settings for word in ("--constant", one))) == [
        {"number": 100 + n, "step": -2, "mood": "MOOD_LOW", "ports": [80, 443, 0], "word": "other"}
        for n in range(20)]


def test_a_survey_of_each_object():
    """What each can need is shown, and nothing that is not its author's."""
    for name in os.listdir(STYLES):
        if name.endswith(".bpf.o") and name not in ("legacy_maps.bpf.o", "named_maps.bpf.o"):
            shown = survey(name.removesuffix(".bpf.o"))
            assert shown["programs"] and all(ring["name"] for ring in shown["rings"]), name
            assert not {"mark_context", "task_struct"} & {one["name"] for one in shown["types"]}, (
                name, shown)
    assert survey("inputs")["constants"] == [
        {"name": "enabled", "section": ".bss", "type": "bool", "value": False},
        {"name": "made", "section": ".bss", "type": "__u64", "value": 0},
        {"name": "ports", "section": ".bss", "type": "__u16[3]", "value": [0, 0, 0]},
        {"name": "mood", "section": ".data", "type": "enum mood", "value": "MOOD_HIGH"},
        {"name": "step", "section": ".data", "type": "__s16", "value": 1},
        {"name": "word", "section": ".data.words", "type": "char[8]", "value": "word"},
        {"name": "mark_key", "section": ".rodata", "type": "__u64", "value": 0}]
    assert survey("filled")["constants"][1] == {
        "name": "options", "section": ".rodata", "type": "struct",
        "value": {"twice": 0, "inner": {"more": 0}}}, survey("filled")
    assert survey("unsized")["maps_without_size"] == ["seen", "events"]
    assert survey("pinned")["pinned_by_name"] == ["ringmill_runs", "ringmill_events"]
    programs = {one["name"]: one for one in survey("asked")["programs"]}
    assert [one for one in programs if programs[one]["on_request"]] == ["asked", "elsewhere"]
    assert programs["elsewhere"]["lacks"] == ["that tracepoint"], programs
    assert survey("xdp")["programs"][0]["needs"] == '"interface"'
    assert survey("uprobe_multi")["programs"][1]["needs"] == '"binary" or "pid", and "symbol"'
    lengths = [ring for ring in survey("calls")["rings"] if ring["name"] == "lengths"]
    assert lengths[0]["type"] is None and "24 or 32 bytes: by_branch" in lengths[0]["open"], lengths


def test_long_records():
    """As JSON 80 KB fit into an event of standard output, 300 KB do not: the first such one is
    reported at once."""
    daemon = harness.Daemon("run", "--object", style("long_record"), "--constant",
                            f"mark_key={os.getpid()}", program=harness.RINGMILL).wait_running()
    for number in range(9):
        mark(number)
    assert daemon.stop() == 1, daemon.stderr
    events = daemon.events()
    assert [event["number"] for event in events] == [0, 1, 3, 4, 6, 7], daemon.stderr
    assert [len(event["data"]) for event in events] == 3 * [0, 40000], daemon.stderr
    assert daemon.stderr.count(
        "ringmill: warning: sink stdout: did not get a record of 150008 bytes (struct long_event): "
        "its event is longer than 256 KiB; such records are counted as failed\n") == 1, daemon.stderr
    assert daemon.books()["pipeline run"]["failed"] == 3, daemon.stderr


def test_a_count_is_of_what_is_shown():
    daemon = harness.Daemon("run", "--object", style("long_record"), "--constant",
                            f"mark_key={os.getpid()}", "--count", "7",
                            program=harness.RINGMILL).wait_running()
    number = 2
    while daemon.process.poll() is None:
        mark(number)
        number += 1
    assert daemon.wait() == 1, daemon.stderr
    events = daemon.events()
    assert len(events) == 7 and all(event["number"] % 3 != 2 for event in events), daemon.stderr
    assert daemon.books()["pipeline run"]["failed"] > 0, daemon.stderr


def test_maps_without_size():
    numbers = [{"number": n, "seen": n % 3 + 1} for n in range(20)]
    sizes = ("--map-size", "seen=3", "--ring-size", "64KiB")
    assert observe("unsized", *sizes) == numbers
    assert observe("unsized", "--map-size", "seen=3", "--map-size", "events=64KiB") == numbers
    assert observe("unsized", *sizes[:2], "--map-size", "events=4KiB", *sizes[2:]) == numbers
    said = refuse("unsized", "--ring-size", "64KiB")
    assert '--object: map "seen" has no size in the object; say --map-size seen=1024\n' in said, said
    said = refuse("unsized")
    for map, size in (("ring", "events=4MiB"), ("map", "seen=1024")):
        name = size.split("=")[0]
        assert f'{map} "{name}" has no size in the object; say --map-size {size}\n' in said, said
    said = refuse("unsized", "--ring-size", "64KiB", "--map-size", "seen=4000000000")
    assert 'the kernel does not create the map "seen": ' in said, said
    assert "; set a smaller size in --map-size\n" in said, said


def test_one_size_for_several_rings():
    events = observe("two_rings", "--ring-size", "128KiB", "--ring", "evens=even_event", "--ring",
                     "odds=odd_event")
    assert sorted(event["number"] for event in events) == list(range(20))


def test_pins_by_name_are_private():
    numbers = [{"number": n, "runs": n + 1} for n in range(20)]
    for size in ("64KiB", "128KiB"):  # the second run does not find the maps of the first
        assert observe("pinned", "--ring-size", size) == numbers
        assert not {"ringmill_events", "ringmill_runs"} & set(os.listdir("/sys/fs/bpf"))


def test_a_map_pinned_where_the_config_wants_it():
    pin = f"/sys/fs/bpf/ringmill-runs-{os.getpid()}"

    def run(more=""):
        daemon = harness.Daemon(config=(
            f"version: 1\nsources: {{s: {{object: {style('pinned')}, {more}"
            f"constants: {{mark_key: {os.getpid()}}}, maps: {{ringmill_runs: {{pin: {pin}}}}}}}}}\n"
            "sinks: {out: {type: stdout}}\n"
            "pipelines: {p: {from: s, handlers: [{forward: out}]}}\n")).wait_running()
        for number in range(5):
            mark(number)
        assert daemon.stop() == 0, daemon.stderr
        return [event["runs"] for event in daemon.events()], daemon.stderr

    try:
        said = f"source s: uses the map that is pinned at {pin}"
        runs, stderr = run()
        assert runs == [1, 2, 3, 4, 5] and said not in stderr, (runs, stderr)
        runs, stderr = run()
        assert runs == [6, 7, 8, 9, 10] and said in stderr, (runs, stderr)
        assert "ringmill_events" not in os.listdir("/sys/fs/bpf")
    finally:
        os.unlink(pin)


def test_records_that_end_inside_their_last_field():
    """What is there of a text or list is shown, filtered by, and grouped by. A convention names the type
    of the other ring, and none that of this one."""
    assert ("ring texts: which type do the records have? found in BTF: list_event, text_event; for "
            "example, --ring texts=list_event --ring lists\n") in refuse("short_text")
    texts = observe("short_text", "--ring", "texts=text_event")
    assert texts == [{"number": n, "size": n & 15, "text": "abcdefghijklmno"[:n & 15] or None}
                     for n in range(20)], texts
    lists = observe("short_text", "--ring", "lists")
    assert lists == [{"number": n, "pad": 0, "list": [n + i for i in range(n & 15)] or None}
                     for n in range(20)], lists
    found = observe("short_text", "--ring", "texts=text_event", "--filter",
                    'text == "abc" || startswith(text, "abcdefghijklmn")')
    assert [event["number"] for event in found] == [3, 14, 15, 19], found
    found = observe("short_text", "--ring", "lists", "--filter", "len(list) == 2 || list[13] > 0")
    assert [event["number"] for event in found] == [2, 14, 15, 18], found


VALUES = ("--as", "args=texts:args_size", "--as", "stack=count:depth",
          "--as", "what=by:kind,CONNECT:connect,RENAME:rename")


def value_event(n):
    """What values.bpf.c puts into its record, as its author means it."""
    noise = "5a5a:5a5a:5a5a:5a5a:5a5a:5a5a"
    return {
        "number": n,
        "saddr": [f"10.0.0.{n}", f"a00:{n:x}:{noise}", None][n % 3],
        "daddr_v4": f"127.0.0.{n}" if n % 3 == 0 else None,
        "daddr_v6": f"7f00:{n:x}:{noise}" if n % 3 == 1 else None,
        "family": [2, 10, 1][n % 3], "depth": n % 5 - 1,
        "kind": ["KIND_NONE", "CONNECT", "RENAME"][n % 3],
        "what": {"connect": {"pid": n, "port": 80} if n % 3 == 1 else None,
                 "rename": {"from": "old", "to": "new"} if n % 3 == 2 else None},
        "stack": [n + i for i in range(max(n % 5 - 1, 0))],
        "comm": None, "deltas": [0, -1, -2, -3], "args_size": 12 if n & 1 else 3,
        "args": ["ls", "-l", "", "/tmp"] if n & 1 else ["ls"]}


def check_values(events):
    assert len(events) == 20, events
    for n, event in enumerate(events):
        assert event["comm"].startswith("python"), event
        assert dict(event, comm=None) == value_event(n), (event, value_event(n))


def test_values_that_another_field_decides_about():
    check_values(observe("values", *VALUES))


def test_such_values_in_filters_and_keys():
    for condition, holds in (
            ("what.connect.pid >= 0", lambda n: n % 3 == 1),
            ('what.rename.to == "new"', lambda n: n % 3 == 2),
            ("!has(what.rename)", lambda n: n % 3 != 2),
            ("saddr in 10.0.0.0/29", lambda n: n % 3 == 0 and n < 8),
            ("daddr_v4 == 127.0.0.9", lambda n: n == 9),
            ('args[3] == "/tmp"', lambda n: n & 1),
            ("len(args) == 1", lambda n: not n & 1),
            ("stack[2] > 0", lambda n: n % 5 == 4),
            ("len(stack) == 1", lambda n: n % 5 == 2)):
        events = observe("values", *VALUES, "--filter", condition)
        assert [event["number"] for event in events] == [n for n in range(20) if holds(n)], \
            (condition, events)
    rows = observe("values", *VALUES, "--by", "saddr", "--format", "json")
    addresses = [value_event(n)["saddr"] for n in range(20)]
    assert {row["saddr"]: row["count"] for row in rows} == \
        {address: addresses.count(address) for address in addresses}, rows


def test_such_values_in_a_capture():
    """A capture says it, too, also where the fields that decide have another name in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "values.rmc")
        daemon = harness.Daemon(config=f"""
version: 1
sources:
  values:
    object: {style("values")}
    constants: {{mark_key: {os.getpid()}}}
    as:
      args: {{texts: args_size}}
      stack: {{count: depth}}
      what: {{by: kind, CONNECT: connect, 2: rename}}
sinks: {{capture: {{type: capture, path: {path}}}}}
pipelines:
  all:
    from: values
    handlers: [{{select: {{rename: {{kind: sort, family: af}}}}}}, {{forward: capture}}]
""").wait_running()
        for number in range(20):
            mark(number)
        assert daemon.stop() == 0, daemon.stderr
        code, output, stderr = harness.run("replay", path, program=harness.RINGMILL)
    assert code == 0, stderr
    events = [json.loads(line) for line in output.splitlines()]
    for n, event in enumerate(events):
        del event["source"]
        event["comm"] = None
        wanted = value_event(n)
        wanted["sort"], wanted["af"] = wanted.pop("kind"), wanted.pop("family")
        assert event == wanted, (event, wanted)
    assert len(events) == 20


BITS = ("--as", "access=flags:access", "--as", "asked[]=flags:enum access")
NAMED = ("--as", "outcome=enum:outcome_t")


def test_names_of_an_enum_that_only_code_has():
    for name, options, condition, holds in (
            ("named_bits", BITS, "access & MAY_WRITE", lambda n: n & 2),
            ("named_bits", BITS, "access == MAY_READ | MAY_EXEC", lambda n: n == 5),
            ("named_bits", BITS, "asked[1] & MAY_WRITE && asked[0] & MAY_ALL", lambda n: n & 2),
            ("named_values", NAMED, "outcome == REFUSED", lambda n: n % 3 == 0)):
        events = observe(name, *options, "--filter", condition)
        assert [event["number"] for event in events] == [n for n in range(20) if holds(n)], \
            (condition, events)
    asked = [event["asked"] for event in observe("named_bits", *BITS, numbers=(1, 2))]
    assert asked == [["MAY_EXEC|MAY_ALL", 0], ["MAY_EXEC|MAY_ALL", "MAY_WRITE"]], asked
    rows = observe("named_values", *NAMED, "--by", "outcome", "--format", "json")
    assert {row["outcome"]: row["count"] for row in rows} == {
        "REFUSED": 7, "ALLOWED": 6, "ASKED": 6, 7: 1}, rows


def test_such_names_in_other_formats():
    with tempfile.TemporaryDirectory() as folder:
        paths = {kind: os.path.join(folder, kind) for kind in ("logfmt", "csv", "capture")}
        daemon = harness.Daemon(config=f"""
version: 1
sources:
  bits:
    object: {style("named_bits")}
    constants: {{mark_key: {os.getpid()}}}
    as: {{access: {{flags: access}}}}
sinks:
  logfmt: {{type: file, path: {paths["logfmt"]}, format: logfmt}}
  csv: {{type: file, path: {paths["csv"]}, format: csv}}
  capture: {{type: capture, path: {paths["capture"]}}}
pipelines:
  all: {{from: bits, handlers: [{{forward: [logfmt, csv, capture]}}]}}
""").wait_running()
        for number in range(4):
            mark(number)
        assert daemon.stop() == 0, daemon.stderr
        with open(paths["logfmt"], encoding="utf-8") as file:
            assert "number=3 access=MAY_EXEC|MAY_WRITE " in file.read().splitlines()[3]
        with open(paths["csv"], encoding="utf-8") as file:
            assert ",2,MAY_WRITE," in file.read().splitlines()[3]
        code, output, stderr = harness.run("replay", paths["capture"], "--filter",
                                           "access & MAY_EXEC", program=harness.RINGMILL)
    assert code == 0, stderr
    events = [json.loads(line) for line in output.splitlines()]
    assert [(event["number"], event["access"]) for event in events] == [
        (1, "MAY_EXEC"), (3, "MAY_EXEC|MAY_WRITE")], events


harness.main()
