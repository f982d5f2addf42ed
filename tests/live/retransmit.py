# SPDX-License-Identifier: Apache-2.0
"""Source retransmit: segments that a server's socket filter discards, and SYNs that nobody answers."""
import ctypes
import errno
import os
import socket
import struct

import harness
from network import FAMILIES, check_process, connected, read_all, watch

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27


def discard_all(end):
    """From now on the socket gets no packet."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # return 0 bytes
    end.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                   struct.pack("HxxxxxxP", 1, ctypes.addressof(program)))


def total_retrans(end):
    return struct.unpack_from("I", end.getsockopt(socket.SOL_TCP, socket.TCP_INFO, 104), 100)[0]


def discarded(family, size):
    """(client's port, server's port, how often the client sent again)"""
    client, server, port = connected(family)
    discard_all(server)
    client.sendall(b"x" * size)
    harness.wait_for(lambda: total_retrans(client) >= 2, "segments to be sent again")
    server.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
    read_all(server, size)
    own = client.getsockname()[1]
    client.shutdown(socket.SHUT_WR)
    assert server.recv(1) == b""
    count = total_retrans(client)
    server.close()
    client.close()
    return own, port, count


def test_established():
    with watch("retransmit", "tcp") as watched:
        made = {family: discarded(family, 100 + number) for number, family in enumerate(FAMILIES)}
    for number, (family, (client, server, count)) in enumerate(made.items()):
        events = watched.of("retransmit", sport=client)
        assert len(events) == count and count >= 2, (count, events)
        assert [event["retransmits"] for event in events] == list(range(1, count + 1)), events
        for event in events:
            assert (event["family"], event["saddr"], event["daddr"], event["dport"]) == \
                (family, FAMILIES[family][1], FAMILIES[family][1], server), event
            assert (event["state"], event["direction"], event["length"], event["error"]) == \
                ("TCP_ESTABLISHED", "OUTGOING", 100 + number, 0), event
            check_process(event)
        event = watched.one("tcp", sport=client)
        assert (event["retransmits"], event["bytes_sent"]) == (count, 100 + number), event


def test_syn():
    """A server whose queue is full discards SYNs."""
    with watch("retransmit") as watched:
        with socket.socket() as server, socket.socket() as first, socket.socket() as second, \
                socket.socket() as third:
            server.bind(("127.0.0.1", 0))
            server.listen(0)
            first.connect(server.getsockname())
            for other in (second, third):
                other.setblocking(False)
                assert other.connect_ex(server.getsockname()) in (0, errno.EINPROGRESS)
            harness.wait_for(lambda: total_retrans(third) >= 1, "a SYN to be sent again")
            own = third.getsockname()[1]
    event = watched.of("retransmit", sport=own)[0]
    assert (event["state"], event["length"], event["retransmits"]) == ("TCP_SYN_SENT", 0, 1), event
    check_process(event)


def test_synack():
    """A client that does not get the SYN-ACK. Nobody has accepted, so it is of who listens."""
    with watch("retransmit") as watched:
        with socket.socket() as server, socket.socket() as client:
            server.bind(("127.0.0.1", 0))
            server.listen()
            discard_all(client)
            client.setblocking(False)
            assert client.connect_ex(server.getsockname()) == errno.EINPROGRESS
            harness.wait_for(lambda: total_retrans(client) >= 1, "a SYN to be sent again")
            client.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
            client.setblocking(True)
            server.accept()[0].close()
            own, port = client.getsockname()[1], server.getsockname()[1]
    events = watched.of("retransmit", sport=port)
    assert events and [event["retransmits"] for event in events] == list(range(1, len(events) + 1)), events
    for event in events:
        assert (event["saddr"], event["daddr"], event["dport"], event["family"]) == \
            ("127.0.0.1", "127.0.0.1", own, "AF_INET"), event
        assert (event["state"], event["direction"], event["length"], event["error"]) == \
            ("TCP_SYN_RECV", "INCOMING", 0, 0), event
        check_process(event)


def test_older_than_the_source():
    client, server, _ = connected("AF_INET")
    own = client.getsockname()[1]
    with watch("retransmit") as watched:
        discard_all(server)
        client.sendall(b"x")
        harness.wait_for(lambda: total_retrans(client) >= 1, "a segment to be sent again")
    event = watched.of("retransmit", sport=own)[0]
    assert event["direction"] == "UNKNOWN", event
    check_process(event)


harness.main()
