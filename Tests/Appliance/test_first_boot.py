"""A disk that was written at the factory, started for the first time, by BIOS and by UEFI."""

import hashlib
import subprocess

SETUP = r"SETUP: open (https://\S+) in a browser\s+Setup code:  (\S+)\s+.*?:\s+([0-9A-F:\s]{95,})"


def fingerprint(machine):
    digest = hashlib.sha256(machine.certificate()).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, 64, 2))


def shown(machine):
    """URL, setup code and fingerprint on the machine's own screen."""
    url, code, letters = machine.wait_for(SETUP).groups()
    return url, code, "".join(letters.split())[:95]


def test_setup_is_reachable_and_survives_a_power_cut(machine):
    node = machine()
    node.power_on()
    url, code, print_ = shown(node)
    assert url == "https://10.0.2.15"
    assert print_ == fingerprint(node)
    status, page = node.get("/setup")
    assert status == 200 and 'name="code"' in page

    node.cut_power()
    start, size = node.partitions()["keelson-data"]
    assert (start + size) * 512 > 23 << 30, "the data partition has taken the whole disk"

    node.power_on(uefi=True)
    assert shown(node) == (url, code, print_), "the same node with the same code, on UEFI"
    assert print_ == fingerprint(node)
    assert node.get("/setup")[0] == 200


def test_without_a_network_the_screen_says_so(machine):
    node = machine(network=False)
    node.power_on()
    node.wait_for("STARTING")
    node.wait_for("No wired interface has an address yet: check cable and DHCP.")


def test_without_its_data_the_machine_says_that_it_keeps_nothing(machine):
    node = machine()
    start, size = node.partitions()["keelson-data"]
    # Superblock, its copies and everything else.
    subprocess.run(
        ["fallocate", "--punch-hole", "--offset", str(start * 512), "--length", str(size * 512), node.disk], check=True
    )
    node.power_on()
    node.wait_for("This machine keeps nothing: the file system on /dev/vda7 cannot be repaired.")
