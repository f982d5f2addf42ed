# SPDX-License-Identifier: Apache-2.0
"""The control API of a running daemon: answers, limits, permissions, Prometheus."""
import contextlib
import json
import os
import re
import resource
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

import jsonschema
import yaml

import harness
from controlled import Controlled, free_port, promtool, schema_of, settle

CONFIG = """
version: 1
sources: {open: {builtin: open}, exec: {builtin: exec}}
sinks: {log: {type: file, path: FOLDER/log}}
pipelines:
  opens: {from: open, handlers: [{filter: 'path == "FOLDER/target"'}, {forward: log}]}
  programs: {from: exec, handlers: [{limit: {count: 1000000}}, {forward: log}]}
control: {socket: FOLDER/control.sock, listen: "127.0.0.1:PORT"}
"""
CONNECTIONS_MAX = 64


def test_status_agrees_with_the_books():
    daemon = Controlled(CONFIG)
    daemon.open_target(20000)
    settle(daemon, "opens", 20000)
    code, text, errors = harness.run("status", "--socket", daemon.path, program=harness.RINGMILL)
    assert code == 0 and errors == "", errors
    for wanted in (r"^ringmilld .*: healthy$", r"^source open: produced \d+ = seen \d+ ",
                   r"^  ring of 8192 KiB: .* at the most", r"^  open 1 filter: in \d+, out 20000, ",
                   r"^  exec 1 limit: in .*; left \d+$", r"^sink log: .*; size \d+ bytes; ",
                   r"^  submit to commit: half within .* ms", r"^  submit to acknowledgement: "):
        assert re.search(wanted, text, re.M), (wanted, text)
    code, text, errors = harness.run("status", "--json", "--socket", daemon.path,
                                     program=harness.RINGMILL)
    assert code == 0, errors
    status = json.loads(text)
    source = next(s for s in status["sources"] if s["name"] == "open")
    assert source["programs"] and source["produced"] == source["seen"] + source["lost"]
    assert source["commit_latency"]["samples"] >= 20000 // 32 // 64, source
    assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()
    assert harness.forwarded(books["pipeline opens"]) == 20000, books
    assert books["source open"]["seen"] >= source["seen"]


def test_status_without_a_daemon():
    code, text, errors = harness.run("status", "--socket", "/run/nobody.sock",
                                     program=harness.RINGMILL)
    assert (code, text) == (2, ""), text
    assert errors == ("ringmill: error: no ringmilld answers on /run/nobody.sock; is it running?\n")
    with tempfile.TemporaryDirectory() as folder:
        mute = socket.socket(socket.AF_UNIX)
        mute.bind(os.path.join(folder, "mute"))
        mute.listen()
        code, text, errors = harness.run("status", "--socket", os.path.join(folder, "mute"),
                                         program=harness.RINGMILL)
        assert code == 2 and "did not answer" in errors, errors


def test_openapi_describes_it():
    with open(os.path.join(harness.ROOT, "docs/openapi.yaml"), encoding="utf-8") as file:
        document = yaml.safe_load(file)
    with open(os.path.join(harness.ROOT, "daemon/control/routes.c"), encoding="utf-8") as file:
        routes = re.findall(r'^    \{"(/\S+)",\s+"([A-Z]+)", (?:true|false),', file.read(), re.M)
    described = [(path, method.upper()) for path, item in document["paths"].items()
                 for method in item]
    assert sorted(routes) == sorted(described), (routes, described)
    daemon = Controlled(CONFIG)
    daemon.open_target(5000)
    harness.wait_for(lambda: daemon.ask("/readyz")[0] == 200, "the first look")
    for path, method in routes:
        body = '{"level": "info"}' if method == "PUT" else None
        code, text = daemon.ask(path, method, body)
        assert code == 200, (path, text)
        if path != "/metrics":
            assert daemon.content_type == "application/json"
            jsonschema.validate(json.loads(text), schema_of(document, path, method, code))
    error = schema_of(document, "/v1/log-level", "PUT", 400)
    for path, method, body, wanted in (("/v1/log-level", "PUT", '{"level": "loud"}', 400),
                                       ("/v1/log-level", "PUT", "[", 400),
                                       ("/v1/log-level", "PUT", None, 400),
                                       ("/nothing", "GET", None, 404), ("/", "GET", None, 404),
                                       ("/healthz", "PUT", "", 405),
                                       ("/v1/status", "DELETE", None, 405)):
        code, text = daemon.ask(path, method, body)
        assert code == wanted, (path, method, code, text)
        jsonschema.validate(json.loads(text), error)
    assert daemon.stop() == 0, daemon.stderr


