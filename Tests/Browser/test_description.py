"""The API against its own description: whatever is sent, it is answered, never with a server error."""

import json
import os
import sys

from lab import ROOT, VIP

NODES = 1


def test_no_server_error(lab, tmp_path):
    lab.found()
    token = json.loads(lab("keelson", "n1", "user-token", "create", "robot", "--role", "administrator", "-o", "json"))
    result = lab.run(
        os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run",
        os.path.join(ROOT, "Sources/APIService/openapi.json"), "--url", f"https://{VIP}", "--tls-verify", "false",
        "--header", f"Authorization: Bearer {token['token']}", "--checks", "not_a_server_error",
        "--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--generation-deterministic",
        # They change what the others need: the address itself, or the cluster.
        "--exclude-operation-id", "changeConfiguration", "--exclude-operation-id", "switchMaster",
        # A mail server that cannot be resolved takes the resolver its time.
        "--request-timeout", "60", "--suppress-health-check", "all", "--warnings", "off", limit=280,
        # It keeps what it has found beside itself.
        folder=str(tmp_path))
    assert result.returncode == 0, result.stdout[-6000:]
    assert lab("master") == "n1"
