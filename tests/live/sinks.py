# SPDX-License-Identifier: Apache-2.0
"""Sinks against real peers: rsyslog, socat, servers of each kind; logrotate's signal; isolation."""
import json
import os
import re
import signal
import subprocess
import tempfile
import time

import jsonschema
import yaml

import harness
from controlled import Controlled, free_port, promtool, schema_of, settle
from peers import Peer

CONFIG = """
version: 1
sources: {open: {builtin: open, ring_size: 32MiB}}
sinks:
  log: {type: file, path: FOLDER/log}
%s
pipelines:
  all: {from: open, handlers: [{filter: 'path == "FOLDER/target" || path_arg == "LONG_TARGET"'}, {forward: [%s]}]}
control: {socket: FOLDER/control.sock}
"""


def start(sinks):
    """A daemon with these sinks, {name: settings}, beside a file that gets the same."""
    lines = "\n".join(f"  {name}: {{{settings}}}" for name, settings in sinks.items())
    return Controlled(CONFIG % (lines, ", ".join(["log", *sinks])))


def log_lines(daemon):
    with open(os.path.join(daemon.place.name, "log"), "rb") as file:
        return file.read().splitlines()


def sink_of(daemon, name):
    return next(sink for sink in daemon.status()["sinks"] if sink["name"] == name)


def row(sink, name):
    return next(entry["value"] for entry in sink["rows"] if entry["name"] == name)


RSYSLOG = """
global(workDirectory="FOLDER" maxMessageSize="64k")
main_queue(queue.workerThreads="1")
module(load="imuxsock" SysSock.Use="off")
module(load="imudp")
module(load="imtcp")
input(type="imuxsock" Socket="FOLDER/dev-log" UseSpecialParser="off")
input(type="imudp" address="127.0.0.1" port="UDP" rcvbufSize="16m")
input(type="imtcp" address="127.0.0.1" port="TCP")
template(name="all" type="string" string="%inputname%|%syslogfacility-text%.%syslogseverity-text%|%hostname%|%app-name%|%procid%|%timereported:::date-rfc3339%|%msg%\\n")
action(type="omfile" file="FOLDER/messages" template="all")
"""


