"""A machine under software emulation, started from the appliance's raw disk image, and what its serial line shows."""

import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request

IMAGES = pathlib.Path(__file__).resolve().parents[2] / "build" / "image"
FIRMWARE = pathlib.Path("/usr/share/OVMF")


class Machine:
    """One machine with its disk; the power can be cut and come back."""

    def __init__(self, folder, disk_gib=24, network=True):
        self.folder = pathlib.Path(folder)
        self.network = network
        self.disk = self.folder / "disk.raw"
        self.serial = self.folder / "serial.log"
        subprocess.run(["cp", "--sparse=always", IMAGES / "disk.raw", self.disk], check=True)
        os.truncate(self.disk, disk_gib << 30)
        self.port = free_port()
        self.process = None

    def power_on(self, uefi=False):
        self.serial.write_bytes(b"")
        command = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "2048"]
        command += ["-display", "none", "-monitor", "none", "-serial", f"file:{self.serial}"]
        command += ["-drive", f"if=virtio,format=raw,file={self.disk}"]
        if self.network:
            forward = f"hostfwd=tcp:127.0.0.1:{self.port}-:443"
            command += ["-netdev", f"user,id=n,restrict=on,{forward}", "-device", "virtio-net-pci,netdev=n"]
        else:
            command += ["-nic", "none"]
        if uefi:
            variables = self.folder / "uefi-variables.fd"
            if not variables.exists():
                shutil.copy(FIRMWARE / "OVMF_VARS_4M.fd", variables)
            code = FIRMWARE / "OVMF_CODE_4M.fd"
            command += ["-drive", f"if=pflash,format=raw,readonly=on,file={code}"]
            command += ["-drive", f"if=pflash,format=raw,file={variables}"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def cut_power(self):
        """As the plug is pulled: nothing is written any more."""
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def text(self):
        """What the serial line has shown since the power came, without the terminal's control sequences."""
        shown = self.serial.read_bytes().decode("utf-8", "replace")
        return re.sub(r"\x1b(\[[0-9;?!]*[a-zA-Z]|\][^\x07]*\x07)", "", shown)

    def wait_for(self, pattern, seconds=400):
        """The first match of the pattern on the serial line; fails when the machine stops or says nothing of it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if match := re.search(pattern, self.text()):
                return match
            if self.process.poll() is not None:
                raise AssertionError(f"the machine stopped: {self.process.stderr.read()}")
            time.sleep(0.25)
        raise AssertionError(f"nothing like '{pattern}' within {seconds} s; the end of it:\n{self.text()[-1500:]}")

    def certificate(self, seconds=120):
        """The certificate that the console shows, as DER. The console is up some seconds after the screen."""
        context = ssl._create_unverified_context()
        deadline = time.monotonic() + seconds
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=30) as plain:
                    with context.wrap_socket(plain) as secure:
                        return secure.getpeercert(binary_form=True)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.25)

    def get(self, path):
        """Status and text of a page."""
        context = ssl._create_unverified_context()
        with urllib.request.urlopen(f"https://127.0.0.1:{self.port}{path}", context=context, timeout=60) as answer:
            return answer.status, answer.read().decode()

    def partitions(self):
        """Name, first sector and sectors of each partition."""
        dump = subprocess.run(["sfdisk", "--dump", self.disk], check=True, capture_output=True, text=True).stdout
        found = re.findall(r'start= *(\d+), size= *(\d+),.*name="([^"]+)"', dump)
        return {name: (int(start), int(size)) for start, size, name in found}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
