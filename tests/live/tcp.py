# SPDX-License-Identifier: Apache-2.0
"""Sources tcp, listen, accept and connect: what one load on loopback makes of them, field by field."""
import errno
import os
import signal
import socket
import struct
import time

import harness
from network import FAMILIES, check_process, connected, listener, read_all, watch


def ends(event):
    return (event["family"], event["saddr"], event["sport"], event["daddr"], event["dport"])


def check_counts(event, sent, received):
    assert (event["bytes_sent"], event["bytes_received"]) == (sent, received), event


# ---- tcp -----------------------------------------------------------------------------------------


def live(family, to_server, to_client):
    """A connection of a known length: what was sent, half closed by the client, answered after that.
    (the ports, what the client sent again, the least and the most ns that it lasted)"""
    before = time.monotonic_ns()
    client, server, port = connected(family)
    made = time.monotonic_ns()
    ports = client.getsockname()[1], port
    pid = os.fork()
    if pid == 0:
        read_all(server, to_server)
        assert server.recv(1) == b""
        server.sendall(b"a" * to_client)
        os._exit(0)  # the parent still has it
    client.sendall(b"q" * to_server)
    client.shutdown(socket.SHUT_WR)
    read_all(client, to_client)
    assert os.waitpid(pid, 0)[1] == 0
    least = time.monotonic_ns() - made
    server.close()
    assert client.recv(1) == b""
    total_retrans = struct.unpack_from("I", client.getsockopt(socket.SOL_TCP, socket.TCP_INFO, 104), 100)
    client.close()
    return ports, total_retrans[0], least, time.monotonic_ns() - before


def check_lives(family):
    sizes = [(0, 0), (1, 0), (0, 1), (3_000_000, 700_001), (12345, 54321)]
    with watch("tcp") as watched:
        lives = [live(family, *size) for size in sizes]
    address = FAMILIES[family][1]
    for ((client, server), again, least, most), (to_server, to_client) in zip(lives, sizes):
        out = watched.one("tcp", sport=client)
        into = watched.one("tcp", dport=client)
        assert ends(out) == (family, address, client, address, server)
        assert ends(into) == (family, address, server, address, client)
        assert (out["direction"], into["direction"]) == ("OUTGOING", "INCOMING")
        assert (out["state"], into["state"]) == ("TCP_FIN_WAIT2", "TCP_LAST_ACK")
        check_counts(out, to_server, to_client)
        check_counts(into, to_client, to_server)
        for event in (out, into):
            check_process(event)
            assert event["error"] == 0, event
        assert out["retransmits"] == again, (again, out)
        assert least <= out["duration_ns"] <= most, (least, out, most)
        assert 0 < into["duration_ns"] <= most, (into, most)
    assert len(watched.of("tcp")) == 2 * len(sizes), watched.events


def test_ipv4():
    check_lives("AF_INET")


def test_ipv6():
    check_lives("AF_INET6")


def test_ipv4_over_an_ipv6_socket():
    with watch("tcp") as watched:
        with listener("AF_INET") as made, socket.socket(socket.AF_INET6) as client:
            client.connect(("::ffff:127.0.0.1", made.getsockname()[1]))
            port = client.getsockname()[1]
            made.accept()[0].close()
    event = watched.one("tcp", sport=port)
    assert (event["family"], event["saddr"], event["daddr"]) == ("AF_INET6", "127.0.0.1", "127.0.0.1")


def test_reset():
    with watch("tcp") as watched:
        client, server, port = connected("AF_INET")
        client.sendall(b"x" * 100)
        read_all(server, 100)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        try:
            server.recv(1)
            assert False
        except ConnectionResetError:
            server.close()
    out, into = watched.one("tcp", dport=port), watched.one("tcp", sport=port)
    check_counts(out, 100, 0)
    check_counts(into, 0, 100)
    assert (out["state"], out["error"]) == ("TCP_ESTABLISHED", 0), out
    assert (into["state"], into["error"]) == ("TCP_ESTABLISHED", errno.ECONNRESET), into
    check_process(out)
    check_process(into)


def test_refused():
    with watch("tcp") as watched:
        for family in FAMILIES:
            with socket.socket(FAMILIES[family][0]) as client:
                assert client.connect_ex((FAMILIES[family][1], 1)) == errno.ECONNREFUSED
    for family in FAMILIES:
        event = watched.one("tcp", family=family)
        assert (event["dport"], event["state"], event["error"], event["direction"]) == \
            (1, "TCP_SYN_SENT", errno.ECONNREFUSED, "OUTGOING"), event
        check_counts(event, 0, 0)
        check_process(event)


