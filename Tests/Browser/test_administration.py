"""The whole of it in Chinese and dark: wrong input in the wizard first, then every page, and what administrators do."""

import base64
import hashlib
import hmac
import json
import re
import struct
import time

import pytest
from playwright.sync_api import expect

from browser import Person, download
from lab import VIP
from wizard import NODE, PASSWORD, SITE, every_page, login, refused, submit

NODES = 1


@pytest.fixture(scope="module")
def person(browser):
    # What the server refuses is told by the browser as an error as well.
    return Person(browser, "zh", "dark", expected=["Failed to load resource", "net::ERR_"])


def wait_until_shown(lab, certificate):
    """Asks the virtual address, again and again, until it shows this certificate."""
    end = time.monotonic() + 15
    ask = f"openssl s_client -connect {VIP}:443 </dev/null 2>/dev/null | openssl x509"
    while lab.run("sh", "-c", ask).stdout.strip() != certificate.strip():
        assert time.monotonic() < end, "another certificate is shown for 15 s"


def one_time_code(secret):
    """RFC 6238, as an authenticator makes it."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_wrong_setup_codes(lab, person):
    page = person.page
    page.goto(f"{NODE}/")
    old = lab("setup-code", "n1")
    for _ in range(10):
        submit(page, code="ZZZZ-ZZZZ")
        refused(page)
    new = lab("setup-code", "n1")
    assert new != old
    submit(page, code=old)
    refused(page)
    person.look("setup-wrong-code")
    submit(page, code=new.lower().replace("-", ""))
    page.locator("[name=repeated]").wait_for()


def test_wizard_refuses_and_goes_on(lab, browser, person):
    page = person.page
    submit(page, name="ada", password=PASSWORD, repeated="something else entirely")
    refused(page, "repeated")
    submit(page, name="ada", password="short", repeated="short")
    # The browser itself holds a short password back.
    assert page.locator("[name=password]:invalid").count() == 1
    submit(page, name="ada", password=PASSWORD, repeated=PASSWORD)
    page.locator("[name=kind]").first.wait_for()
    page.locator("[name=kind][value=file]").check()
    submit(page, text="-----BEGIN KEELSON LICENSE-----\nAAAA\n-----END KEELSON LICENSE-----")
    refused(page, "license.text")
    page.locator("[name=kind][value=trial]").check()
    submit(page, text="")
    page.locator("[name=ntp]").wait_for()
    submit(page, name="harbour", ntp="10.77.0.99")
    refused(page, "10.77.0.99")
    # Another browser goes on from the same draft; the first one is told, and nothing is lost.
    other = Person(browser, "en", "light")
    other.page.goto(f"{NODE}/setup")
    other.page.get_by_label("Setup code").fill(lab("setup-code", "n1"))
    other.page.get_by_role("button", name="Begin").click()
    other.page.get_by_label("Name of the cluster").fill("port")
    other.page.get_by_role("button", name="Save and go on").click()
    other.page.get_by_label("Gateway").wait_for()
    other.is_well()
    other.context.close()
    submit(page, name="harbour", ntp="10.77.0.1")
    refused(page)
    submit(page, name="harbour", ntp="10.77.0.1")
    page.locator("[name=gateway]").wait_for()
    for vip in ("10.77.0.11/24", "192.0.2.50/24", "10.77.0.1/24", "nonsense"):
        submit(page, vip=vip, gateway="10.77.0.1")
        refused(page, vip.split("/")[0])
    submit(page, vip=f"{VIP}/24", gateway="10.77.0.77")
    refused(page, "10.77.0.77")
    submit(page, vip=f"{VIP}/24", gateway="10.77.0.1")
    page.locator("[name=count]").wait_for()
    page.locator("main > form button").click()
    page.locator("form[action='/setup/start'] button").click()
    page.locator(".note.good[data-finished]").wait_for(timeout=60_000)
    person.look("setup-running")
    lab("whole", "1")
    person.is_well()


def test_every_page(lab, person):
    page = person.page
    login(page, "ada", PASSWORD)
    every_page(person)
    # The only voter cannot be drained.
    page.locator("main form button").click()
    refused(page)
    person.is_well()


def test_tokens_and_rack_mode(lab, person, tmp_path):
    """A token of a program does what its scopes say and nothing else; a node's token is made and taken back."""
    page = person.page
    page.goto(f"{SITE}/tokens")
    form = page.locator("form[action='/tokens/api']")
    form.locator("[name=name]").fill("robot")
    form.locator("[name=role]").select_option("administrator")
    form.locator("[name=days]").fill("1")
    form.locator("[name='group.nodes']").check()
    form.locator("button").click()
    token = page.locator("main pre").inner_text()
    person.look("tokens-created")
    ask = lambda path: lab.run(
        "curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Authorization: Bearer {token}", SITE + path).stdout
    assert (ask("/v1/nodes"), ask("/v1/users"), ask("/v1/tokens")) == ("200", "403", "403")
    page.goto(f"{SITE}/tokens")
    assert token not in page.content()
    form = page.locator("form[action='/tokens/join']")
    form.locator("[name=uses]").fill("2")
    form.locator("button").click()
    assert page.locator("main pre").inner_text().startswith("kj1.")
    for kind in ("api", "join"):
        page.locator(f"form[action^='/tokens/{kind}/'] button").first.click()
        page.locator(".note.good").wait_for()
    assert page.locator("form[action$='/revoke']").count() == 0
    # Revoking reaches the node's memory within two seconds.
    end = time.monotonic() + 5
    while ask("/v1/nodes") != "401":
        assert time.monotonic() < end, "a revoked token is still good"
    page.goto(f"{SITE}/nodes")
    submit(page, nodes="3", minutes="20")
    page.locator(".note.good").wait_for()
    person.look("nodes-rack")
    assert json.loads(lab("keelson", "n1", "nodes", "rack", "-o", "json"))["nodes"] == 3
    page.locator("form[action='/rack'] button").click()
    page.locator("[name=minutes]").wait_for()
    assert json.loads(lab("keelson", "n1", "nodes", "rack", "-o", "json"))["nodes"] == 0
    person.is_well()


