# SPDX-License-Identifier: Apache-2.0
"""bpftrace beside ringmill: what another program sees of the same events, in the same run."""
import os
import shutil
import subprocess
import threading

import harness


class Bpftrace:
    """A running script that prints a line for each event. trigger() causes one, so that it is known to run."""

    def __init__(self, script, trigger):
        if not shutil.which("bpftrace"):
            raise harness.Lacking("bpftrace is not installed")
        self.lines = []
        self.process = subprocess.Popen(
            ["bpftrace", "-e", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "BPFTRACE_PERF_RB_PAGES": "1024", "BPFTRACE_STRLEN": "64"})
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        harness.wait_for(lambda: self._sees(trigger), "bpftrace to run")

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def _sees(self, trigger):
        if self.process.poll() is not None:
            raise harness.Lacking("bpftrace cannot run this: " + self.process.stderr.read().decode())
        trigger()
        return any(line and not line.startswith("Attaching") for line in self.lines)

    def stop(self):
        """What it printed, as words."""
        self.process.terminate()
        self.process.wait(timeout=harness.PATIENCE)
        self.thread.join()
        errors = self.process.stderr.read().decode()
        assert "Lost" not in errors, errors
        return [line.split() for line in self.lines if line and not line.startswith("Attaching")]
