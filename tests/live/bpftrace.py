# SPDX-License-Identifier: Apache-2.0
"""A bpftrace script as a peer tool, for events that no packaged tool shows (see tools.py)."""
import harness
import tools


class Bpftrace(tools.Tool):
    """A running script that prints a line for each event. trigger() causes one, so that it is known to run."""

    def __init__(self, script, trigger):
        super().__init__(["bpftrace", "-e", script],
                         {"BPFTRACE_PERF_RB_PAGES": "1024", "BPFTRACE_STRLEN": "64"})

        def runs():
            trigger()
            return self.shows("", but_not="Attaching")
        harness.wait_for(runs, "bpftrace to run")

    def stop(self):
        """What it printed, as words."""
        lines, lost = super().stop()
        if lost:
            raise harness.Lacking(f"bpftrace lost events, so it cannot be compared: {lost[0]}")
        return [line.split() for line in lines if line and not line.startswith("Attaching")]
