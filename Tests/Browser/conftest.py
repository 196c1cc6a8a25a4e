import os

import pytest
from playwright.sync_api import Error, sync_playwright

from browser import SCREENS, launch
from lab import Lab


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def lab(request):
    """As many fresh nodes as the file's NODES says; they read licenses of its `test_keys`, if it has such."""
    keys = request.getfixturevalue("test_keys") if hasattr(request.module, "test_keys") else None
    lab = Lab(request.module.NODES, keys)
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def browser(playwright, lab, tmp_path_factory):
    browser = launch(playwright, lab, str(tmp_path_factory.mktemp("browser")))
    yield browser
    browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the person saw."""
    report = yield
    person = item.funcargs.get("person") if hasattr(item, "funcargs") else None
    if report.when == "call" and report.failed and person:
        os.makedirs(SCREENS, exist_ok=True)
        try:
            person.page.screenshot(path=os.path.join(SCREENS, f"failed-{item.name}.png"), full_page=True)
            report.sections.append(("The page", person.page.url + "\n" + person.page.locator("body").inner_text()))
        except Error as error:
            report.sections.append(("No picture of the page", f"{person.page.url}\n{error}"))
    return report