def test_users_and_the_audit_trail(lab, browser, person):
    page = person.page
    page.goto(f"{SITE}/users")
    form = page.locator("form[action='/users']")
    form.locator("[name=name]").fill("olga")
    form.locator("[name=role]").select_option("securityOfficer")
    form.locator("[name=password]").fill("a quite different phrase")
    form.locator("button").click()
    page.locator(".note.good").wait_for()
    officer = Person(browser, "en", "dark", expected=["Failed to load resource"])
    login(officer.page, "olga", "a quite different phrase")
    officer.page.goto(f"{SITE}/audit")
    officer.page.get_by_text("Whole:").wait_for()
    officer.page.get_by_role("cell", name="olga").first.wait_for()
    officer.look("audit")
    trail = download(officer.page.get_by_role("link", name="Download it")).decode()
    assert "ada" in trail and "POST /v1/users" in trail
    assert officer.page.get_by_text("POST /v1").count() == 0
    assert PASSWORD not in trail and "a quite different phrase" not in trail
    officer.page.goto(f"{SITE}/users")
    officer.look("users")
    # What a role may not do is refused, however it is asked.
    officer.page.goto(f"{SITE}/notifications")
    officer.page.get_by_text(re.compile("administrator")).first.wait_for()
    officer.is_well()
    officer.context.close()


def test_second_factor(lab, browser, person):
    page = person.page
    page.goto(f"{SITE}/account")
    page.locator("form[action='/account/second-factor'] button").click()
    secret = page.locator("dl code").first.inner_text()
    submit(page, code="000000")
    refused(page)
    page.goto(f"{SITE}/account")
    page.locator("form[action='/account/second-factor'] button").click()
    secret = page.locator("dl code").first.inner_text()
    submit(page, code=one_time_code(secret))
    codes = page.locator("pre").inner_text().split()
    assert len(codes) == 10
    person.look("recovery-codes")
    other = Person(browser, "en", "light", expected=["Failed to load resource"])
    other.page.goto(f"{SITE}/login")
    submit(other.page, name="ada", password=PASSWORD)
    other.page.get_by_label("Code of your authenticator").wait_for()
    other.look("login-second-factor")
    submit(other.page, name="ada", password=PASSWORD, code=codes[0])
    other.page.locator("nav.side").wait_for()
    other.context.close()
    person.is_well()


