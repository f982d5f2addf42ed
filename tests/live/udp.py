# SPDX-License-Identifier: Apache-2.0
"""Source udp: the first packet of each flow, at both ends, field by field."""
import os
import socket

import harness
import network
from network import FAMILIES, check_process, watch

FLOWS_MAX = 65536  # bpf/udp.bpf.c


def datagram(family, connected=None):
    made = socket.socket(FAMILIES[family][0], socket.SOCK_DGRAM)
    if connected:
        made.connect(connected)
    else:
        made.bind((FAMILIES[family][1], 0))
    return made


def check(event, **values):
    for key, value in values.items():
        assert event[key] == value, (key, value, event)


def exchange(family, is_connected):
    """The ports of client and server, after two datagrams in each direction."""
    with datagram(family) as server, \
            datagram(family, server.getsockname() if is_connected else None) as client:
        for size in (5, 500):
            if is_connected:
                client.send(b"q" * size)
            else:
                client.sendto(b"q" * size, server.getsockname())
            _, peer = server.recvfrom(1000)
            server.sendto(b"a" * (size + 1), peer)
            client.recv(1000)
        return client.getsockname()[1], server.getsockname()[1]


def test_both_ends():
    """Of both families, of connected sockets and others: four flows, the first packet of each."""
    with watch("udp") as watched:
        ports = {(family, is_connected): exchange(family, is_connected)
                 for family in FAMILIES for is_connected in (False, True)}
    assert len(watched.of("udp")) == 16, watched.events
    for (family, _), (client, server) in ports.items():
        address = FAMILIES[family][1]
        for sport, dport, direction, length in ((client, server, "OUTGOING", 5),
                                                (server, client, "INCOMING", 5),
                                                (server, client, "OUTGOING", 6),
                                                (client, server, "INCOMING", 6)):
            event = watched.one("udp", sport=sport, dport=dport, direction=direction)
            check(event, family=family, saddr=address, daddr=address, length=length, displaced=False)
            check_process(event)


def test_ipv4_over_an_ipv6_socket():
    with watch("udp") as watched:
        with datagram("AF_INET") as server, \
                socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
            client.sendto(b"", ("::ffff:127.0.0.1", server.getsockname()[1]))
            server.recv(1)
            port = server.getsockname()[1]
    check(watched.one("udp", dport=port), family="AF_INET", saddr="127.0.0.1", length=0)


def test_who():
    """A socket that only receives is that of the process that made it, or of one that had it open when the
    source started, until another one sends from it."""
    old = datagram("AF_INET")
    read, write = os.pipe()
    with watch("udp") as watched:
        pid = os.fork()
        if pid == 0:
            server = datagram("AF_INET")
            os.write(write, b"%d" % server.getsockname()[1])
            server.recv(1)
            os._exit(0)
        port = int(os.read(read, 10))
        with datagram("AF_INET") as client:
            client.sendto(b"1", ("127.0.0.1", port))
            client.sendto(b"2", old.getsockname())
            _, peer = old.recvfrom(1)
            sender = os.fork()
            if sender == 0:
                old.sendto(b"3", peer)
                os._exit(0)
            for child in (pid, sender):
                assert os.waitpid(child, 0)[1] == 0
        with datagram("AF_INET") as client:
            client.sendto(b"4", old.getsockname())
            old.recv(1)
    check_process(watched.one("udp", dport=port))
    check_process(watched.one("udp", sport=port), pid)
    first, second = watched.of("udp", sport=old.getsockname()[1], direction="INCOMING")
    check_process(first)
    check_process(second, sender)


def test_flood_of_flows():
    """More flows than are remembered: each has a record, and those for which another flow had to be
    forgotten say so."""
    count = FLOWS_MAX + 10_000
    with watch("udp", ring_size="128MiB") as watched:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind(("127.0.0.1", 0))
            own = client.getsockname()[1]
            for number in range(count):
                client.sendto(b"x", (f"127.0.{number >> 15}.1", 1024 + (number & 0x7fff)))
    flows = watched.of("udp", sport=own, direction="OUTGOING")
    books = watched.books["source udp"]
    assert books["produced"] == books["seen"] + books["lost"] and books["lost"] == 0, books
    peers = {(event["daddr"], event["dport"]) for event in flows}
    assert len(flows) == len(peers) == count, (len(flows), len(peers))
    displaced = sum(event["displaced"] for event in flows)
    assert count - FLOWS_MAX <= displaced < count / 2, displaced


def test_many_packets_are_one_flow():
    with watch("udp") as watched:
        with datagram("AF_INET6") as server, datagram("AF_INET6") as client:
            port = server.getsockname()[1]
            for _ in range(20_000):
                client.sendto(b"x", server.getsockname())
    assert len(watched.of("udp", dport=port)) == len(watched.of("udp", sport=port)) == 1


harness.main()
