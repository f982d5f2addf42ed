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
import network
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
        check(event, saddr=address, daddr=address, malformed=False, displaced=False, **common)
        if kind == "QUERY":
            check(event, rcode=None, answers=None, latency_ns=None, matched=False, addresses=[])
        else:
            addresses = [f"127.0.0.{number}" for number in range(values["answers"])]
            check(event, matched=True, addresses=addresses[:8], addresses_truncated=len(addresses) > 8,
                  **values)
            assert 0 < event["latency_ns"] <= elapsed, (event, elapsed)
        check_process(event, None if own == port else serving)


def test_udp():
    names = {"3.example.org": (A, "A", "NOERROR", 3), "Missing.ExAmple.org": (AAAA, "AAAA", "NXDOMAIN", 0),
             "refused": (HTTPS, "HTTPS", "REFUSED", 0), "": (TXT, "TXT", "NOERROR", 0),
             "x." + ".".join(["y" * 61] * 4): (A, "A", "NOERROR", 0), "long.org": (A, "A", "NOERROR", 0),
             "n.org": (999, 999, "NOERROR", 0), "12.many": (A, "A", "NOERROR", 12)}
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


class Stream:
    """A connection to port 53 of this process; `send` makes a segment of its own."""

    def __init__(self):
        with socket.socket() as made:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(("127.0.0.1", 53))
            made.listen()
            self.client = socket.create_connection(("127.0.0.1", 53))
            self.server = made.accept()[0]
        self.client.setsockopt(socket.SOL_TCP, socket.TCP_NODELAY, 1)
        self.port = self.client.getsockname()[1]

    def send(self, data):
        self.client.sendall(data)
        network.read_all(self.server, len(data))

    def close(self):
        self.client.close()
        self.server.close()


def framed(message):
    return struct.pack(">H", len(message)) + message


def check_ids(watched, port, ids):
    """At both ends, in this order."""
    for event in watched.of("dns"):
        check(event, malformed=False, ip_proto_name="tcp")
        check_process(event)
    for own in ({"sport": port}, {"dport": port}):
        assert [event["id"] for event in watched.of("dns", **own)] == ids, (own, ids, watched.events)


def test_tcp_segments():
    """Several messages in a segment, a length alone, a message that is cut."""
    messages = [framed(query(number, f"{number}.seg.org") + bytes(60)) for number in range(30)]
    with watch("dns") as watched:
        stream = Stream()
        stream.send(messages[0] + messages[1])
        stream.send(messages[2][:2])
        stream.send(messages[2][2:])
        stream.send(messages[3] + messages[4][:70])
        stream.send(messages[4][70:] + messages[5] + messages[6][:2])
        stream.send(messages[6][2:] + messages[7])
        stream.send(b"".join(messages[8:24]))
        stream.send(messages[24])
        stream.close()
    check_ids(watched, stream.port, list(range(25)))


def test_tcp_what_looks_like_a_message():
    """Segments within a message that begin like one."""
    looks = (framed(query(99, "no.org")) * 50)[:1000]
    with watch("dns") as watched:
        stream = Stream()
        whole = query(1, "1.looks.org")
        stream.send(struct.pack(">H", len(whole) + 50 * len(looks)) + whole)
        for _ in range(50):
            stream.send(looks)
        stream.send(framed(query(2, "2.looks.org")))
        stream.close()
    check_ids(watched, stream.port, [1, 2])


def test_tcp_older_than_the_source():
    """It begins anew at a segment with a message; the process has the sockets open."""
    stream = Stream()
    message = framed(query(1, "old.org") + bytes(60))
    stream.send(message[:80])
    with watch("dns") as watched:
        stream.send(message[80:])
        stream.send(framed(query(2, "old.org")))
        stream.close()
    check_ids(watched, stream.port, [2])


def test_addresses():
    """Those of both families, after records of other types and names of all forms."""
    def record(name, kind, data):
        return name + struct.pack(">2HIH", kind, 1, 60, len(data)) + data

    records = [record(b"\xc0\x0c", 5, labels("b.org")), record(labels("b.org"), A, bytes([192, 0, 2, 1])),
               record(b"\x01c\xc0\x0c", AAAA, socket.inet_pton(socket.AF_INET6, "2001:db8::1")),
               record(b"\0", TXT, b"\3abc"), record(b"\xc0\x0c", A, b"abc"), record(b"\xc0\x0c", A, bytes(4))]
    found = ["192.0.2.1", "2001:db8::1", "0.0.0.0"]
    head = struct.pack(">6H", 7, 0x8180, 1, len(records), 0, 0) + labels("a.org") + struct.pack(">2H", A, 1)
    whole = head + b"".join(records)
    answers = {"whole": (whole, found, False), "cut": (whole[:-1], found[:2], True),
               "nothing": (head, [], True), "loop": (head + b"\1a" * 60, [], True)}
    with watch("dns") as watched:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server_end:
            server_end.bind(("127.0.0.1", 53))
            ports = {}
            for what, (message, _, _) in answers.items():
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                    client.bind(("127.0.0.1", 0))
                    server_end.sendto(message, client.getsockname())
                    ports[what] = client.getsockname()[1]
    for what, (_, addresses, truncated) in answers.items():
        check(watched.one("dns", sport=ports[what]), addresses=addresses, address_count=len(addresses),
              addresses_truncated=truncated, name="a.org", malformed=False)


def test_queries_that_are_forgotten():
    """Each that was is counted, and the query says so for which it was."""
    with watch("dns", queries=4) as watched:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            nobody.bind(("127.0.0.1", 53))
            client.connect(("127.0.0.1", 53))
            port = client.getsockname()[1]
            for number in range(7):
                client.send(query(number, "a.org"))
        watched.wait_for_line("queries were forgotten")
    assert sum(event["displaced"] for event in watched.of("dns")) >= 2 * 7 - 4
    assert not watched.of("dns", sport=port)[0]["matched"]


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