def test_accepted_by_another_process():
    """Who accepted has it, not who listens, and not who closes."""
    with watch("tcp", "accept") as watched:
        made = listener("AF_INET")
        client = socket.socket()
        client.connect(made.getsockname())
        port = client.getsockname()[1]
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            client.close()
            server = made.accept()[0]
            os.write(write, b"%d" % server.fileno())
            server.recv(1)
            server.close()
            os._exit(0)
        fd = int(os.read(read, 10))
        client.close()
        assert os.waitpid(pid, 0)[1] == 0
        made.close()
    check_process(watched.one("tcp", dport=port), pid)
    event = watched.one("accept", dport=port)
    check_process(event, pid)
    assert event["fd"] == fd
    check_process(watched.one("tcp", sport=port))


def test_never_accepted():
    with watch("tcp") as watched:
        made = listener("AF_INET")
        client = socket.socket()
        client.connect(made.getsockname())
        port = client.getsockname()[1]
        client.close()
        made.close()
    event = watched.one("tcp", dport=port)
    assert event["direction"] == "INCOMING" and not event["pid_known"], event
    assert {event[name] for name in ("pid", "tid", "ppid", "comm", "gid", "start", "mntns", "userns")} \
        == {None}, event
    assert event["uid"] == os.getuid() and event["cgroup_id"] > 0, event


def test_starts():
    """Who will accept it is not known yet."""
    with watch("tcp", starts="true") as watched:
        client, server, port = connected("AF_INET")
        client.close()
        server.close()
        with socket.socket() as refused:
            assert refused.connect_ex(("127.0.0.1", 1)) == errno.ECONNREFUSED
    for key, direction, known in (("dport", "OUTGOING", True), ("sport", "INCOMING", False)):
        start, end = watched.of("tcp", **{key: port})
        assert (start["phase"], end["phase"]) == ("START", "END"), watched.events
        assert (start["state"], start["error"], start["direction"]) == ("TCP_ESTABLISHED", 0, direction)
        assert 0 < start["duration_ns"] <= end["duration_ns"], (start, end)
        assert start["pid_known"] == known and (start["pid"] is not None) == known, start
        assert ends(start) == ends(end)
        check_counts(start, 0, 0)
    assert watched.one("tcp", dport=1)["phase"] == "END"


def test_sockets_that_are_forgotten():
    """Those for which there is no room are counted; nobody gets another's process."""
    with watch("tcp", sockets=16) as watched:
        made = [connected("AF_INET") for _ in range(40)]
        watched.wait_for_line("sockets, flows or queries were forgotten")
        for client, server, _ in made:
            client.close()
            server.close()
    assert len(watched.of("tcp")) == 80
    assert {event["pid"] for event in watched.events} <= {os.getpid(), None}


def test_older_than_the_source():
    """What cannot be known is null or UNKNOWN; the kernel's counts are complete. A process that has a
    socket open when the source starts has it, whoever closes it."""
    client, server, port = connected("AF_INET6")
    client.sendall(b"x" * 1000)
    read_all(server, 1000)
    with watch("tcp", "connect") as watched:
        server.sendall(b"y" * 10)
        read_all(client, 10)
        pid = os.fork()
        if pid == 0:
            client.shutdown(socket.SHUT_RDWR)
            server.shutdown(socket.SHUT_RDWR)
            os._exit(0)
        os.waitpid(pid, 0)
        client.close()
        server.close()
    out, into = watched.one("tcp", dport=port), watched.one("tcp", sport=port)
    check_counts(out, 1000, 10)
    check_counts(into, 10, 1000)
    for event in (out, into):
        assert event["direction"] == "UNKNOWN" and event["duration_ns"] is None, event
        check_process(event)
    assert {event["direction"] for event in watched.of("connect")} == {"UNKNOWN"}


def test_killed():
    """The kernel closes what a killed process had open, in its name."""
    with watch("tcp") as watched:
        made = listener("AF_INET")
        pid = os.fork()
        if pid == 0:
            client = socket.socket()
            client.connect(made.getsockname())
            client.send(b"ready")
            signal.pause()  # until it is killed
        server, peer = made.accept()
        read_all(server, 5)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert server.recv(1) == b""
        server.close()
        made.close()
    event = watched.one("tcp", sport=peer[1])
    check_process(event, pid)
    check_counts(event, 5, 0)


# ---- listen, accept, connect ---------------------------------------------------------------------


