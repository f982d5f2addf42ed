# SPDX-License-Identifier: Apache-2.0
"""A running daemon that can be asked: what the tests of control/ share."""
import http.client
import json
import os
import socket
import subprocess
import tempfile

import harness


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=harness.PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(harness.PATIENCE)
        self.sock.connect(self.path)


class Controlled(harness.Daemon):
    def __init__(self, config, **options):
        self.place = tempfile.TemporaryDirectory(prefix="ringmill-control.")
        os.chmod(self.place.name, 0o755)
        harness.write_file(self.place.name, "target", "")
        # the same file by a long path: long events, so that few of them fill a lane
        self.long_target = self.place.name + "/." * 1000 + "/target"
        self.path = os.path.join(self.place.name, "control.sock")
        self.port = free_port()
        config = (config.replace("LONG_TARGET", self.long_target)
                  .replace("FOLDER", self.place.name).replace("PORT", str(self.port)))
        super().__init__(config=config, **options)
        self.wait_running()

    def ask(self, path, method="GET", body=None, headers=None, tcp=False):
        """(HTTP status, body)"""
        connection = (http.client.HTTPConnection("127.0.0.1", self.port, timeout=harness.PATIENCE)
                      if tcp else UnixConnection(self.path))
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        self.content_type = answer.getheader("Content-Type")
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def open_target(self, times, path=None):
        """Opens that nobody else on this machine makes: FOLDER/target, if it is there or not."""
        subprocess.run([os.path.join(harness.BIN, "open-loop"),
                        path or os.path.join(self.place.name, "target"), str(times)], check=True,
                       stdout=subprocess.DEVNULL)

    def status(self):
        return json.loads(self.ask("/v1/status")[1])

    def bad_checks(self):
        """{name: reason} of those that are bad; null is neither good nor bad."""
        code, text = self.ask("/healthz")
        health = json.loads(text)
        bad = {check["name"]: check["reason"] for check in health["checks"] if check["good"] is False}
        assert code == (503 if bad else 200) and health["healthy"] == (not bad), text
        return bad

    def listener(self, kind):
        return next(entry for entry in self.status()["http"] if entry["listener"] == kind)


def settle(daemon, pipeline, forwarded):
    """Until so many records of the pipeline have come out, and nothing is under way."""
    def settled():
        status = daemon.status()
        books = {entry["name"]: entry["books"] for entry in status["pipelines"]}
        return (books[pipeline]["forwarded"] >= forwarded and
                all(sink["in_flight"] == 0 for sink in status["sinks"]))
    harness.wait_for(settled, f"{forwarded} records of {pipeline}")


def schema_of(document, path, method, code, content="application/json"):
    """An OpenAPI 3.0 schema as JSON schema: references within, and nullable spelt out."""
    def translate(value):
        if isinstance(value, list):
            return [translate(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        value = {key: translate(entry) for key, entry in value.items()}
        if value.pop("nullable", False):
            return {"anyOf": [value, {"type": "null"}]}
        return value
    answer = document["paths"][path][method.lower()]["responses"][str(code)]
    return {**translate(answer["content"][content]["schema"]),
            "components": translate(document["components"])}


def promtool(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0 and not done.stdout + done.stderr, done.stdout + done.stderr
