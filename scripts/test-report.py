"""Tests the html report of the program in a headless Chromium.

    test-report.py CHROMIUM PROGRAM SCREENSHOTS

PROGRAM is the program aws-pod-identity, SCREENSHOTS a directory for pictures. Prints each test. Exits with 1 if one fails.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

from browser import Browser, outside, passes

CHROMIUM, PROGRAM, SCREENSHOTS = sys.argv[1:]
WIDTHS = [("phone", 390, 844), ("tablet", 768, 1024), ("desktop", 1280, 900)]
ROLE = "arn:aws:iam::111122223333:role/"


def account(name, namespace, role):
    return f"""---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
  namespace: {namespace}
  annotations:
    eks.amazonaws.com/role-arn: "{role}"
"""


def deployment(name, namespace, account, env=""):
    return f"""---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      serviceAccountName: {account}
      containers:
      - name: app
        image: registry.example.com/{name}:1.0
{env}"""


STATIC = """        env:
        - {name: AWS_ACCESS_KEY_ID, value: AKIAIOSFODNN7EXAMPLE}
"""


def few():
    """Manifests with five findings, of which three reject."""
    attack = "<img src=x onerror=document.title='run'>"
    return "".join([
        account("api", "payments", ROLE + "api"), deployment("api", "payments", "api"),
        account("worker", "payments", "arn:aws:iam::12345:role/worker"), deployment("worker", "payments", "worker"),
        account("batch", "reports", ROLE + "batch"), deployment("batch", "reports", "batch", STATIC),
        account("web", "shop", f"{attack}</script>"), deployment("cron", "shop", "missing"), deployment("none", "shop", "default"),
    ])


def many():
    """Manifests with 2,000 findings."""
    parts = []
    for number in range(1000):
        name, namespace = f"app-{number:04}", f"team-{number // 50:02}"
        parts.append(account(name, namespace, f"arn:aws:iam::{number}:role/{name}"))
        parts.append(deployment(name, namespace, name))
    return "".join(parts)


def report(directory, name, manifests):
    path = pathlib.Path(directory) / f"{name}.html"
    page = subprocess.run([PROGRAM, "check", "--diff", "-o", "html", "-"], input=manifests, stdout=subprocess.PIPE, text=True).stdout
    assert page.startswith("<!doctype html>"), page[:200]
    path.write_text(page)
    return path


def open_page(browser, path):
    browser.call("Page.navigate", url="about:blank")
    browser.call("Page.navigate", url=path.resolve().as_uri())
    browser.wait("document.getElementById('count')?.textContent.length > 0")


def total(browser, name):
    return int(browser.run(f"document.querySelector('#totals .{name} b').textContent"))


def count(browser):
    return browser.run("document.getElementById('count').textContent")


def test_the_page_shows_the_report(browser, pages):
    open_page(browser, pages["few"])
    assert total(browser, "rejected") >= 3, total(browser, "rejected")
    findings = browser.run("data.entries.flatMap((entry) => entry.findings).length")
    assert findings == browser.run("data.summary.totals.findings") >= 5, findings
    verdicts = browser.run("[...document.querySelectorAll('.badge')].map((badge) => badge.textContent)")
    order = ["rejected", "warned", "injected", "unchanged"]
    assert verdicts == sorted(verdicts, key=order.index), verdicts


def test_many_findings_are_drawn_page_by_page(browser, pages):
    open_page(browser, pages["many"])
    findings = browser.run("data.summary.totals.findings")
    assert findings >= 2000, findings
    assert browser.run("document.querySelectorAll('#objects > li').length") == 200
    assert count(browser) == "2000 of 2000 objects", count(browser)
    browser.run("document.getElementById('more').focus()")
    browser.key("Enter", "Enter", 13)
    assert browser.run("document.querySelectorAll('#objects > li').length") == 400
    assert browser.run("document.activeElement.tagName") == "SUMMARY", "the focus goes to the first new object"


def test_filters_work_by_keyboard(browser, pages):
    open_page(browser, pages["few"])
    everything = count(browser)
    reached = []
    for _ in range(14):
        browser.key("Tab", "Tab", 9)
        reached.append(browser.run("document.activeElement.id || document.activeElement.className || document.activeElement.tagName"))
    wanted = ["skip", "all", "rejected", "warned", "injected", "unchanged", "search", "namespace", "kind", "finding", "reset", "SUMMARY"]
    assert [name for name in reached if name in wanted][:len(wanted)] == wanted, reached
    # A verdict with Enter, a namespace with the arrow, words with letters, then back with Enter on the reset button.
    browser.run("document.querySelector('#totals .rejected').focus()")
    browser.key("Enter", "Enter", 13)
    assert count(browser).startswith(f"{total(browser, 'rejected')} of "), count(browser)
    assert browser.run("document.querySelector('#totals .rejected').getAttribute('aria-pressed')") == "true"
    browser.run("document.getElementById('namespace').focus()")
    browser.key("ArrowDown", "ArrowDown", 40)
    assert browser.run("document.getElementById('namespace').value") == "payments"
    browser.run("document.getElementById('search').focus()")
    browser.call("Input.insertText", text="worker 12345")
    browser.wait("document.getElementById('count').textContent.startsWith('1 of ') || document.getElementById('count').textContent.startsWith('2 of ')")
    browser.call("Input.insertText", text=" nothing-has-this")
    browser.wait("document.querySelector('.empty') !== null")
    browser.run("document.getElementById('reset').focus()")
    browser.key("Enter", "Enter", 13)
    assert count(browser) == everything, count(browser)


def test_an_object_opens_by_keyboard(browser, pages):
    open_page(browser, pages["few"])
    browser.run("document.querySelector('#objects summary').focus()")
    browser.key("Enter", "Enter", 13)
    browser.wait("document.querySelector('#objects details[open] .chain') !== null")
    shown = browser.run("document.querySelector('#objects details[open]').innerText")
    assert "role-arn-malformed" in shown and "To fix it:" in shown, shown


def test_text_of_manifests_is_never_html(browser, pages):
    open_page(browser, pages["few"])
    browser.run("document.querySelectorAll('#objects details').forEach((details) => { details.open = true; })")
    browser.wait("document.querySelectorAll('#objects .body').length === document.querySelectorAll('#objects details').length")
    assert "<img" in browser.run("document.getElementById('objects').innerText")
    assert browser.run("document.querySelectorAll('img').length") == 0
    assert browser.run("document.title") == "AWS identity of pods"


def test_no_width_needs_horizontal_scrolling(browser, pages):
    for name in pages:
        for _, width, height in WIDTHS + [("narrow", 320, 640)]:
            browser.size(width, height)
            open_page(browser, pages[name])
            browser.run("[...document.querySelectorAll('#objects details')].slice(0, 8).forEach((details) => { details.open = true; })")
            overflow = browser.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            wide = browser.run("[...document.querySelectorAll('#objects *')].filter((node) => node.getBoundingClientRect().right >"
                               " document.documentElement.clientWidth && !node.closest('pre')).slice(0, 3).map((node) => node.outerHTML.slice(0, 200))")
            assert overflow == 0, f"{name}, {width} px: {overflow} px too wide: {wide}"


def test_colors_have_contrast(browser, pages):
    """WCAG 2.2, 1.4.3: text has a contrast of 4.5 with its background."""
    for scheme in ("light", "dark"):
        browser.size(1280, 900, scheme)
        open_page(browser, pages["few"])
        browser.run("document.querySelectorAll('#objects details').forEach((details) => { details.open = true; })")
        low = browser.run("""(() => {
          const rgb = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
          const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = (node) => { for (; node; node = node.parentElement) { const c = rgb(getComputedStyle(node).backgroundColor); if (c[3] > 0) return c; } return [255, 255, 255]; };
          return [...document.querySelectorAll('h1, p, .badge, .title, .source, .chain span, .chain em, #totals button, #totals b, label, #count, pre, code')]
            .filter((node) => node.textContent.trim()).map((node) => {
              const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))];
              return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.className || node.tagName, node.textContent.slice(0, 30)];
            }).filter(([ratio]) => ratio < 4.5);
        })()""")
        assert low == [], f"{scheme}: {low}"


def screenshots(browser, pages):
    for page, path in pages.items():
        for name, width, height in WIDTHS:
            for scheme in ("light", "dark"):
                browser.size(width, height, scheme)
                open_page(browser, path)
                if page == "few":
                    browser.run("document.querySelectorAll('#objects details')[1].open = true")
                browser.screenshot(pathlib.Path(SCREENSHOTS) / f"{page}-{name}-{scheme}.png")


def main():
    tests = [test for name, test in list(globals().items()) if name.startswith("test_")]
    pathlib.Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        pages = {"few": report(directory, "few", few()), "many": report(directory, "many", many())}
        for test in tests + [screenshots]:
            browser = Browser(CHROMIUM)

            def check(browser=browser, test=test):
                browser.size(1280, 900)
                test(browser, pages)
                assert not outside(browser), f"requests: {outside(browser)}"
                files = {url for url in browser.requests() if url.startswith("file:")}
                assert files <= {path.resolve().as_uri() for path in pages.values()}, f"files: {files}"
                assert not browser.errors(), f"errors: {browser.errors()}"

            failed += not passes(test, browser, check)
    print(f"{len(tests) + 1 - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
