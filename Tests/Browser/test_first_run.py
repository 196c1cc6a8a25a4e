"""From the setup code to a running cluster, in the browser, and the loss of the master with the page open."""

import re
import time

import pytest

from browser import Person, download
from lab import VIP

NODES = 3
PASSWORD = "the keel holds the ship"


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def enter_code(person, code):
    person.page.goto("https://10.77.0.11/")
    person.look("setup-1-code")
    person.page.get_by_label("Setup code").fill(code)
    press(person.page, "Begin")


@pytest.fixture(scope="module")
def person(browser):
    # The stream breaks when the master loses its power; the browser says so.
    return Person(browser, "en", "light", expected=["net::ERR_", "Failed to load resource"])


def test_wizard(lab, person):
    begin = time.monotonic()
    page = person.page
    lab("join", "n2")
    enter_code(person, lab("setup-code", "n1"))
    person.look("setup-2-administrator")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password once more").fill(PASSWORD)
    press(page, "Save and go on")
    person.look("setup-3-license")
    press(page, "Save and go on")
    page.get_by_label("Name of the cluster").fill("harbour")
    press(page, "Check")
    person.look("setup-4-cluster")
    press(page, "Save and go on")
    page.get_by_label("One or two addresses").fill(f"{VIP}/24")
    page.get_by_label("Gateway").fill("10.77.0.1")
    press(page, "Check")
    page.get_by_role("table").wait_for()
    person.look("setup-5-network")
    press(page, "Save and go on")
    page.get_by_label("Code shown on the node").fill(lab("digits", "n2"))
    person.look("setup-6-nodes")
    press(page, "Approve")
    page.get_by_text("approved", exact=True).wait_for()
    page.get_by_label("How many nodes").fill("1")
    press(page, "Open rack mode")
    page.get_by_text("Rack mode is open").wait_for()
    press(page, "Save and go on")
    person.look("setup-7-start")
    press(page, "Start the cluster")
    page.get_by_text("The cluster runs.").wait_for(timeout=60_000)
    person.look("setup-8-running")
    text = download(page.get_by_role("link", name="Download the recovery kit")).decode()
    assert "BEGIN CERTIFICATE" in text and "PRIVATE KEY" not in text
    lab("join", "n3")
    assert time.monotonic() - begin < 240
    person.is_well()


def test_login_and_pages(lab, person):
    page = person.page
    lab("whole", "3")
    page.goto(f"https://{VIP}/")
    person.look("login")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("not the password at all")
    press(page, "Log in")
    page.get_by_role("alert").wait_for()
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Log in")
    page.get_by_text("Everything is in order").first.wait_for()
    person.look("overview")
    entries = page.locator("nav.side a")
    for path in [entries.nth(index).get_attribute("href") for index in range(entries.count())]:
        begin = time.monotonic()
        page.goto(f"https://{VIP}{path}")
        page.locator("h1").wait_for()
        person.look("page" + path.replace("/", "-").rstrip("-"))
    page.goto(f"https://{VIP}/nodes")
    page.get_by_role("link", name="n2").click()
    person.look("node")
    page.goto(f"https://{VIP}/api")
    person.look("api")
    person.is_well()


def test_failover_under_an_open_page(lab, person):
    page = person.page
    page.goto(f"https://{VIP}/")
    overview = page.locator('[data-live="overview"]')
    old = lab("master")
    overview.get_by_text(re.compile(f"^{old}, epoch")).wait_for()
    cut = time.monotonic()
    lab("cut")
    others = [name for name in ("n1", "n2", "n3") if name != old]
    shown = overview.get_by_text(re.compile(f"^({'|'.join(others)}), epoch"))
    shown.wait_for(timeout=20_000)
    outage = time.monotonic() - cut
    title = overview.get_by_text(re.compile(f"{old} → "))
    title.wait_for()
    failover = float(re.search(r"([0-9.]+) ms", title.inner_text()).group(1)) / 1000
    print(f"the page went on {outage:.2f} s after the cut; the failover took {failover:.2f} s")
    assert outage <= failover + 2
    assert overview.locator("ul.key li").count() == 4
    person.look("overview-after-failover")
    # The same session: the next page needs no login.
    page.goto(f"https://{VIP}/failovers")
    page.get_by_text(re.compile(f"{old} → ")).first.wait_for()
    person.look("failovers")
    lab("restore", old)
    person.is_well()
