# SPDX-License-Identifier: Apache-2.0
"""The examples in the manuals are configs that ringmilld takes."""
import os
import re
import tempfile
import textwrap

import harness

CONFIG = """
version: 1
sources: {exec: {builtin: exec}}
sinks: {out: {type: stdout}, log: {type: file, path: FOLDER/log}}
pipelines:
  p:
    from: exec
    handlers:
%s
"""


def test_handlers():
    with open(os.path.join(harness.ROOT, "docs/handlers.md"), encoding="utf-8") as file:
        examples = re.findall(r"^```yaml\n(.*?)^```", file.read(), re.M | re.S)
    assert len(examples) >= 10, len(examples)
    with tempfile.TemporaryDirectory() as place:
        harness.write_file(place, "users.csv", "id,team,phone\n0,admins,1234\n")
        key = harness.write_file(place, "redact.key", "0123456789abcdef0123456789abcdef\n")
        os.chmod(key, 0o400)
        for example in examples:
            text = CONFIG % textwrap.indent(example, " " * 6)
            path = harness.write_file(place, "c.yaml", text.replace("/etc/ringmill", place)
                                      .replace("FOLDER", place))
            code, _, errors = harness.run("--config", path, "--check")
            assert code == 0, (example, errors)


harness.main(needs_bpf=False)
