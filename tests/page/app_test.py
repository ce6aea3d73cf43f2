#!/usr/bin/env python3
"""The app for Home Assistant from its start to the first value, by clicks in a real browser, in the frame of a supervisor.

app_test.py PROGRAM [FOLDER FOR PICTURES]. Exit code 77: Chromium, root or another thing is missing."""
import os
import pathlib
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fakes"))
import app  # noqa: E402
from browser import Browser  # noqa: E402

# Clicks of Home Assistant itself, once the repository is added.
BEFORE = ["Install", "Start", "Open web UI"]
MOST_CLICKS = 5
PAGE = "document.querySelector('iframe').contentDocument"


def check(condition, text):
    if not condition:
        raise AssertionError(text)


class Person:
    def __init__(self, browser):
        self.browser, self.clicks = browser, list(BEFORE)

    def click(self, place, text):
        """A button that can be seen, by its text."""
        button = f"[...{PAGE}.querySelectorAll('{place} button')].find(b => b.textContent.trim() == '{text}' && b.offsetParent && !b.disabled)"
        self.browser.wait(f"{PAGE} && !!{button}", f"the button {text}")
        x, y = self.browser.run(f"(() => {{ const b = {button}; b.scrollIntoView({{block: 'center'}}); const r = b.getBoundingClientRect();"
                                " return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        self.clicks.append(text)


def main():
    app.enter_own_network(["chromium"], "the way to the first value in Home Assistant")
    pictures = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with app.App(os.path.abspath(sys.argv[1])) as site, Browser(height=1000) as browser:
        site.start_meter()
        begin = time.monotonic()
        site.start_app()
        while "status: listening" not in site.log():
            check(time.monotonic() < begin + 60 and site.running["app"].poll() is None, f"no start: {site.log()}")
            time.sleep(0.02)
        print(f"the page is there {time.monotonic() - begin:.2f} s after the start")
        browser.open(f"http://{app.SUPERVISOR[0]}/")
        browser.wait("!!document.querySelector('iframe')", "the frame")
        browser.wait(f"{PAGE} && !!{PAGE}.querySelector('#scan-places input')", "places to look at, which move the button")
        person = Person(browser)
        person.click("#scan-form", "Find")
        person.click("#scan-found", "Add")
        shown = f"{PAGE}.querySelector('article[data-state=live] .power')"
        browser.wait(f"!!{shown} && !!{shown}.offsetParent && {shown}.innerText.includes('W')", "a value that can be seen")
        print(f"first value on the page {time.monotonic() - begin:.2f} s after the start: {browser.run(shown + '.innerText')}")
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            browser.screenshot(str(pictures / "app.png"))
        value, _ = site.first_value()
        check('"value":' in value, "nothing arrives at the broker")
        print(f"{len(person.clicks)} clicks: {', '.join(person.clicks)}")
        check(len(person.clicks) <= MOST_CLICKS, "too many clicks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
