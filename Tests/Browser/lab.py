"""A lab of appliance nodes, driven through its standard input."""

import json
import os
import subprocess

# Of the programs under test: debug for tests, release for figures.
CONFIGURATION = os.environ.get("CONFIGURATION", "debug")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIP = "10.77.0.50"


class Lab:
    def __init__(self, nodes):
        self.process = subprocess.Popen(
            [os.path.join(ROOT, f".build/{CONFIGURATION}/lab"), "drive", "--nodes", str(nodes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.namespace = self._answer()

    def __call__(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the lab has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def run(self, *command, limit=60):
        """A program in the client's place of the lab's network; seconds."""
        return subprocess.run(
            ["ip", "netns", "exec", self.namespace, *command], capture_output=True, text=True, timeout=limit)

    @staticmethod
    def address(index):
        return f"10.77.0.{10 + index}"

    def close(self):
        self.process.stdin.close()
        if self.process.wait(timeout=60) != 0:
            raise RuntimeError("the lab could not be removed")
