"""A page of a headless Chromium, through its DevTools protocol on a pipe. It cannot reach any host."""

import base64
import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import time

TIMEOUT = 60  # seconds


class Browser:
    """A page of Chromium."""

    def __init__(self, chromium):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()

        def descriptors():
            # Chromium reads from 3 and writes to 4. The pipes themselves can have these numbers.
            source, target = os.dup2(to_browser, 103), os.dup2(from_browser, 104)
            os.dup2(source, 3)
            os.dup2(target, 4)

        self.process = subprocess.Popen(
            [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
             "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={self.profile.name}", "about:blank"],
            close_fds=False, preexec_fn=descriptors, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.number = 0
        self.events = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def receive(self):
        while b"\0" not in self.buffer:
            chunk = os.read(self.read_end, 1 << 16)
            if not chunk:
                raise SystemExit("Chromium ended")
            self.buffer += chunk
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            received = self.receive()
            if received.get("id") == self.number:
                if "error" in received:
                    raise AssertionError(f"{method}: {received['error']['message']}")
                return received["result"]
            self.events.append(received)

    def run(self, expression):
        """The value of a JavaScript expression, which can be a promise."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, expression):
        end = time.monotonic() + TIMEOUT
        while not self.run(expression):
            if time.monotonic() > end:
                raise AssertionError(f"not true after {TIMEOUT} s: {expression}\n{self.run('document.body?.innerText')}")
            time.sleep(0.02)

    def key(self, key, code, number, modifiers=0):
        # Without its text, Enter does not press a button.
        down = {"type": "keyDown", "text": "\r"} if key == "Enter" else {"type": "rawKeyDown"}
        for kind in (down, {"type": "keyUp"}):
            self.call("Input.dispatchKeyEvent", key=key, code=code, windowsVirtualKeyCode=number, modifiers=modifiers, **kind)

    def size(self, width, height, scheme="light"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    def requests(self):
        return [event["params"]["request"]["url"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]

    def errors(self):
        """Exceptions, and errors in the console."""
        found = []
        for event in self.events:
            if event.get("method") == "Runtime.exceptionThrown":
                found.append(event["params"]["exceptionDetails"].get("exception", {}).get("description"))
            elif event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                found.append(event["params"]["entry"]["text"])
        return found

    def close(self):
        with contextlib.suppress(OSError, AssertionError, SystemExit):
            self.session = None
            self.call("Browser.close")
        self.process.wait(TIMEOUT)
        self.profile.cleanup()


def outside(browser):
    """The addresses that a page requested, except for files."""
    return [url for url in browser.requests() if not url.startswith(("file:", "about:"))]


def passes(test, browser, check):
    """Runs a test, prints its result, and closes the browser."""
    try:
        check()
        print(f"ok {test.__name__}", flush=True)
        return True
    except AssertionError as error:
        print(f"FAILED {test.__name__}: {error}", flush=True)
        return False
    finally:
        browser.close()