def test_who_may_change_what():
    daemon = Controlled(CONFIG)
    mode = os.stat(daemon.path)
    assert mode.st_mode & 0o777 == 0o660 and mode.st_uid == 0, oct(mode.st_mode)
    quiet = '{"level": "warning"}'
    assert daemon.ask("/v1/log-level", "PUT", quiet, tcp=True)[0] == 403
    assert daemon.ask("/v1/log-level", tcp=True) == (200, '{\n  "level": "info"\n}\n')
    os.chmod(daemon.path, 0o666)
    question = ["curl", "-s", "--unix-socket", daemon.path, "http://localhost/v1/log-level"]
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    for extra, wanted in (([], '"level": "info"'), (["-X", "PUT", "-d", quiet], '"error"')):
        done = subprocess.run(question + extra, capture_output=True, text=True, check=True,
                              **nobody)
        assert wanted in done.stdout, done.stdout
    assert daemon.ask("/v1/log-level", "PUT", quiet)[0] == 200
    assert daemon.ask("/v1/log-level", tcp=True) == (200, '{\n  "level": "warning"\n}\n')
    main = f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/status"
    with open(main, encoding="utf-8") as file:
        assert "CapEff:\t0000000000000000" in file.read()
    assert daemon.stop() == 0, daemon.stderr


def test_a_second_daemon_says_so():
    first = Controlled(CONFIG)
    config = CONFIG.replace("FOLDER", first.place.name).replace("listen: ", "#")
    second = harness.Daemon(config=config.replace(', #"127.0.0.1:PORT"}', "}"))
    assert second.wait() == 2, second.stderr
    assert f"another ringmilld serves {first.path}" in second.stderr, second.stderr
    assert first.ask("/readyz")[0] in (200, 503)
    os.kill(first.process.pid, 9)  # leaves the socket behind
    first.wait()
    assert os.path.exists(first.path)
    third = harness.Daemon(config=config.replace(', #"127.0.0.1:PORT"}', "}")).wait_running()
    assert first.ask("/v1/status")[0] == 200
    assert third.stop() == 0, third.stderr
    assert not os.path.exists(first.path)


def test_what_is_at_the_path_stays():
    with tempfile.TemporaryDirectory() as folder:
        path = harness.write_file(folder, "notes.txt", "precious")
        config = f'version: 1\nsources: {{open: {{builtin: open}}}}\n' \
                 f'sinks: {{log: {{type: file, path: {folder}/log}}}}\n' \
                 f'pipelines: {{opens: {{from: open, handlers: [{{forward: log}}]}}}}\n' \
                 f'control: {{socket: {path}}}\n'
        daemon = harness.Daemon(config=config)
        assert daemon.wait() == 2, daemon.stderr
        assert f"{path} exists and is not a socket" in daemon.stderr, daemon.stderr
        with open(path, encoding="utf-8") as file:
            assert file.read() == "precious"
        os.unlink(path)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(path)
            other.listen()
            daemon = harness.Daemon(config=config)
            assert daemon.wait() == 2, daemon.stderr
            assert f"another program serves {path}" in daemon.stderr, daemon.stderr
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
        daemon = harness.Daemon(config=config).wait_running()  # that one is nobody's any more
        os.unlink(path)
        harness.write_file(folder, "notes.txt", "put there later")
        assert daemon.stop() == 0, daemon.stderr
        assert os.path.exists(path)


def test_mistakes_in_the_config():
    text = CONFIG.replace("FOLDER", "/tmp").replace("127.0.0.1:PORT", "0.0.0.0:80") + (
        "health: {stuck_after: 1h, max_loss_rates: 3}\nlog: {level: loud}\n")
    daemon = harness.Daemon("--check", config=text)
    assert daemon.wait() == 3
    wanted = [
        ":8:46: control.listen: expected a loopback address and a port, such as 127.0.0.1:9464 "
        "or [::1]:9464",
        ":9:27: health.max_loss_rates: unknown key; allowed are stuck_after, busy_head, "
        "sink_grace, max_loss_rate; did you mean \"max_loss_rate\"?",
        ":10:14: log.level: expected one of error, warning, info, debug, found \"loud\"",
    ]
    found = [line.split("ringmill.yaml", 1)[1] for line in daemon.stderr_lines]
    assert len(found) == 3 and all(f.startswith(w) for f, w in zip(found, wanted)), found