def check_server(family):
    number, address, anywhere = FAMILIES[family]
    with watch("listen", "accept", "connect") as watched:
        one, every = socket.socket(number), socket.socket(number)
        one.bind((address, 0))
        one.listen(7)
        one.listen(9)  # changes the backlog only
        every.bind((anywhere, 0))
        every.listen(1 << 20)
        with socket.socket(number) as unbound:
            unbound.listen(3)
            chosen = unbound.getsockname()[1]
        client = socket.socket(number)
        client.connect(one.getsockname())
        server = one.accept()[0]
        fd, port, own = server.fileno(), client.getsockname()[1], one.getsockname()[1]
        client.close()
        server.close()
        wide = every.getsockname()[1]
        one.close()
        every.close()
    event = watched.one("listen", sport=own)
    assert ends(event) == (family, address, own, anywhere, 0) and event["backlog"] == 7, event
    check_process(event)
    event = watched.one("listen", sport=wide)
    with open("/proc/sys/net/core/somaxconn", encoding="ascii") as limit:
        assert event["backlog"] == int(limit.read()), event
    assert event["saddr"] == anywhere
    event = watched.one("listen", backlog=3)
    assert (event["sport"], event["sport_known"], event["saddr"]) == (chosen, True, anywhere), event
    event = watched.one("accept")
    assert ends(event) == (family, address, own, address, port) and event["fd"] == fd, event
    check_process(event)
    assert {event["direction"] for event in watched.of("connect", sport=port)} == {"OUTGOING"}
    accepted = [event for event in watched.of("connect", sport=own)
                if event["dport"] == port or event["newstate"] == "TCP_SYN_RECV"]  # 0 in Linux 6.1
    assert {event["direction"] for event in accepted} == {"INCOMING"}
    assert {event["direction"] for event in watched.of("connect", dport=0, newstate="TCP_LISTEN")} \
        == {"UNKNOWN"}
    changes = [(event["newstate"], event["pid"]) for event in accepted]
    assert changes == [("TCP_SYN_RECV", None), ("TCP_ESTABLISHED", None),
                       *((state, os.getpid()) for state in
                         ("TCP_CLOSE_WAIT", "TCP_LAST_ACK", "TCP_CLOSE"))], changes


def test_server_ipv4():
    check_server("AF_INET")


def test_server_ipv6():
    check_server("AF_INET6")


def test_listen_that_fails():
    """The kernel sets the state before it finds that another socket listens on the port."""
    with watch("listen") as watched:
        with socket.socket() as one, socket.socket() as other:
            for end in (one, other):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", 0))
            other.bind(one.getsockname())
            one.listen(1)
            try:
                other.listen(2)
                assert False
            except OSError as error:
                assert error.errno == errno.EADDRINUSE
    assert [event["backlog"] for event in watched.events] == [1], watched.events


def test_what_is_not_tcp():
    """Nor is a call of accept that fails a record."""
    with watch("tcp", "listen", "accept", "connect") as watched:
        with socket.socket(socket.AF_UNIX) as made, socket.socket(socket.AF_UNIX) as client:
            made.bind("\0ringmill-test-%d" % os.getpid())
            made.listen()
            client.connect(made.getsockname())
            made.accept()[0].close()
        with listener("AF_INET") as made:
            made.setblocking(False)
            try:
                made.accept()
                assert False
            except BlockingIOError:
                pass
            port = made.getsockname()[1]
    assert sorted((event["source"], event["sport"]) for event in watched.events) == \
        [("connect", port), ("connect", port), ("listen", port)], watched.events


def test_of_one_process():
    """With `pid`, only connections that are known to be that process's."""
    with watch("tcp", "accept", "listen", "udp", "dns", pid=os.getpid()) as watched:
        for is_child in (False, True):
            pid = os.fork() if is_child else 0
            if pid == 0:
                client, server, _ = connected("AF_INET")
                client.close()
                server.close()
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    sender.sendto(bytes(20), ("127.0.0.1", 53))
            if is_child and pid == 0:
                os._exit(0)
            if pid:
                assert os.waitpid(pid, 0)[1] == 0
    sources = sorted(event["source"] for event in watched.events)
    assert sources == ["accept", "dns", "listen", "tcp", "tcp", "udp"], watched.events
    for event in watched.events:
        check_process(event)


# ---- floods and others ---------------------------------------------------------------------------


def test_flood():
    """All are seen, or counted as lost."""
    count = 3000
    with watch("tcp", "accept", ring_size="8MiB") as watched:
        made = listener("AF_INET", 128)
        for _ in range(count):
            client = socket.socket()
            client.connect(made.getsockname())
            made.accept()[0].close()
            client.close()
        port = made.getsockname()[1]
    assert len(watched.of("accept", sport=port)) == count
    assert len(watched.of("tcp", dport=port)) == len(watched.of("tcp", sport=port)) == count
    for source in ("tcp", "accept"):
        books = watched.books[f"source {source}"]
        assert books["produced"] == books["seen"] + books["lost"] and books["lost"] == 0, books


harness.main()
