"""The same lock and the same programs give the same bits."""

import hashlib
import subprocess

import pytest

from machine import IMAGES

MADE = ["root.squashfs", "boot.squashfs", "sbom.spdx.json", "disk.raw"]
SOURCES = IMAGES.parents[1] / "image"


def digests():
    found = {}
    for name in MADE:
        with open(IMAGES / name, "rb") as file:
            found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def test_a_second_build_is_the_same_to_the_bit():
    if not (IMAGES / "disk.raw").exists():
        pytest.skip("no image was built: `make image` makes build/image/disk.raw")
    first = digests()
    subprocess.run(["make", "--no-print-directory", "image"], cwd=SOURCES.parent, check=True)
    assert digests() == first
