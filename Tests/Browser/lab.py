"""A lab of appliance nodes, driven through its standard input."""

import json
import os
import subprocess
import tempfile

# Of the programs under test: debug for tests, release for figures.
CONFIGURATION = os.environ.get("CONFIGURATION", "debug")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIP = "10.77.0.50"


class Lab:
    def __init__(self, nodes, test_keys=None):
        self.process = subprocess.Popen(
            [os.path.join(ROOT, f".build/{CONFIGURATION}/lab"), "drive", "--nodes", str(nodes),
             *(["--test-keys", test_keys] if test_keys else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.namespace = self.answer()

    def __call__(self, *words):
        self.ask(*words)
        return self.answer()

    def ask(self, *words):
        """What the lab does meanwhile; `answer` waits for it."""
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the lab has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def run(self, *command, limit=60, folder=None):
        """A program in the client's place of the lab's network; seconds."""
        return subprocess.run(
            ["ip", "netns", "exec", self.namespace, *command], capture_output=True, text=True, timeout=limit,
            cwd=folder)

    def found(self, more=""):
        """A cluster of the first node, by answer file."""
        answer = f'[cluster]\nname = "lab"\nvip = ["{VIP}/24"]\ngateway = "10.77.0.1"\n{more}'
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(answer)
            file.flush()
            self("keelson", "n1", "setup", "apply", file.name, "--wait", "60")
        self("whole", "1")

    def close(self):
        self.process.stdin.close()
        if self.process.wait(timeout=60) != 0:
            raise RuntimeError("the lab could not be removed")
