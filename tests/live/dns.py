# SPDX-License-Identifier: Apache-2.0
"""Source dns: a server on loopback and those who ask it, at both ends, field by field."""
import contextlib
import os
import select
import signal
import socket
import struct
import time

import harness
from network import FAMILIES, check_process, watch

A, AAAA, TXT, HTTPS = 1, 28, 16, 65
NOERROR, NXDOMAIN, REFUSED = 0, 3, 5


def labels(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def query(number, name, kind=A, questions=1):
    return struct.pack(">6H", number, 0x0100, questions, 0, 0, 0) + labels(name) + struct.pack(">2H", kind, 1)


def answer(asked):
    """That of the server: as many addresses as the name's first label says, or an error."""
    number, = struct.unpack_from(">H", asked)
    first = asked[13:13 + asked[12]].lower()
    count = int(first) if first.isdigit() else 0
    rcode = {b"missing": NXDOMAIN, b"refused": REFUSED}.get(first, NOERROR)
    flags = 0x8180 | rcode | (0x0200 if first == b"long" else 0)
    return struct.pack(">6H", number, flags, 1, count, 0, 0) + asked[12:] + \
        b"".join(b"\xc0\x0c" + struct.pack(">2HIH4B", A, 1, 60, 4, 127, 0, 0, n) for n in range(count))


def serve(ready):
    sockets = []
    for number, address, _ in FAMILIES.values():
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            made = socket.socket(number, kind)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((address, 53))
            sockets.append(made)
            if kind == socket.SOCK_STREAM:
                made.listen()
    os.write(ready, b"1")
    while True:
        for made in select.select(sockets, [], [])[0]:
            if made.type == socket.SOCK_DGRAM:
                asked, peer = made.recvfrom(2000)
                if len(asked) > 16:
                    made.sendto(answer(asked), peer)
                continue
            with made.accept()[0] as client:
                size, = struct.unpack(">H", client.recv(2))
                reply = answer(client.recv(size))
                client.sendall(struct.pack(">H", len(reply)) + reply)


@contextlib.contextmanager
def server():
    """Yields its pid, once it listens."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            serve(write)
        finally:
            os._exit(1)
    os.close(write)
    try:
        assert os.read(read, 1) == b"1", "the server does not run"
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(read)


def ask(family, message, has_answer=True):
    """(the own port, how many ns it took)"""
    with socket.socket(FAMILIES[family][0], socket.SOCK_DGRAM) as client:
        client.connect((FAMILIES[family][1], 53))
        before = time.monotonic_ns()
        client.send(message)
        if has_answer:
            client.recv(2000)
        return client.getsockname()[1], time.monotonic_ns() - before


def check(event, **values):
    for key, value in values.items():
        assert event[key] == value, (key, value, event)


def check_exchange(watched, port, elapsed, serving, **values):
    """All four records of a query and its answer."""
    common = {key: values.pop(key) for key in ("family", "id", "name", "type", "ip_proto_name")}
    address = FAMILIES[common["family"]][1]
    for own, kind, direction in ((port, "QUERY", "OUTGOING"), (53, "QUERY", "INCOMING"),
                                 (53, "ANSWER", "OUTGOING"), (port, "ANSWER", "INCOMING")):
        other = 53 + port - own
        event = watched.one("dns", kind=kind, direction=direction, sport=own, dport=other)
        check(event, saddr=address, daddr=address, malformed=False, **common)
        if kind == "QUERY":
            check(event, rcode=None, answers=None, latency_ns=None, matched=False)
        else:
            check(event, matched=True, **values)
            assert 0 < event["latency_ns"] <= elapsed, (event, elapsed)
        if own == port:
            check_process(event)
        elif common["ip_proto_name"] == "udp":
            check_process(event, serving)


def test_udp():
    names = {"3.example.org": (A, "A", "NOERROR", 3), "Missing.ExAmple.org": (AAAA, "AAAA", "NXDOMAIN", 0),
             "refused": (HTTPS, "HTTPS", "REFUSED", 0), "": (TXT, "TXT", "NOERROR", 0),
             "x." + ".".join(["y" * 61] * 4): (A, "A", "NOERROR", 0), "long.org": (A, "A", "NOERROR", 0),
             "n.org": (999, 999, "NOERROR", 0)}
    with watch("dns") as watched, server() as serving:
        asked = {(family, name): ask(family, query(number, name, kind))
                 for family in FAMILIES
                 for number, (name, (kind, *_)) in enumerate(names.items())}
    assert len(watched.of("dns")) == 4 * len(asked)
    for (family, name), (port, elapsed) in asked.items():
        _, kind, rcode, answers = names[name]
        check_exchange(watched, port, elapsed, serving, family=family, id=list(names).index(name),
                       name=name, type=kind, ip_proto_name="udp", rcode=rcode, answers=answers,
                       truncated=name == "long.org")


def test_tcp():
    made = {}
    with watch("dns") as watched, server() as serving:
        for number, (family, address, _) in enumerate(FAMILIES.values()):
            with socket.socket(family) as client:
                client.connect((address, 53))
                message = query(77 + number, "2.tcp.org", AAAA)
                before = time.monotonic_ns()
                client.sendall(struct.pack(">H", len(message)) + message)
                assert len(client.recv(2000)) > 2
                port, elapsed = client.getsockname()[1], time.monotonic_ns() - before
            made[port] = (list(FAMILIES)[number], 77 + number, elapsed)
    for port, (family, number, elapsed) in made.items():
        check_exchange(watched, port, elapsed, serving, family=family, id=number, name="2.tcp.org",
                       type="AAAA", ip_proto_name="tcp", rcode="NOERROR", answers=2, truncated=False)


def test_malformed():
    """What is not a question of one plain name is marked, and does nobody harm."""
    header = struct.pack(">6H", 9, 0x0100, 1, 0, 0, 0)
    bad = {
        "no question": struct.pack(">6H", 9, 0x0100, 0, 0, 0, 0) + bytes(5),
        "two questions": query(9, "a.b", questions=2),
        "header only": header,
        "label beyond the end": header + b"\x3fabc",
        "pointer": header + b"\xc0\x0c" + bytes(4),
        "name without end": header + b"\x01a" * 200,
        "dot in a label": header + b"\x03a.b\x00" + struct.pack(">2H", A, 1),
        "NUL in a label": header + b"\x03a\x00b\x00" + struct.pack(">2H", A, 1),
        "no type": header + b"\x01a\x00",
        "random": os.urandom(60),
    }
    with watch("dns") as watched:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
            nobody.bind(("127.0.0.1", 53))
            ports = {what: ask("AF_INET", message, False)[0] for what, message in bad.items()}
            short = ask("AF_INET", header[:11], False)[0]
            bad_utf8 = ask("AF_INET", header + b"\x02\xff\x01\x00" + struct.pack(">2H", A, 1), False)[0]
    for what, port in ports.items():
        if what == "random":
            continue
        event = watched.one("dns", sport=port)
        check(event, malformed=True, name=None, type=None, id=9)
    assert not watched.of("dns", sport=short)
    check(watched.one("dns", sport=bad_utf8), malformed=False, name="\\xff\x01")


def test_an_answer_that_nobody_asked_for():
    with watch("dns") as watched:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
            liar.bind(("127.0.0.1", 53))
            victim.bind(("127.0.0.1", 0))
            liar.sendto(answer(query(5, "1.a")), victim.getsockname())
            victim.recv(100)
            port = victim.getsockname()[1]
    event = watched.one("dns", sport=port)
    check(event, kind="ANSWER", matched=False, latency_ns=None, answers=1, rcode="NOERROR", name="1.a")


def test_flood():
    count = 5000
    with watch("dns", ring_size="64MiB") as watched, server():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(("127.0.0.1", 53))
            port = client.getsockname()[1]
            for number in range(count):
                client.send(query(number, f"{number % 9}.flood.org"))
                client.recv(1000)
    answers = watched.of("dns", sport=port, kind="ANSWER")
    assert [event["id"] for event in answers] == list(range(count))
    assert all(event["matched"] for event in answers)
    books = watched.books["source dns"]
    assert books["produced"] == books["seen"] + books["lost"] and books["lost"] == 0, books


harness.main()
