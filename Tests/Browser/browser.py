"""Debian's Chromium in the lab's network, and what must hold of every page."""

import os
import stat

from axe_playwright_python.sync_playwright import Axe

from lab import ROOT

SCREENS = os.path.join(ROOT, "build", "screens")
# Registered before any script of a page: what the content policy stops is told as an error of the console.
WATCH = """addEventListener("securitypolicyviolation",
  (event) => console.error("content policy: " + event.violatedDirective + " " + event.blockedURI))"""


def launch(playwright, lab, folder):
    """Playwright starts a program; this one enters the lab's network first."""
    program = os.path.join(folder, "chromium")
    with open(program, "w") as file:
        file.write(f'#!/bin/sh\nexec ip netns exec {lab.namespace} /usr/bin/chromium "$@"\n')
    os.chmod(program, stat.S_IRWXU)
    return playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])


class Person:
    """Somebody with a browser of their own, in one language and theme."""

    def __init__(self, browser, language, theme, expected=()):
        self.context = browser.new_context(
            ignore_https_errors=True, locale={"en": "en-US", "zh": "zh-CN"}[language], color_scheme=theme,
            viewport={"width": 1280, "height": 900})
        self.context.add_init_script(WATCH)
        self.language, self.theme = language, theme
        self.expected = list(expected)
        self.problems = []
        self.page = self.open()

    def open(self):
        page = self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: self._heard(message))
        # Shown with a failure.
        page.on("response", lambda answer: answer.status < 400 or print(answer.status, answer.url))
        page.on("requestfailed", lambda request: print(request.failure, request.url))
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        return page

    def _heard(self, message):
        if message.type == "error" and not any(text in message.text for text in self.expected):
            self.problems.append(f"{message.location.get('url')}: {message.text}")

    def look(self, name):
        """Judges the page as it is: accessibility, one heading, its language; keeps a picture."""
        os.makedirs(SCREENS, exist_ok=True)
        self.page.screenshot(
            path=os.path.join(SCREENS, f"{name}-{self.language}-{self.theme}.png"), full_page=True)
        result = Axe().run(self.page)
        violations = [
            f"{self.page.url}: {violation['id']}: {node['html'][:160]}"
            for violation in result.response["violations"] for node in violation["nodes"]]
        assert violations == []
        assert self.page.locator("h1").count() == 1
        assert self.page.locator("html").get_attribute("lang") == self.language

    def is_well(self):
        assert self.problems == []


def download(link):
    """The file behind a link, with the page's session. By hand: in one of some contexts this Chromium under Playwright
    cancels every download, whatever is asked."""
    answer = link.evaluate("""async (link) => {
      const answer = await fetch(link.href);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return [answer.status, answer.headers.get("content-disposition"), link.hasAttribute("download"), [...bytes]];
    }""")
    assert answer[0] == 200 and answer[1].startswith("attachment;") and answer[2], answer[:3]
    return bytes(answer[3])