def test_a_long_socket_path():
    path = "/tmp/" + "x" * 103
    text = CONFIG.replace("FOLDER/control.sock", path).replace("FOLDER", "/tmp")
    for name, code in ((path, 3), (path[:-1], 0)):
        daemon = harness.Daemon("--check", config=text.replace(path, name).replace("PORT", "9464"))
        assert daemon.wait() == code, daemon.stderr
        assert code == 0 or (":8:19: control.socket: a socket path can have at most 107 bytes, "
                             "found 108") in daemon.stderr, daemon.stderr


def test_limits():
    daemon = Controlled(CONFIG)
    code, _ = daemon.ask("/healthz", headers={"X-Long": "x" * 9000})
    assert code == 400, code
    code, _ = daemon.ask("/v1/log-level", "PUT", headers={"Content-Length": "5000"})
    assert code == 413, code
    before = daemon.listener("tcp")
    clients = []
    while daemon.listener("tcp")["crowded"] < before["crowded"] + 20:
        clients.append(socket.create_connection(("127.0.0.1", daemon.port)))
    harness.wait_for(lambda: daemon.listener("tcp")["open"] <= CONNECTIONS_MAX,
                     "the others to be turned away")

    def all_are_gone():  # a byte now and then buys no time
        for client in clients:
            with contextlib.suppress(OSError):
                client.send(b"G")
        return daemon.listener("tcp")["open"] == 0
    harness.wait_for(all_are_gone, "all to be sent away")
    after = daemon.listener("tcp")
    turned_away = after["crowded"] - before["crowded"]
    assert after["expired"] - before["expired"] == len(clients) - turned_away, (before, after)
    assert daemon.ask("/v1/status", tcp=True)[0] == 200
    assert daemon.stop() == 0, daemon.stderr


CROWD = """
import select, socket, sys
held = []
while not select.select([sys.stdin], [], [], 0.01)[0]:
    closed = select.select(held, [], [], 0)[0]
    held = [client for client in held if client not in closed]
    while len(held) < int(sys.argv[2]):
        client = socket.socket(socket.AF_UNIX)
        client.connect(sys.argv[1])
        held.append(client)
"""


def test_readers_do_not_crowd_out_root():
    daemon = Controlled(CONFIG)
    os.chmod(daemon.path, 0o666)
    crowd = subprocess.Popen(["/usr/bin/python3", "-c", CROWD, daemon.path,
                              str(CONNECTIONS_MAX + 20)], stdin=subprocess.PIPE,
                             user=65534, group=65534, extra_groups=[])
    for rounds in range(1, 4):
        harness.wait_for(lambda: daemon.listener("unix")["crowded"] >= 20 * rounds, "the crowd")
        code, _, errors = harness.run("reload", "--socket", daemon.path, program=harness.RINGMILL)
        assert code == 0, errors
    crowd.communicate()
    assert daemon.stop() == 0, daemon.stderr


def test_names_of_others():
    """A web page whose name leads here is answered nothing."""
    daemon = Controlled(CONFIG.replace("control: {", "control: {hosts: machine.example, "))
    for host, wanted in (("localhost", 200), (f"127.0.0.1:{daemon.port}", 200), ("[::1]:80", 200),
                         ("machine.example:9464", 200), ("evil.example", 421), ("", 421)):
        code, text = daemon.ask("/metrics", headers={"Host": host}, tcp=True)
        assert code == wanted, (host, code, text)
        assert wanted == 200 or "control: {hosts: [NAME]}" in json.loads(text)["error"], text
        assert daemon.ask("/healthz", headers={"Host": host})[0] == 200, "nobody rebinds a path"
    assert daemon.ask("http://evil.example/metrics", headers={"Host": "localhost"},
                      tcp=True)[0] == 421
    assert daemon.stop() == 0, daemon.stderr


def test_no_descriptors_left():
    """It waits instead of spinning, says so once, and answers again."""
    daemon = Controlled(CONFIG)
    assert daemon.ask("/readyz")[0] in (200, 503)
    held = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (held + 10, held + 10))
    lines = len(daemon.stderr_lines)
    clients = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(100)]
    harness.wait_for(lambda: "cannot accept connections" in daemon.stderr, "it to say so")
    time.sleep(2)
    assert len(daemon.stderr_lines) - lines < 10, daemon.stderr
    for client in clients:
        client.close()
    pauses = r'^ringmill_http_accept_pauses_total\{listener="tcp"\} (\d+)$'
    found = re.search(pauses, daemon.ask("/metrics")[1], re.M)
    assert found and 0 < int(found[1]) < 100, found
    assert daemon.ask("/v1/status", tcp=True)[0] == 200
    assert daemon.stop() == 0, daemon.stderr


