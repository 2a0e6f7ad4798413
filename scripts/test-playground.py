"""Tests the playground in a headless Chromium.

    test-playground.py CHROMIUM PAGE PROGRAM EXAMPLES SCREENSHOTS

PAGE is the built page, PROGRAM the program aws-pod-identity, EXAMPLES the directory of the repository, SCREENSHOTS a
directory for pictures. Prints each test. Exits with 1 if one fails.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

from browser import Browser, outside, passes

CHROMIUM, PAGE, PROGRAM, ROOT, SCREENSHOTS = sys.argv[1:]


class Page(Browser):
    """The playground."""

    def __init__(self):
        super().__init__(CHROMIUM)

    def open(self, fragment=""):
        # Another address first: a change of the fragment alone does not load the page again.
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=pathlib.Path(PAGE).resolve().as_uri() + fragment)
        self.wait("document.body?.dataset.evaluated !== undefined")

    def after(self, action):
        """Runs a statement, and waits until the input is evaluated again."""
        before = self.run("document.body.dataset.evaluated")
        self.run(action)
        self.wait(f"document.body.dataset.evaluated !== {json.dumps(before)}")


def program(manifests, settings):
    """The report of the program for these texts."""
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "settings.yaml"
        file.write_text(settings)
        done = subprocess.run([PROGRAM, "check", "--diff", "-o", "json", "--settings", file, "-"],
                              input=manifests, capture_output=True, text=True)
    if not done.stdout:
        raise AssertionError(done.stderr)
    report = json.loads(done.stdout.replace('"file":"standard input"', '"file":"manifests"'))
    return {key: report[key] for key in ("entries", "errors", "totals", "skipped")}


def field(name, value):
    return (f"(() => {{ const field = document.getElementById('{name}'); field.value = {json.dumps(value)};"
            " field.dispatchEvent(new Event('input')); })()")


def texts(selector):
    return f"[...document.querySelectorAll({json.dumps(selector)})].map((found) => found.innerText)"


ROLE = "arn:aws:iam::111122223333:role/api"


def account(name="api", role=ROLE, kind="ServiceAccount"):
    return (f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  annotations:\n"
            f"    eks.amazonaws.com/role-arn: {role}\n")


def test_every_example_has_the_report_of_the_program(browser):
    browser.open()
    examples = json.loads(browser.run("document.getElementById('examples').textContent"))
    files = sorted(pathlib.Path(ROOT, "examples").glob("*.yaml"))
    directories = sorted(path.parent for path in pathlib.Path(ROOT, "examples-with-settings").glob("*/settings.yaml"))
    names = {file.stem for file in files} | {directory.name for directory in directories}
    assert {example["name"] for example in examples} == names
    for example in examples:
        browser.after(f"chooser.value = {json.dumps(example['name'])}; chooser.dispatchEvent(new Event('change'))")
        expected = program(example["manifests"], example["settings"])
        assert expected["entries"], example["name"]
        shown = browser.run("evaluate({manifests: fields.manifests.value, settings: fields.settings.value})")
        assert {key: shown[key] for key in expected} == expected, example["name"]
        verdicts = browser.run(texts(".entry h2 .badge"))
        assert verdicts == [entry["verdict"] for entry in expected["entries"]], example["name"]
        findings = [finding["id"] for entry in expected["entries"] for finding in entry["findings"]]
        assert browser.run(texts(".findings .id")) == findings, example["name"]


def test_findings_lead_to_their_documentation(browser):
    browser.open("#example=09-rejected-account-id-too-short")
    links = browser.run("[...document.querySelectorAll('a.id')].map((link) => link.getAttribute('href'))")
    assert links and set(links) == {"../findings.html#role-arn-malformed"}, links
    findings = pathlib.Path(PAGE).parent.parent / "findings.html"
    assert not findings.exists() or 'id="role-arn-malformed"' in findings.read_text()


def test_a_line_of_a_finding_is_selected_in_the_manifests(browser):
    browser.open()
    browser.after(field("manifests", "# \U0001f600\n" + account(role="arn:aws:iam::12345:role/api")))
    browser.run("document.querySelector('.line').click()")
    selected = "fields.manifests.value.slice(fields.manifests.selectionStart, fields.manifests.selectionEnd)"
    assert browser.run(selected) == "arn:aws:iam::12345:role/api"
    assert browser.run("document.activeElement.id") == "manifests"
    assert browser.run("document.querySelector('.gutter .rejected').innerText") == "7"


def test_settings_change_the_report_and_wrong_ones_are_explained(browser):
    browser.open()
    browser.after(field("manifests", account(role="arn:aws:iam::12345:role/api")))
    browser.after(field("settings", "defaultSeverity: warn"))
    assert browser.run(texts(".entry h2 .badge")) == ["warned"]
    browser.after(field("settings", "defaultSeverity: loud"))
    shown = browser.run("document.getElementById('problems').innerText")
    assert "The settings cannot be used" in shown and "loud" in shown, shown
    assert browser.run(texts(".entry")) == []


def test_a_document_that_is_not_yaml_does_not_hide_the_others(browser):
    browser.open()
    browser.after(field("manifests", "kind: [\n---\n" + account()))
    assert "Document 1 cannot be read" in browser.run("document.getElementById('problems').innerText")
    assert browser.run(texts(".entry h2")) != []
    browser.after(field("manifests", ""))
    assert browser.run("document.getElementById('status').innerText") == "0 objects checked."


def test_text_of_manifests_is_never_html(browser):
    browser.open()
    attack = "<img src=x onerror=document.title='run'><script>document.title='run'</script>"
    browser.after(field("manifests", account(name=f"\"{attack}\"", role=f"\"{attack}\"")))
    assert attack in browser.run("document.getElementById('entries').innerText")
    assert browser.run("document.querySelectorAll('#report img, #report script').length") == 0
    assert browser.run("document.title").startswith("Playground")


def test_a_link_contains_the_input(browser):
    browser.open()
    manifests = account(name="größe") + "# \U0001f600\n"
    browser.after(field("manifests", manifests))
    browser.after(field("settings", "defaultSeverity: warn"))
    browser.run("document.getElementById('link').click()")
    browser.wait("location.hash.startsWith('#input=')")
    fragment = browser.run("location.hash")
    browser.open(fragment)
    assert browser.run("fields.manifests.value") == manifests
    assert browser.run("fields.settings.value") == "defaultSeverity: warn"
    browser.open(fragment[:-9])
    assert "The link is damaged" in browser.run("document.getElementById('about').innerText")


def test_the_page_cannot_send_anything(browser):
    browser.open()
    refused = browser.run("Promise.allSettled([fetch('https://example.com/?a'), new Promise((resolve, reject) => {"
                          " const image = new Image(); image.onerror = reject; image.onload = resolve; image.src = 'https://example.com/?b'; })])"
                          ".then((results) => results.map((result) => result.status))")
    assert refused == ["rejected", "rejected"]
    policy = browser.run("document.querySelector('meta[http-equiv]').content")
    assert policy.startswith("default-src 'none';") and "unsafe-inline" not in policy and "connect-src" not in policy
    errors = browser.errors()
    for address in ("?a", "?b"):
        assert any("Content Security Policy" in error and address in error for error in errors), errors


def test_the_keyboard_reaches_everything_in_order(browser):
    browser.open("#example=09-rejected-account-id-too-short")
    reached = []
    for _ in range(12):
        browser.key("Tab", "Tab", 9)
        reached.append(browser.run("document.activeElement.id || document.activeElement.className || document.activeElement.innerText"))
    wanted = ["skip", "Documentation", "Findings", "Settings", "example", "link", "manifests", "settings", "id", "line"]
    assert [name for name in reached if name in wanted][:len(wanted)] == wanted, reached


def test_no_width_needs_horizontal_scrolling(browser):
    for width in (320, 390, 768, 1280):
        browser.size(width, 800)
        browser.open("#example=19-rejected-several-findings")
        overflow = browser.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, f"{width} px: {overflow} px too wide"
    browser.size(1280, 800)


def screenshots(browser):
    for name, width, height, scheme, example in [
        ("light", 1280, 900, "light", "02-init-containers-and-sidecars"),
        ("dark", 1280, 900, "dark", "19-rejected-several-findings"),
        ("phone", 390, 1600, "light", "06-container-with-a-custom-role"),
    ]:
        browser.size(width, height, scheme)
        browser.open(f"#example={example}")
        browser.screenshot(pathlib.Path(SCREENSHOTS) / f"{name}.png")


def main():
    tests = [test for name, test in list(globals().items()) if name.startswith("test_")]
    pathlib.Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
    failed = 0
    for test in tests:
        browser = Page()

        def check(browser=browser, test=test):
            browser.size(1280, 800)
            test(browser)
            if test is not test_the_page_cannot_send_anything:
                assert not outside(browser), f"requests: {outside(browser)}"
                assert not browser.errors(), f"errors: {browser.errors()}"

        failed += not passes(test, browser, check)
    browser = Page()
    screenshots(browser)
    browser.close()
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
