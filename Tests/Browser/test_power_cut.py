"""The power goes while the cluster starts, twice, with the wizard open: in Chinese and light."""

import pytest

from browser import Person
from wizard import PASSWORD, every_page, login, runs, start, walk

NODES = 1


@pytest.fixture(scope="module")
def person(browser):
    return Person(browser, "zh", "light", expected=["Failed to load resource", "net::ERR_"])


def cut(lab, page, moment):
    """Starts the cluster; the power goes at that moment and comes back."""
    lab.ask("cut-in-founding", "n1", moment)
    start(page)
    assert lab.answer() == "n1"
    lab("restore", "n1")


def test_the_wizard_goes_on_where_it_was(lab, person):
    page = person.page
    walk(lab, person)
    code = lab("setup-code", "n1")
    # Nothing is founded yet: the page says so, and the last step is open again, with the same session and draft.
    cut(lab, page, "identity")
    page.get_by_role("alert").wait_for(timeout=30_000)
    person.look("setup-broken-off")
    assert lab("setup-code", "n1") == code
    page.locator("main a.button").click()
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
