"""What the console costs and how fast its pages are: `make bench-console`. Runs the release build on a quiet machine."""

import json
import os
import statistics
import subprocess
import sys
import tempfile

from playwright.sync_api import sync_playwright

from browser import Person, launch
from lab import ROOT, VIP, Lab
from wizard import NODE, PASSWORD, SITE, login, start, walk

CONSOLES = 200
SECONDS = 20
PAINTS = 10
PAGES = [
    "/", "/machines", "/nodes", "/failovers", "/events", "/jobs", "/audit", "/approvals", "/license", "/users",
    "/tokens", "/notifications", "/settings", "/settings/certificate", "/support", "/account", "/api",
]
WIZARD = [f"/setup/{step}" for step in range(2, 8)]
FIRST_PAINT = """new Promise((resolve) => new PerformanceObserver((list) => {
  for (const paint of list.getEntriesByName("first-contentful-paint")) resolve(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""


class Stopwatch(Person):
    """Looks at nothing but the time."""

    def look(self, name):
        pass

    def open(self):
        return self.context.new_page()


def daemons():
    """Process ids of the console's and the cluster's daemon."""
    ids = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as file:
                if file.read().strip() in ("keelson-console", "keelson-cluster"):
                    ids.append(pid)
        except FileNotFoundError:
            continue
    return ids


def cost(ids):
    """CPU seconds and bytes of memory of all of them."""
    ticks, memory = 0, 0
    for pid in ids:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
        memory += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return ticks / os.sysconf("SC_CLK_TCK"), memory


def watch(ids, alive):
    """Share of one core over the time, and the memory at its end; this process must live so long."""
    before, _ = cost(ids)
    try:
        code = alive.wait(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        after, memory = cost(ids)
        return (after - before) / SECONDS, memory
    raise RuntimeError(f"{alive.args[0]} ended with code {code} while it was measured")


def paints(person, site, paths):
    """Milliseconds from the request to the first paint of each page; and bytes of the heaviest page's parts."""
    first, heaviest = {}, 0
    for path in paths:
        times = []
        for _ in range(PAINTS):
            person.page.goto(site + path)
            person.page.locator("h1").wait_for()
            times.append(person.page.evaluate(FIRST_PAINT))
        first[path] = statistics.median(times)
        heaviest = max(heaviest, person.page.evaluate(
            "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
            ".reduce((sum, part) => sum + part.decodedBodySize, 0)"))
    return first, heaviest


def goal(what, ours, text, met):
    return {"what": what, "ours": ours, "against": "goal", "theirs": None, "ratio": None, "goal": text, "met": met}


def main():
    lab = Lab(1)
    try:
        with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
            browser = launch(playwright, lab, folder)
            person = Stopwatch(browser, "en", "light")
            first, heaviest = paints(person, NODE, ["/setup"])
            walk(lab, person)
            steps, part = paints(person, NODE, WIZARD)
            first, heaviest = first | steps, max(heaviest, part)
            start(person.page)
            person.page.locator(".note.good[data-finished]").wait_for(timeout=60_000)
            lab("whole", "1")
            login(person.page, "ada", PASSWORD)
            person.page.goto(f"{SITE}/nodes")
            node = person.page.locator("main table a").first.get_attribute("href")
            pages, part = paints(person, SITE, [*PAGES, node])
            first, heaviest = first | pages, max(heaviest, part)
            token = next(c["value"] for c in person.context.cookies() if c["name"] == "__Host-session")
            browser.close()
        ids = daemons()
        idle, memory = watch(ids, lab.process)
        consoles = subprocess.Popen(
            ["ip", "netns", "exec", lab.namespace, sys.executable,
             os.path.join(os.path.dirname(__file__), "consoles.py"), VIP, token, str(CONSOLES)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert consoles.stdout.readline().strip() == "open"
        busy, loaded = watch(ids, lab.process)
        consoles.stdin.close()
        if consoles.wait(timeout=30) != 0:
            raise RuntimeError("the consoles ended badly")
    finally:
        lab.close()
    slowest = max(first, key=first.get)
    goals = [
        goal(f"first paint of the slowest page ({slowest}), ms", round(first[slowest], 1), "<= 150", first[slowest] <= 150),
        goal("all parts of the heaviest page, KB", round(heaviest / 1000, 1), "<= 200", heaviest <= 200_000),
        goal(f"memory for {CONSOLES} open consoles, MB", round((loaded - memory) / 1e6, 1), "<= 200",
             loaded - memory <= 200e6),
        goal(f"CPU for {CONSOLES} open consoles, % of one core", round((busy - idle) * 100, 1), "<= 20",
             busy - idle <= 0.20),
    ]
    for path, median in first.items():
        print(f"first paint {path:24} {median:6.1f} ms")
    for entry in goals:
        print(f"{entry['what']:55} {entry['ours']:8}  goal {entry['goal']:8} {'met' if entry['met'] else 'MISSED'}")
    os.makedirs(os.path.join(ROOT, "build/bench"), exist_ok=True)
    with open(os.path.join(ROOT, "build/bench/console.json"), "w") as file:
        json.dump(goals, file, indent=2)


main()
