"""Licenses on a real cluster, in English and dark: asked for, given to the wizard, refused, replaced, at their limit."""

import json
import os
import subprocess

import pytest

from browser import Person, download
from lab import CONFIGURATION, ROOT
from wizard import NODE, PASSWORD, SITE, every_page, login, refused, runs, start, submit, walk

NODES = 2
BEGIN = "-----BEGIN KEELSON LICENSE-----\n"
PAST = ["--kind", "subscription", "--from", "2024-01-01T00:00:00.000Z", "--expires", "2024-12-31T00:00:00.000Z"]
FUTURE = ["--kind", "perpetual", "--from", "2199-01-01T00:00:00.000Z"]


@pytest.fixture(scope="module")
def vendor(tmp_path_factory):
    return Vendor(tmp_path_factory.mktemp("vendor"))


@pytest.fixture(scope="module")
def test_keys(vendor):
    return str(vendor.folder / "test-keys")


@pytest.fixture(scope="module")
def person(browser):
    return Person(browser, "en", "dark", expected=["Failed to load resource"])


class Vendor:
    """keelson-vendor with a key that the lab's nodes know, and one that they do not."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("known", "unknown"):
            self.run("create-key", str(folder / name))
        (folder / "test-keys").write_text((folder / "known.pub").read_text().split()[2] + "\n")

    def run(self, *words):
        program = os.path.join(ROOT, f".build/{CONFIGURATION}/keelson-vendor")
        return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout

    def license(self, *more, key="known", name="L-1"):
        more = more if "--kind" in more else ("--kind", "perpetual", *more)
        return self.run("issue", "--key", str(self.folder / key), "--id", name, "--customer", "Harbour & Sons", *more)


def test_wizard_with_a_license(lab, vendor, person):
    walk(lab, person, vendor.license("--nodes", "1"))
    assert "Harbour & Sons, L-1" in person.page.locator("main").inner_text()
    # Going back, the wizard refuses another one and keeps what it had.
    person.page.goto(f"{NODE}/setup/3")
    person.page.get_by_role("definition").get_by_text("Harbour & Sons", exact=True).wait_for()
    person.look("setup-3-license-given")
    person.page.locator("[name=kind][value=file]").check()
    submit(person.page, text=vendor.license(key="unknown"))
    refused(person.page, "license.text", "does not know")
    person.page.goto(f"{NODE}/setup/7")
    start(person.page)
    runs(lab, person)
    person.is_well()


def test_refused_licenses_change_nothing(lab, vendor, person, tmp_path):
    page = person.page
    login(page, "ada", PASSWORD)
    page.goto(f"{SITE}/license")
    request = json.loads(download(page.get_by_role("link", name="Download the request")))
    assert request["cluster"] == "harbour" and request["nodes"][0]["name"] == "n1"
    # The same request as from a machine none of whose parts are this one's.
    request["nodes"][0]["hardware"] = {"parts": [f"{part:064x}" for part in range(1, 5)]}
    (tmp_path / "elsewhere").write_text(json.dumps(request))
    good = vendor.license("--nodes", "1")
    # One character of the signed text's Base64.
    middle = good.index("\n", len(BEGIN)) + 10
    flipped = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1:]
    for text, word in [
        (vendor.license(*PAST), "expired"),
        (vendor.license(*FUTURE), "2199"),
        (vendor.license("--bind", str(tmp_path / "elsewhere")), "machine"),
        (flipped, "signature"),
        (vendor.license(key="unknown"), "does not know"),
        (BEGIN + "A" * 70_000, "64 KiB"),
        ("nonsense", "text"),
    ]:
        page.goto(f"{SITE}/license")
        submit(page, text=text)
        refused(page, "text", word)
    status = json.loads(lab("keelson", "n1", "license", "status", "-o", "json"))
    assert status["license"]["id"] == "L-1" and status["phase"] == "valid" and status["license"]["limits"]["nodes"] == 1
    person.look("license-refused")
    person.is_well()


def test_a_node_too_many_and_a_larger_license(lab, vendor, person, tmp_path):
    page = person.page
    lab("join", "n2")
    page.goto(f"{SITE}/nodes")
    digits = lab("digits", "n2")
    while page.locator("[name=code]").count() == 0:
        page.reload()
    submit(page, code=digits)
    refused(page, "license")
    person.look("nodes-license-limit")
    page.goto(f"{SITE}/license")
    submit(page, text=vendor.license("--nodes", "2", name="L-2"))
    page.locator(".note.good").wait_for()
    person.look("license-installed")
    page.goto(f"{SITE}/nodes")
    submit(page, code=digits)
    page.locator(".note.good").wait_for()
    lab("whole", "2")
    # Fewer nodes than there are: refused now.
    page.goto(f"{SITE}/license")
    submit(page, text=vendor.license("--nodes", "1", name="L-3"))
    refused(page, "text", "2")
    (tmp_path / "small.license").write_text(vendor.license("--nodes", "1", name="L-3"))
    with pytest.raises(RuntimeError, match="2"):
        lab("keelson", "n1", "license", "install", str(tmp_path / "small.license"))
    assert json.loads(lab("keelson", "n2", "license", "status", "-o", "json"))["license"]["id"] == "L-2"
    person.is_well()


def test_every_page(lab, person):
    person.page.goto(SITE)
    every_page(person)
    person.is_well()
