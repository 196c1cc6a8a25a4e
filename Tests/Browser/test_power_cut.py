"""The power goes while the cluster starts, twice, with the wizard open: in Chinese and light."""

import time

import pytest
from playwright.sync_api import Error, TimeoutError

from browser import Person
from wizard import NODE, PASSWORD, every_page, login, runs, start, walk

NODES = 1


@pytest.fixture(scope="module")
def person(browser):
    return Person(browser, "zh", "light", expected=["Failed to load resource", "net::ERR_"])


def cut(lab, page, moment):
    """Starts the cluster; the power goes at that moment and comes back. On a quick machine it can take the answer to the
    click along: then whoever sits there opens the page again. Returns whether the page had its answer."""
    lab.ask("cut-in-founding", "n1", moment)
    try:
        start(page)
        answered = True
    except TimeoutError:
        answered = False
    assert lab.answer() == "n1"
    lab("restore", "n1")
    if not answered:
        reopen(page)
    return answered


def reopen(page):
    deadline = time.monotonic() + 60
    while True:
        try:
            if page.goto(f"{NODE}/setup?started=1").ok:
                return
        except Error:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, "the setup did not come back"


def test_the_wizard_goes_on_where_it_was(lab, person):
    page = person.page
    walk(lab, person)
    code = lab("setup-code", "n1")
    # Nothing is founded yet: the page says so, and the last step is open again, with the same session and draft.
    if cut(lab, page, "identity"):
        page.get_by_role("alert").wait_for(timeout=30_000)
        person.look("setup-broken-off")
        page.locator("main a.button").click()
    assert lab("setup-code", "n1") == code
    page.locator("form[action='/setup/start']").wait_for()
    assert "harbour" in page.locator("main dl").inner_text() and "ada" in page.locator("main dl").inner_text()
    # The membership is written: the node goes on by itself, and the page with it.
    cut(lab, page, "service")
    runs(lab, person)
    person.is_well()


def test_the_cluster_is_what_the_draft_said(lab, person):
    login(person.page, "ada", PASSWORD)
    person.page.get_by_text("harbour").first.wait_for()
    every_page(person)
    person.is_well()
