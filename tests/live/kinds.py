# SPDX-License-Identifier: Apache-2.0
"""Programs of all kinds (tests/bpf/styles), and the options that attach them where they belong."""
import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import tempfile

import harness

MARK = 0x726D
STYLES = os.path.join(os.path.abspath(harness.BIN), "styles")
PAYLOADS = range(100, 105)  # bytes of the packets that a test sends; nobody else is in its network
UDP, ETHERNET = 20 + 8, 14
libc = ctypes.CDLL(None, use_errno=True)


def style(name):
    return os.path.join(STYLES, name + ".bpf.o")


@contextlib.contextmanager
def observe(name, *arguments):
    """Runs `ringmill run --object`; yields a list that has the events afterwards."""
    daemon = harness.Daemon("run", "--object", style(name), *arguments,
                            program=harness.RINGMILL).wait_running()
    events = []
    yield events
    assert daemon.stop() == 0, daemon.stderr
    for event in daemon.events():
        assert event.pop("source") == name, event
        events.append(event)


def refuse(name, *arguments):
    code, _, stderr = harness.run("run", "--object", style(name), *arguments,
                                  program=harness.RINGMILL)
    assert code != 0
    return stderr


def send_packets():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", 0))
            for size in PAYLOADS:
                sender.sendto(bytes(size), receiver.getsockname())


def mark(number):
    libc.prctl(MARK, ctypes.c_ulong(number), ctypes.c_ulong(os.getpid()), 0, 0)


def test_socket_filter():
    assert '(socket) needs "interface"; as in --interface eth0\n' in refuse("socket_filter")
    with observe("socket_filter", "--interface", "lo") as events:
        send_packets()
    lengths = [ETHERNET + UDP + size for size in PAYLOADS]
    here, outgoing = 0, 4
    for kind in here, outgoing:
        assert [event["length"] for event in events if event["kind"] == kind] == lengths, events
    assert {event["interface"] for event in events} == {socket.if_nametoindex("lo")}


def test_names_of_tc_programs():
    said = refuse("tc_names", "--interface", "lo")
    for line in ('program "plain_tc" (tc) needs "direction"; as in --direction ingress\n',
                 'the section name of program "loader", "tc_ingress", does not tell its type and '
                 "where it is to be attached, or is newer than libbpf 1.1; as in --attach loader=tc/ingress --interface eth0\n"):
        assert line in said, said
    with observe("tc_names", "--interface", "lo", "--direction", "plain_tc=egress", "--direction",
                 "plain_classifier=ingress", "--direction", "plain_action=ingress", "--attach",
                 "loader=tc/egress") as events:
        send_packets()
    lengths = [ETHERNET + UDP + size for size in PAYLOADS]
    for which in range(1, 9):
        assert [event["length"] for event in events if event["which"] == which] == lengths, which


def test_interfaces_by_program():
    with observe("tc_names", "--program", "tc_egress", "--program", "tcx_ingress", "--program",
                 "loader", "--attach", "loader=socket", "--interface", "tcx_ingress=lo",
                 "--interface", "tc_egress=lo", "--interface", "loader=lo") as events:
        send_packets()
    assert {event["which"] for event in events} == {2, 3, 8}
    assert "ringmill: error: --direction plain_tc may be given only once\n" in refuse(
        "tc_names", "--direction", "plain_tc=egress", "--direction", "plain_tc=ingress")
    assert "ringmill: error: --attach loader: expected P=SECTION\n" in refuse(
        "tc_names", "--attach", "loader")


def test_netfilter():
    assert '(netfilter) needs "netfilter"; as in --netfilter ipv4/input\n' in refuse("netfilter")
    for place, hook in ("ipv4/input", 1), ("ipv4/output/-50", 3):
        with observe("netfilter", "--netfilter", place) as events:
            send_packets()
        assert events == [{"length": UDP + size, "hook": hook, "family": socket.AF_INET}
                          for size in PAYLOADS], events
    assert '"ipv4/inptu" is not a netfilter hook; write FAMILY/HOOK' in refuse(
        "netfilter", "--netfilter", "ipv4/inptu")
    with observe("netfilter", "--attach", "on_packet=netfilter/ipv4/input"):
        assert "another BPF program has the priority 100 at this netfilter hook" in refuse(
            "netfilter", "--netfilter", "ipv4/input")


def test_iterators_are_run_every_so_often():
    daemon = harness.Daemon("run", "--object", style("iterator"), "--constant",
                            f"mark_key={os.getpid()}", "--every", "10ms", "--count", "5",
                            program=harness.RINGMILL)
    assert daemon.wait() == 0, daemon.stderr
    events = [event for event in daemon.events() if event["number"] == os.getpid()]
    assert [event["run"] for event in events] == list(range(len(events))) and events, events
    assert events[0]["comm"].startswith("python"), events


def test_an_iterator_over_a_map():
    arguments = ("--program", "each_element", "--every", "1h")
    assert '(iter/bpf_map_elem) needs "elements"; as in --elements connections\n' in refuse(
        "iterator", *arguments)
    assert 'the object has no map "number"; allowed are events, numbers; did you mean "numbers"?' in (
        refuse("iterator", *arguments, "--elements", "number"))
    daemon = harness.Daemon("run", "--object", style("iterator"), *arguments, "--elements",
                            "numbers", "--count", "3", program=harness.RINGMILL)
    assert daemon.wait() == 0, daemon.stderr
    assert [(event["run"], event["number"]) for event in daemon.events()] == [
        (0, 0), (1, 0), (2, 0)], daemon.events()


def test_iterators_cannot_be_kept():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(f"version: 1\nsources: {{s: {{object: {style('iterator')}, keep: pin}}}}\n"
                   "sinks: {out: {type: stdout}}\n"
                   "pipelines: {p: {from: s, handlers: [{forward: out}]}}\n")
        file.flush()
        code, _, stderr = harness.run("--check", "--config", file.name)
    assert code == 3 and "it is an iterator, and it runs only while ringmill runs it" in stderr, stderr


def test_uprobes_at_many_functions():
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        program = shutil.copy(os.path.join(harness.BIN, "call-loop"), folder)
        with observe("uprobe_multi", "--binary", program, "--binary", f"on_call={program}",
                     "--symbol", "on_end=mai*", "--cookie", "on_call=7") as events:
            subprocess.run([program, "5"], check=True)
        assert events == [
            *({"cookie": 7, "number": n, "which": 1} for n in range(5)),
            {"cookie": 0, "number": 0, "which": 2}], events
        said = refuse("uprobe_multi", "--program", "on_end", "--binary", program, "--symbol",
                      "no_*")
        assert f'no function of {program} matches "no_*"; list them with: nm -D {program}' in said
    assert 'no program or library is named "call-loop"; write its path' in refuse(
        "uprobe_multi", "--program", "on_call")


def test_cookies_and_sections_by_program():
    with observe("cookies", "--constant", f"mark_key={os.getpid()}", "--attach",
                 "other=tracepoint/syscalls/sys_enter_prctl", "--cookie", "one=11", "--cookie",
                 "other=22") as events:
        for number in range(3):
            mark(number)
    for cookie in 11, 22:
        assert [event["number"] for event in events if event["cookie"] == cookie] == [0, 1, 2], events
    assert len(events) == 6
    assert ('"my_section", does not tell its type and where it is to be attached, or is newer '
            "than libbpf 1.1; as in --attach other=tracepoint/sched/sched_switch\n") in refuse("cookies")


harness.main()