HOSTILE = [b"", b"G", b"GET / HTTP/1.1\r\n", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
           b"\0" * 500, b"GET " + b"/" * 20000, b"PUT /v1/log-level HTTP/1.1\r\n"
           b"Content-Length: 99999999999\r\n\r\n", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked"
           b"\r\n\r\nffffffffffffffff\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]


def test_a_thousand_hostile_clients():
    """They come again and again; nothing is lost, and who asks by the unix socket is answered."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    daemon = Controlled(CONFIG)
    clients = []
    for number in range(1000):
        client = socket.socket()
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            client.connect(("127.0.0.1", daemon.port))
        clients.append(client)
        if number % 100 == 99:
            daemon.open_target(2000)
            for index, each in enumerate(clients):
                with contextlib.suppress(OSError):
                    each.send(HOSTILE[index % len(HOSTILE)])
            assert daemon.ask("/healthz")[0] == 200
    settle(daemon, "opens", 20000)
    for client in clients:
        client.close()
    harness.wait_for(lambda: daemon.listener("tcp")["open"] == 0, "the clients to be gone")
    accepted = daemon.listener("tcp")["accepted"]
    ends = re.findall(r'^ringmill_http_connections_total\{listener="tcp",end="(\w+)"\} (\d+)$',
                      daemon.ask("/metrics")[1], re.M)
    print(accepted, ends)
    assert accepted == sum(int(count) for _, count in ends), (accepted, ends)
    assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()
    assert harness.forwarded(books["pipeline opens"]) == 20000, books
    assert books["source open"]["lost"] == 0, books
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_metrics_in_both_formats():
    daemon = Controlled(CONFIG)
    daemon.open_target(5000)
    settle(daemon, "opens", 5000)
    code, text = daemon.ask("/metrics")
    assert code == 200 and daemon.content_type.startswith("text/plain; version=0.0.4")
    promtool(text)
    assert re.search(r'^ringmill_handler_out_total\{pipeline="opens",source="open",number="1",'
                     r'handler="filter"\} 5000$', text, re.M), text
    assert re.search(r'^ringmill_handler_limit_left\{.*\} \d+$', text, re.M), text
    code, opened = daemon.ask("/metrics", headers={
        "Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
    assert daemon.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert opened.endswith("\n# EOF\n") and "# TYPE ringmill_source_seen counter\n" in opened
    names = re.compile(r"^(\w+)[{ ]", re.M)
    assert names.findall(text) == [n for n in names.findall(opened)], "same samples in both"
    for line in text.splitlines():
        if 'le="+Inf"' in line:
            name, count = re.match(r"(\w+)_bucket\{(.*),le=.* (\d+)$", line).group(1, 3)
            assert f"{name}_count" in text and int(count) >= 0
    assert daemon.stop() == 0, daemon.stderr


class Prometheus:
    def __init__(self, target):
        self.folder = tempfile.TemporaryDirectory(prefix="ringmill-prometheus.")
        self.port = free_port()
        config = harness.write_file(self.folder.name, "prometheus.yml", f"""
global: {{scrape_interval: 500ms, scrape_timeout: 400ms}}
scrape_configs: [{{job_name: ringmill, static_configs: [{{targets: ["{target}"]}}]}}]
""")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder.name}/db",
             f"--web.listen-address=127.0.0.1:{self.port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def query(self, text):
        arguments = urllib.parse.urlencode({"query": text})
        url = f"http://127.0.0.1:{self.port}/api/v1/query?{arguments}"
        try:
            with urllib.request.urlopen(url, timeout=harness.PATIENCE) as answer:
                return json.load(answer)["data"]["result"]
        except OSError:
            return []


def test_a_real_prometheus():
    """What it stores are the books' numbers, which never go back."""
    daemon = Controlled(CONFIG)
    name = 'ringmill_pipeline_records_total{pipeline="opens",row="forwarded"}'
    with Prometheus(f"127.0.0.1:{daemon.port}") as prometheus:
        opened = 0
        for _ in range(3):
            daemon.open_target(200)
            opened += 200
            settle(daemon, "opens", opened)
            harness.wait_for(lambda: [int(found["value"][1]) for found in prometheus.query(name)]
                             == [opened], f"{opened} to be scraped")
        [metric] = prometheus.query(name + "[1h]")
        values = [int(value) for _, value in metric["values"]]
        assert values == sorted(values) and {200, 400, 600} <= set(values), values
        assert prometheus.query(f"rate({name}[1h])")[0]["value"][1] != "0"
        assert prometheus.query("up")[0]["value"][1] == "1"
    assert daemon.stop() == 0, daemon.stderr
    assert harness.forwarded(daemon.books()["pipeline opens"]) == opened


harness.main()
