"""The wizard's seven steps and the pages of the console, by the names of their fields: the same in every language."""

from lab import VIP

NODE = "https://10.77.0.11"
SITE = f"https://{VIP}"
PASSWORD = "the keel holds the ship"


def submit(page, **fields):
    """Fills the form that has these fields and sends it, as its first button does."""
    form = page.locator("main form").filter(has=page.locator(f"[name={next(iter(fields))}]")).first
    for name, value in fields.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("button").first.click()


def refused(page, *words):
    """The page says why, and it names what is meant."""
    alert = page.get_by_role("alert")
    alert.wait_for()
    text = alert.inner_text()
    assert all(word in text for word in words), text


def login(page, name, password, code=None):
    page.goto(f"{SITE}/login")
    submit(page, name=name, password=password)
    if code:
        page.locator("[name=code]").wait_for()
        submit(page, name=name, password=password, code=code)
    page.locator("nav.side").wait_for()


def walk(lab, person, license=None):
    """From the setup code to the last step, each page judged; what is left is the start."""
    page = person.page
    page.goto(f"{NODE}/")
    person.look("setup-1-code")
    submit(page, code=lab("setup-code", "n1"))
    page.locator("[name=repeated]").wait_for()
    person.look("setup-2-administrator")
    submit(page, name="ada", password=PASSWORD, repeated=PASSWORD)
    page.locator("[name=kind]").first.wait_for()
    person.look("setup-3-license")
    if license:
        page.locator("[name=kind][value=file]").check()
    submit(page, text=license or "")
    page.locator("[name=ntp]").wait_for()
    person.look("setup-4-cluster")
    submit(page, name="harbour", ntp="10.77.0.1")
    page.locator("[name=gateway]").wait_for()
    person.look("setup-5-network")
    submit(page, vip=f"{VIP}/24", gateway="10.77.0.1")
    page.locator("[name=count]").wait_for()
    person.look("setup-6-nodes")
    page.locator("main > form button").click()
    page.locator("form[action='/setup/start']").wait_for()
    person.look("setup-7-start")


def start(page):
    page.locator("form[action='/setup/start'] button").click()


def runs(lab, person):
    """The wizard says that the cluster runs."""
    person.page.locator(".note.good[data-finished]").wait_for(timeout=60_000)
    person.look("setup-8-running")
    lab("whole", "1")


def every_page(person):
    """Every page that the console has, as an administrator sees it."""
    page = person.page
    paths = [entry.get_attribute("href") for entry in page.locator("nav.side a").all()]
    assert len(paths) == 12
    for path in paths + ["/account", "/api", "/support", "/settings/certificate", "/nowhere"]:
        page.goto(SITE + path)
        person.look("page" + path.replace("/", "-").rstrip("-"))
    protect_a_machine(person)
    page.goto(f"{SITE}/nodes")
    page.locator("main table a").first.click()
    page.locator(".chart").first.wait_for()
    person.look("node")
    page.locator("main a[href$='/drain']").click()
    page.locator("main form button").wait_for()
    person.look("confirm")


def protect_a_machine(person):
    """A machine's pages, from the form to the question before an action."""
    page = person.page
    page.goto(f"{SITE}/machines")
    page.locator("main summary").click()
    submit(page, name="web1", volumes="root=1G\ndata=2T/4096")
    page.locator("code", has_text="ke1.").wait_for()
    person.look("machine-token")
    page.goto(f"{SITE}/machines")
    page.locator("main table a").first.click()
    page.locator("[data-live^=machine-] .word").wait_for()
    person.look("machine")
    for verb in ["change", "bookmark", "unprotect"]:
        page.locator(f"main a[href$='/{verb}']").click()
        page.locator("main form button").wait_for()
        person.look(f"machine-{verb}")
        page.go_back()
    page.locator("main a[href$='/pause']").click()
    page.locator("main form button").click()
    page.locator("main a[href$='/resume']").wait_for()
    person.look("machine-paused")
