"""The product's programs and the keys that sign licenses: what a build embeds, and what a release reads."""

import json
import os
import socket
import subprocess
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RELEASE = os.path.join(ROOT, ".build/release")


def vendor(*words):
    return subprocess.run([os.path.join(RELEASE, "keelson-vendor"), *words], capture_output=True, text=True)


def build(*settings):
    return subprocess.run(
        ["make", "--no-print-directory", "build", "CONFIGURATION=release", "PRODUCT=keelson-licensed", *settings],
        cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Two key pairs of a vendor, one of a test, and a license that each has signed."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("first", "second", "test"):
        assert vendor("create-key", f"{folder}/{name}").returncode == 0
        license = vendor("issue", "--key", f"{folder}/{name}", "--id", name, "--customer", "Harbour", "--kind", "perpetual")
        (folder / f"{name}.license").write_text(license.stdout)
    (folder / "public").mkdir()
    for name in ("first", "second"):
        os.rename(folder / f"{name}.pub", folder / "public" / f"{name}.pub")
    (folder / "test-keys").write_text((folder / "test.pub").read_text().split()[2] + "\n")
    return folder


@pytest.fixture
def product(keys):
    """A validator with the vendor's keys in it; afterwards the one without is back."""
    built = build(f"VENDOR_KEYS={keys}/public")
    assert built.returncode == 0, built.stdout + built.stderr
    yield
    assert build().returncode == 0


class Validator:
    """keelson-licensed as a node runs it, which is told of the test key in both ways that there are."""

    def __init__(self, folder, keys, program=RELEASE):
        self.path = f"{folder}/licensed.sock"
        (folder / "keelson.toml").write_text(
            f'[node]\nname = "n1"\ninterface = "eth0"\naddress = "192.0.2.11/24"\ndata = "{folder}"\nrun = "{folder}"\n'
            f'[license]\ntest-keys = "{keys}/test-keys"\n')
        self.process = subprocess.Popen(
            [f"{program}/keelson-licensed", "--configuration", f"{folder}/keelson.toml"], stderr=subprocess.PIPE,
            env=os.environ | {"KEELSON_LICENSE_TEST_KEYS": f"{keys}/test-keys"}, text=True)
        self.notice = self.process.stderr.readline()

    def inspect(self, license):
        with socket.socket(socket.AF_UNIX) as connection:
            self.connect(connection)
            connection.sendall(json.dumps({"ask": "inspect", "text": license.read_text()}).encode() + b"\n")
            return json.loads(connection.makefile().readline())

    def connect(self, connection):
        """It says its notice before it listens."""
        end = time.monotonic() + 10
        while True:
            try:
                return connection.connect(self.path)
            except (FileNotFoundError, ConnectionRefusedError):
                assert self.process.poll() is None and time.monotonic() < end, "the validator does not listen"

    def close(self):
        self.process.terminate()
        assert self.process.wait(timeout=10) == 0


@pytest.fixture
def validator(tmp_path, keys):
    validator = Validator(tmp_path, keys)
    yield validator
    validator.close()


def reason(answer):
    return answer["refused"]["parameters"]["problem.key"]


def test_what_is_no_folder_of_public_keys_builds_nothing(keys, tmp_path):
    public = keys / "public"
    first, second = (public / "first.pub").read_text(), (public / "second.pub").read_text()
    damaged = second[:-2] + ("0" if second[-2] != "0" else "1") + "\n"
    for files, words in [
        ({}, "at least 2 public keys"),
        ({"a.pub": first}, "at least 2 public keys"),
        ({"a.pub": first, "b.pub": first}, "the same key"),
        ({"a.pub": first, "b.pub": damaged}, "damaged"),
        ({"a.pub": first, "b.pub": (keys / "second").read_text()}, "is not a public key"),
        ({"a.pub": first, "b.pub": second, "first": (keys / "first").read_text()}, "only public keys belong there"),
    ]:
        folder = tmp_path / f"keys-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
        listed = vendor("public-keys", folder)
        assert listed.returncode != 0 and words in listed.stderr and str(folder) in listed.stderr, listed.stderr
        assert listed.stdout == ""
    built = build(f"VENDOR_KEYS={folder}")
    assert built.returncode != 0 and words in built.stderr


def test_a_product_reads_what_its_keys_signed_and_nothing_else(keys, product, validator):
    assert "this is a release" in validator.notice
    for name in ("first", "second"):
        answer = validator.inspect(keys / f"{name}.license")
        assert answer["license"]["id"] == name, answer
    assert reason(validator.inspect(keys / "test.license")) == "license.testKey"


def test_a_release_without_keys_reads_none(keys, validator):
    assert reason(validator.inspect(keys / "first.license")) == "license.unknownKey"
    assert reason(validator.inspect(keys / "test.license")) == "license.testKey"


def test_a_debug_build_reads_what_the_test_key_signed(keys, tmp_path):
    """So the license is good, and the refusal above is the release's own."""
    validator = Validator(tmp_path, keys, os.path.join(ROOT, ".build/debug"))
    assert validator.inspect(keys / "test.license")["license"]["id"] == "test"
    validator.close()