def test_notifications_and_support(lab, person):
    page = person.page
    page.goto(f"{SITE}/notifications")
    page.locator("details").nth(2).locator("summary").click()
    form = page.locator("form").filter(has=page.locator("[name=kind][value=syslog]"))
    form.locator("[name=id]").fill("log")
    form.locator("[name=host]").fill("10.77.0.1")
    form.locator("button").click()
    page.locator(".note.good").wait_for()
    page.locator("form[action='/notifications/log/test'] button").click()
    page.locator(".note[role=status]").filter(has_text="log").wait_for()
    person.look("notifications-failing")
    page.goto(f"{SITE}/license")
    submit(page, text="nonsense")
    refused(page)
    page.goto(f"{SITE}/support")
    assert download(page.locator("a.button").first).startswith(b"\x1f\x8b")
    person.is_well()


def test_another_certificate(lab, person, tmp_path):
    """Somebody else's certificate, made by openssl, is seen at the virtual address; a wrong key is refused."""
    page = person.page
    names = ["-subj", "/CN=harbour.example", "-addext", f"subjectAltName=IP:{VIP},DNS:harbour.example"]
    for name in ("one", "two"):
        lab.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", *names,
                "-keyout", f"{tmp_path}/{name}.key", "-out", f"{tmp_path}/{name}.crt")
    read = lambda name: (tmp_path / name).read_text()
    page.goto(f"{SITE}/settings/certificate")
    submit(page, certificates=read("one.crt"), key=read("two.key"))
    refused(page, "key")
    submit(page, certificates=read("one.crt"), key=read("one.key"))
    page.locator(".note.good").wait_for()
    person.look("certificate")
    wait_until_shown(lab, read("one.crt"))
    # A signing request that is signed outside; its key never left.
    page.goto(f"{SITE}/settings/certificate")
    submit(page, names="harbour.example")
    (tmp_path / "asked.csr").write_text(page.locator("pre").inner_text())
    signed = lab.run("openssl", "x509", "-req", "-in", f"{tmp_path}/asked.csr", "-days", "30", "-CA",
                     f"{tmp_path}/one.crt", "-CAkey", f"{tmp_path}/one.key", "-CAcreateserial")
    submit(page, certificates=signed.stdout)
    page.locator(".note.good").wait_for()
    wait_until_shown(lab, signed.stdout)
    page.locator("form[action$=reset] button").click()
    page.locator(".note.good").wait_for()
    person.is_well()


def test_keyboard_alone(lab, person):
    page = person.page
    page.goto(SITE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    target = page.locator("nav.side a[href='/events']")
    page.locator("a.brand").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("(entry) => entry === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"{SITE}/events")
    person.is_well()


def test_without_script(lab, browser, person):
    """Everything can be read, and forms work."""
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False, locale="en-US")
    context.add_cookies(person.context.cookies())
    page = context.new_page()
    page.goto(f"{SITE}/?")
    assert page.locator("text=n1").count() > 0
    page.goto(f"{SITE}/events")
    assert page.locator("tbody tr").count() > 0
    page.locator("button[name=theme][value=light]").click()
    assert page.locator("html").get_attribute("data-theme") == "light"
    context.close()


def test_a_second_stream_is_shared(lab, person):
    """Two tabs of one browser keep one stream: the seventh tab still gets its page."""
    tabs = [person.open() for _ in range(7)]
    for tab in tabs:
        tab.goto(SITE)
        tab.locator("[data-live=overview]").first.wait_for()
    for tab in tabs:
        expect(tab.locator("html")).to_have_attribute("data-stream", "live", timeout=10_000)
        tab.close()
    person.is_well()