def test_rsyslog_gets_every_field_by_each_transport():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        ports = {"UDP": str(free_port()), "TCP": str(free_port())}
        config = RSYSLOG.replace("FOLDER", folder)
        for name, port in ports.items():
            config = config.replace(f'"{name}"', f'"{port}"')
        path = harness.write_file(folder, "rsyslog.conf", config)
        rsyslog = subprocess.Popen(["rsyslogd", "-n", "-f", path, "-i", folder + "/pid"],
                                   stderr=subprocess.PIPE)
        try:
            harness.wait_for(lambda: os.path.exists(folder + "/dev-log") and
                             os.path.exists(folder + "/pid"), "rsyslogd")
            daemon = start({
                "imuxsock": f"type: syslog, path: {folder}/dev-log, severity: notice",
                "imudp": f"type: syslog, transport: udp, address: '127.0.0.1:{ports['UDP']}', "
                         "facility: local7",
                "imtcp": f"type: syslog, transport: tcp, address: '127.0.0.1:{ports['TCP']}', "
                         "app: mill"})
            daemon.open_target(500)
            settle(daemon, "all", 2000)
            wanted = log_lines(daemon)
            assert len(wanted) == 500
            messages = folder + "/messages"

            def by_input():
                got = {"imuxsock": [], "imudp": [], "imtcp": []}
                if os.path.exists(messages):
                    with open(messages, "rb") as file:
                        for line in file.read().splitlines():
                            parts = line.split(b"|", 6)
                            if parts[0].decode() in got:
                                got[parts[0].decode()].append(parts[1:])
                return got
            harness.wait_for(lambda: all(len(got) >= 500 for got in by_input().values()),
                             "rsyslog to have all")
            heads = {"imuxsock": (b"daemon.notice", b"ringmill"), "imudp": (b"local7.info", b"ringmill"),
                     "imtcp": (b"daemon.info", b"mill")}
            for name, got in by_input().items():
                assert [parts[5].strip() for parts in got] == wanted, name
                for parts in got:
                    assert (parts[0], parts[2]) == heads[name], (name, parts)
                    assert parts[1].decode() == os.uname().nodename
                    assert parts[3] == str(daemon.process.pid).encode()
                    assert re.match(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", parts[4]), parts
            assert daemon.stop() == 0, daemon.stderr
            daemon.books()
        finally:
            rsyslog.terminate()
            rsyslog.wait()
            rsyslog.stderr.close()


def test_servers_of_each_kind_get_the_same():
    with tempfile.TemporaryDirectory() as folder:
        peers = [Peer(folder, kind).start()
                 for kind in ("stream", "datagram", "seqpacket", "tcp", "udp")]
        daemon = start({peer.name: peer.settings for peer in peers})
        daemon.open_target(1000)
        settle(daemon, "all", 6000)
        wanted = log_lines(daemon)
        assert len(wanted) == 1000
        for peer in peers:
            peer.settle(1000)
            assert peer.lines() == wanted, peer.kind
            assert row(sink_of(daemon, peer.name), "connected") == 1
        with open(os.path.join(harness.ROOT, "docs/openapi.yaml"), encoding="utf-8") as file:
            document = yaml.safe_load(file)
        jsonschema.validate(daemon.status(), schema_of(document, "/v1/status", "GET", 200))
        metrics = daemon.ask("/metrics")[1]
        promtool(metrics)
        assert 'ringmill_sink_unix_connected{sink="stream"} 1' in metrics, metrics
        assert 'ringmill_sink_up{sink="tcp"} 1' in metrics, metrics
        assert daemon.stop() == 0, daemon.stderr
        books = daemon.books()
        for peer in peers:
            assert books[f"sink {peer.name}"] == \
                {"forwarded": 1000, "delivered": 1000, "dropped": 0, "in_flight": 0}
            peer.kill()


def test_socat_gets_the_same():
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        commands = {
            "stream": f"UNIX-LISTEN:{folder}/stream,fork", "seqpacket":
            f"SOCKET-LISTEN:1:0:x{(folder + '/seqpacket').encode().hex()}00,socktype=5,fork",
            "datagram": f"UNIX-RECV:{folder}/datagram", "tcp": f"TCP4-LISTEN:{port},bind=127.0.0.1,fork"}
        del commands["seqpacket"]  # socat 1.7 has no address for it that ends
        running = [subprocess.Popen(["socat", "-u", command, f"OPEN:{folder}/{name}.got,creat,append"])
                   for name, command in commands.items()]
        try:
            harness.wait_for(lambda: all(os.path.exists(f"{folder}/{name}")
                                         for name in ("stream", "datagram")), "socat")
            daemon = start({"stream": f"type: unix, path: {folder}/stream",
                            "datagram": f"type: unix, kind: datagram, path: {folder}/datagram",
                            "tcp": f"type: tcp, address: 'localhost:{port}'"})
            daemon.open_target(1000)
            settle(daemon, "all", 4000)
            wanted = log_lines(daemon)
            assert daemon.stop() == 0, daemon.stderr

            def got(name):
                try:
                    with open(f"{folder}/{name}.got", "rb") as file:
                        return file.read()
                except FileNotFoundError:
                    return b""
            for name in ("stream", "tcp"):
                harness.wait_for(lambda: len(got(name).splitlines()) >= 1000, name)
                assert got(name).splitlines() == wanted, name
            harness.wait_for(lambda: len(got("datagram")) >= len(b"".join(wanted)), "datagrams")
            assert got("datagram") == b"".join(wanted)  # socat writes nothing between them
        finally:
            for process in running:
                process.terminate()
                process.wait()


def test_status_says_whom_it_waits_for():
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(folder, "stream")
        daemon = start({"out": peer.settings})

        def state(wanted):
            harness.wait_for(lambda: sink_of(daemon, "out")["state"] == wanted, wanted)
            return sink_of(daemon, "out")
        sink = state("retrying")  # before there is a single event
        assert sink["last_error"] == \
            f"cannot connect to {peer.address}: No such file or directory", sink
        assert sink["retrying_seconds"] >= 0 and row(sink, "connected") == 0
        code, text, _ = harness.run("status", "--socket", daemon.path, program=harness.RINGMILL)
        assert code == 0, text
        assert re.search(r"^sink out: .*, retrying, .*; connected 0; connects 0; ", text, re.M), text
        assert f"  retrying for " in text and f": {sink['last_error']}\n" in text, text
        peer.start()
        sink = state("running")
        assert row(sink, "connected") == 1 and sink["retrying_seconds"] is None
        peer.kill()
        sink = state("retrying")
        assert row(sink, "connects") == 1, sink
        daemon.open_target(10)
        peer.start()
        settle(daemon, "all", 20)
        assert state("running")["delivered"] == 10
        peer.settle(10)
        assert daemon.stop() == 0, daemon.stderr
        daemon.books()
        peer.kill()


def test_stop_does_not_wait_for_a_peer_that_is_away():
    """Its pauses have grown to seconds; the end has a bound, and what is dropped is counted."""
    with tempfile.TemporaryDirectory() as folder:
        daemon = start({"away": f"type: unix, path: {folder}/nobody",
                        "closed": f"type: tcp, address: '127.0.0.1:{free_port()}'"})
        daemon.open_target(100)
        harness.wait_for(lambda: all(sink_of(daemon, name)["errors"] >= 4
                                     for name in ("away", "closed")), "some tries")
        start_of_end = time.monotonic()
        assert daemon.stop() == 1, daemon.stderr
        print(f"took {time.monotonic() - start_of_end:.1f} s")
        books = daemon.books()
        events = books["sink log"]["delivered"]  # those about losses of others, too
        assert events >= 100, books
        for name in ("away", "closed"):
            assert books[f"sink {name}"] == \
                {"forwarded": events, "delivered": 0, "dropped": events, "in_flight": 0}


def test_a_peer_that_never_reads_does_not_hold_up_the_end():
    with tempfile.TemporaryDirectory() as folder:
        peers = [Peer(folder, kind).start() for kind in ("stream", "datagram", "tcp")]
        daemon = start({peer.name: peer.settings + ", overflow: drop" for peer in peers})
        for peer in peers:
            harness.wait_for(lambda: sink_of(daemon, peer.name)["state"] == "running", peer.name)
            peer.pause()
        opens = 10000
        daemon.open_target(opens, daemon.long_target)
        harness.wait_for(lambda: sink_of(daemon, "log")["delivered"] >= opens, "the log")
        assert daemon.stop() == 1, daemon.stderr
        books = daemon.books()
        for peer in peers:
            assert books[f"sink {peer.name}"]["dropped"] > 0, books
            assert books[f"sink {peer.name}"]["forwarded"] == books["sink log"]["delivered"], books
            peer.kill()


def test_a_signal_opens_files_anew():
    """As logrotate does it: moved away, then the signal; nothing is lost and nothing is twice."""
    daemon = start({})
    log = os.path.join(daemon.place.name, "log")
    for number in range(3):
        daemon.open_target(100)
        settle(daemon, "all", 100 * (number + 1))
        os.rename(log, f"{log}.{number}")
        daemon.process.send_signal(signal.SIGUSR1)
        harness.wait_for(lambda: os.path.exists(log), "the new file")  # without any event
    daemon.open_target(100)
    assert daemon.stop() == 0, daemon.stderr
    for path in [log] + [f"{log}.{number}" for number in range(3)]:
        with open(path, "rb") as file:
            assert sum("_lost" not in json.loads(line) for line in file) == 100, path
    assert daemon.stderr.count("reopening the files of the sinks") == 3


ISOLATED = """
version: 1
sources: {one: {builtin: open, ring_size: 32MiB}, two: {builtin: open, ring_size: 32MiB}}
sinks:
  stuck: {%s, overflow: %s}
  log: {type: file, path: FOLDER/log}
pipelines:
  one: {from: one, handlers: [{filter: 'path_arg == "LONG_TARGET"'}, {forward: %s}]}
  two: {from: two, handlers: [{filter: 'path_arg == "LONG_TARGET"'}, {forward: log}]}
control: {socket: FOLDER/control.sock}
"""


def isolated(overflow, forwards, logs):
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(folder, "stream").start()
        daemon = Controlled(ISOLATED % (peer.settings, overflow, forwards))
        harness.wait_for(lambda: sink_of(daemon, "stuck")["state"] == "running", "the peer")
        peer.pause()
        count = 10000
        daemon.open_target(count, daemon.long_target)
        harness.wait_for(lambda: sink_of(daemon, "log")["delivered"] >= logs * count, "the log")
        assert daemon.stop() == 1, daemon.stderr  # the stuck one did not take all in time
        with open(os.path.join(daemon.place.name, "log"), encoding="utf-8") as file:
            assert sum('"_lost"' not in line for line in file) == logs * count
        books = daemon.books()
        log = books["sink log"]
        assert log["delivered"] == log["forwarded"] >= logs * count and log["dropped"] == 0, books
        assert books["sink stuck"]["dropped"] > 0, books
        peer.kill()


def test_a_sink_that_drops_the_newest_holds_up_nobody():
    """It may even be fed from the same pipeline."""
    isolated("drop-newest", "[stuck, log]", 2)


def test_a_sink_that_drops_the_oldest_holds_up_nobody():
    isolated("drop-oldest", "[stuck, log]", 2)


def test_a_sink_that_blocks_holds_up_its_own_source_only():
    isolated("block", "stuck", 1)


harness.main()
