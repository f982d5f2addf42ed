# SPDX-License-Identifier: Apache-2.0
"""Each kind of hook that records come from, by what a process does."""
import os
import platform

from truths import style
from truths.records import NO_TYPE
from truths.scenes import DEEDS, FACTS, MARKS, TEXTS, busy, calls, comm, deeds, texts, threads

PRCTL = {"x86_64": 157, "aarch64": 167}.get(platform.machine())


@style(without_dwarf=NO_TYPE)
def raw_sys_enter(events):
    assert events == [{"number": n, "syscall": PRCTL, "tgid": os.getpid(), "tid": os.getpid(),
                       "comm": comm()} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def tp_btf(events):
    assert [(event["number"], event["id"]) for event in events] == [(n, PRCTL) for n in range(MARKS)]
    for event in events:
        assert event["cgroup_id"] > 0 and event["cgroup_path"].startswith("/"), event


@style(without_dwarf=NO_TYPE, count=MARKS)
def timer(events):
    assert len(events) == MARKS and {event["number"] for event in events} <= set(range(MARKS))
    assert all(event["waited"] >= 1000000 for event in events)


@style(without_dwarf=NO_TYPE)
def task_storage(events):
    assert events == [{"number": n, "calls": n + 1, "last": max(n - 1, 0)} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def syscall_pair(events):
    assert [event.pop("delta_ns") > 0 for event in events] == [True] * MARKS
    assert events == [{"number": n, "ret": -22, "errno": 22, "errno_name": "EINVAL"} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def kconfig(events):
    assert events == [{"number": n, "version": int(os.uname().release.split(".")[0]),
                       "of_no_kernel": False, "syscall": True} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def ksyms(events):
    major, minor = (int(part) for part in os.uname().release.split(".")[:2])
    has = (major, minor) >= (6, 2)
    assert events == [{"number": n, "pid": os.getpid() if has else 0, "acquired": has,
                       "of_no_kernel": False}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def perf_counters(events):
    enoent = 2  # nobody put an event into the array
    assert events == [{"number": n, "error": -enoent, "cycles": 0} for n in range(MARKS)]


def own(events, field="pid"):
    return [event for event in events if event[field] == os.getpid()]


@style(scene=deeds, without_dwarf=NO_TYPE)
def user_paths(events):
    at_fdcwd = -100
    paths = [os.path.join(FACTS["folder"], f"d{n}") for n in range(DEEDS)]
    assert own(events) == [{"pid": os.getpid(), "mode": 0o700 + n, "dfd": at_fdcwd,
                            "length": len(path) + 1, "path": path} for n, path in enumerate(paths)]


@style(scene=deeds, without_dwarf=NO_TYPE)
def renamed(events):
    names = [comm(), *(f"style-{n}" for n in range(DEEDS)), comm()]
    with open("/proc/self/oom_score_adj", encoding="utf-8") as file:
        score = int(file.read())
    assert own(events, "tgid") == [
        {"tgid": os.getpid(), "pid": os.getpid(), "oldcomm": old, "newcomm": new,
         "oom_score_adj": score} for old, new in zip(names, names[1:])]


@style(scene=deeds, without_dwarf=NO_TYPE)
def signals(events):
    sigwinch = 28
    wanted = [event for event in own(events, "sender") if event["sig"] == sigwinch]
    for way in "BY_FIELDS", "BY_ARGUMENTS":
        assert [event for event in wanted if event["way"] == way] == DEEDS * [
            {"sender": os.getpid(), "target": os.getpid(), "sig": sigwinch, "way": way}]


@style(scene=deeds, without_dwarf=NO_TYPE)
def lifecycle(events):
    pid, program = FACTS["life"]
    nothing = {"pid": pid, "ppid": os.getpid(), "exit_code": 0, "is_thread": False, "filename": ""}
    name = os.path.basename(program)[:15]
    assert [event for event in events if event["pid"] == pid] == [
        {**nothing, "what": "LIFE_FORK", "comm": comm()},
        {**nothing, "what": "LIFE_EXEC", "comm": name, "filename": program},
        {**nothing, "what": "LIFE_EXIT", "comm": name, "exit_code": 7}]


@style("--constant=targ_tgid={pid}", scene=deeds, without_dwarf=NO_TYPE)
def off_cpu(events):
    assert {event["tgid"] for event in events} == {os.getpid()}
    slept = [event for event in events if event["delta_us"] >= 900 and event["pid"] == os.getpid()]
    assert len(slept) >= DEEDS


@style(scene=deeds, without_dwarf=NO_TYPE)
def writable(events):
    assert own(events) == DEEDS * [{"pid": os.getpid(), "err": 0}]


@style(scene=deeds, without_dwarf=NO_TYPE)
def libc_probe(events):
    assert own(events) == [{"pid": os.getpid(), "length": 7, "text": f"text {n}"}
                           for n in range(DEEDS)]


@style("--perf=99", scene=busy, without_dwarf=NO_TYPE)
def sampled(events):
    ours = own(events)
    assert ours and all(event["period"] > 0 and event["ip"] > 0 and event["comm"] == comm()
                        for event in ours), ours
    assert any(event["tid"] == os.getpid() for event in ours), ours
    assert {event["cpu_id"] for event in events} <= set(range(os.cpu_count()))


@style("--binary={binary}", "--symbol=on_number", scene=calls)
def uprobe(events):
    assert [event["number"] for event in events] == list(range(MARKS))


@style("--binary={binary}", scene=calls)
def uprobe_named(events):
    assert events == [*({"number": n, "which": 1} for n in range(MARKS)), {"number": 0, "which": 2}]


@style("--binary={binary}", scene=texts, without_dwarf=NO_TYPE)
def tls_texts(events):
    assert events == [
        {"pid": FACTS["texts"], "descriptor": n, "data_len": len(f"{what} {n}"), "is_read": is_read,
         "data": f"{what} {n}"} for n in range(TEXTS) for is_read, what in enumerate(("sent", "got"))]


@style("--binary={binary}", "--usdt=secrets:sent", scene=texts, without_dwarf=NO_TYPE)
def usdt_marker(events):
    assert events == [{"pid": FACTS["texts"], "descriptor": n, "length": len(f"sent {n}"),
                       "text": f"sent {n}"} for n in range(TEXTS)]


@style("--attach=second=none", without_dwarf=NO_TYPE)
def tail_call(events):
    assert events == [event for n in range(MARKS) for event in (
        {"number": n, "stage": 1, "kept": 0}, {"number": n, "stage": 2, "kept": n + 500})]


@style(scene=threads, count=3)
def iterator(events):
    """The main thread, and the two that read what ringmill says."""
    assert os.getpid() in {event["number"] for event in events} and events[0]["run"] == 0
    assert [event["comm"] for event in events] == 3 * [comm()]


@style("--attach=other=tracepoint/syscalls/sys_enter_prctl")
def cookies(events):
    assert events == [{"cookie": 0, "number": n} for n in range(MARKS) for _ in range(2)]


@style("--binary={binary}", "--binary=on_call={binary}", "--symbol=on_end=main", scene=calls)
def uprobe_multi(events):
    assert events == [*({"cookie": 0, "number": n, "which": 1} for n in range(MARKS)),
                      {"cookie": 0, "number": 0, "which": 2}]


@style(scene=deeds, without_dwarf=NO_TYPE)
def failed_opens(events):
    enoent = 2
    wanted = [event for event in own(events, "tgid") if event["fname"].startswith(FACTS["folder"])]
    assert wanted == [{"tgid": os.getpid(), "err": -enoent, "flags": os.O_RDONLY | os.O_CLOEXEC,
                       "fname": os.path.join(FACTS["folder"], f"absent-{n}")} for n in range(DEEDS)]


@style(scene=deeds, without_dwarf=NO_TYPE)
def raw_arguments(events):
    names = [comm(), *(f"style-{n}" for n in range(DEEDS)), comm()]
    assert own(events, "tgid") == [{"tgid": os.getpid(), "pid": os.getpid(), "old": old, "new": new}
                                   for old, new in zip(names, names[1:])]


@style("--binary={binary}", scene=texts, without_dwarf=NO_TYPE)
def sleepable_uprobe(events):
    pid = FACTS["texts"]
    assert events == [{"pid_tgid": pid << 32 | pid, "length": len(f"sent {n}"), "text": f"sent {n}"}
                      for n in range(TEXTS)]
