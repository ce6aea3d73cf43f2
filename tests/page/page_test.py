#!/usr/bin/env python3
"""The page in a real browser, beside a real service, broker and simulated meters.

page_test.py PROGRAM [FOLDER FOR PICTURES]. Exit code 77: there is no Chromium.
"""
import base64
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from browser import Browser

PROGRAM = os.path.abspath(sys.argv[1])
PICTURES = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
PASSWORD = "correct horse"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """Broker, three meters and the service, each a process of its own."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gridbridge-page-"))
        self.broker, self.port = free_port(), free_port()
        self.meters = {kind: free_port() for kind in ("em540", "p1", "sml")}
        self.running = {}
        (self.folder / "mosquitto.conf").write_text(f"listener {self.broker} 127.0.0.1\nallow_anonymous true\n")
        (self.folder / "password").write_text(PASSWORD + "\n")
        (self.folder / "password").chmod(0o600)
        self.start("broker", "mosquitto", "-c", str(self.folder / "mosquitto.conf"))
        for kind in self.meters:
            self.start_meter(kind)
        self.write_config(password=True)
        self.start("service", PROGRAM, "run", "--config", str(self.folder / "gridbridge.toml"))

    def start(self, name, *command):
        log = open(self.folder / (name + ".log"), "ab")
        self.running[name] = subprocess.Popen(command, stdout=log, stderr=log)

    def start_meter(self, kind):
        self.start(kind, PROGRAM, "simulate", kind, "--listen", f"tcp://127.0.0.1:{self.meters[kind]}")

    def stop(self, name):
        self.running[name].terminate()
        self.running.pop(name).wait()

    def write_config(self, password):
        text = f'portal_id = "demo"\nstate_dir = "{self.folder}/state"\n[mqtt]\nservers = ["127.0.0.1:{self.broker}"]\n'
        text += f'[status]\nlisten = "127.0.0.1:{self.port}"\n'
        text += f'password_file = "{self.folder}/password"\n' if password else ""
        text += f'[[meter]]\nuri = "cg+tcp://127.0.0.1:{self.meters["em540"]}"\nname = "House <b>1</b>"\n'
        text += f'[[meter]]\nuri = "p1+tcp://127.0.0.1:{self.meters["p1"]}"\n'
        text += f'[[meter]]\nuri = "sml+tcp://127.0.0.1:{self.meters["sml"]}"\nrole = "acload"\n'
        (self.folder / "gridbridge.toml").write_text(text)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def ask(self, path, body=None, password=None, headers=None):
        """Status and text of an answer."""
        request = urllib.request.Request(self.url + path, data=None if body is None else json.dumps(body).encode())
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.add_header("Origin", self.url.rstrip("/"))
        if password is not None:
            request.add_header("Authorization", "Basic " + base64.b64encode(f":{password}".encode()).decode())
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def meter(self, index):
        return json.loads(self.ask("api/meters")[1])["meters"][index]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in list(self.running)[::-1]:
            self.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def picture(browser, name):
    if PICTURES:
        PICTURES.mkdir(parents=True, exist_ok=True)
        browser.screenshot(str(PICTURES / (name + ".png")))


LIVE = "document.querySelectorAll('article[data-state=live]').length"
CARD = "[...document.querySelectorAll('article')].find(a => a.innerText.includes('%s'))"


def values_move(site, browser):
    browser.wait(LIVE + " >= 3", "three live meters")
    shown = f"{CARD % 'House'}.querySelector('.power').innerText"
    browser.wait(f"{shown}.includes('W')", "a power")
    before = browser.run(shown)
    browser.wait(f"{shown} != {json.dumps(before)}", "another power")
    check(browser.run(f"{CARD % 'House'}.querySelector('h2 span').textContent") == "House <b>1</b>", "a name is text")
    check(browser.run("document.querySelector('article b') === null"), "a name was taken for HTML")
    paint = browser.run("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"first paint {paint:.0f} ms")
    picture(browser, "desktop")


def a_lost_meter_turns_grey(site, browser):
    site.stop("em540")
    while site.meter(0)["state"] == "live":
        time.sleep(0.02)
    took = browser.wait(f"{CARD % 'House'}.dataset.state == 'lost'", "a grey card")
    text = browser.run(f"{CARD % 'House'}.innerText")
    print(f"grey {took:.2f} s after the service knew")
    reasons = ("no reading within", "no good reading for", "127.0.0.1")
    check("last reading" in text and any(reason in text for reason in reasons), f"neither since when nor why: {text}")
    browser.wait("document.getElementById('summary').innerText.includes('1 problem')", "the head says it")
    picture(browser, "lost")
    browser.run("document.getElementById('tab-health').click()")
    check("House <b>1</b>" in browser.run("document.getElementById('problems').innerText"), "health does not say it")
    a_finding_is_shown(browser)
    an_incident_is_there(site, browser)
    browser.run("document.getElementById('tab-now').click()")
    site.start_meter("em540")
    browser.wait(f"{CARD % 'House'}.dataset.state == 'live'", "the meter is back")
    browser.run("document.getElementById('tab-health').click()")
    browser.wait(f"!{FINDING}", "the finding has gone")
    browser.run("document.getElementById('tab-now').click()")


def a_load_test_is_started_and_ended(site, browser):
    told = "document.getElementById('load-text').innerText"
    check(site.ask("api/load_test", {"watts": 2000})[0] == 401, "no password was asked for")
    secret = base64.b64encode(f":{PASSWORD}".encode()).decode()
    browser.call("Network.setExtraHTTPHeaders", headers={"Authorization": "Basic " + secret})
    browser.run("document.getElementById('tab-health').click()")
    browser.wait("document.getElementById('load-meter').options.length >= 3", "meters to choose from")
    browser.run(f"document.getElementById('load-meter').value = '{site.meter(0)['serial']}';"
                "document.getElementById('load-form').requestSubmit()")
    browser.wait(told + ".includes('Switch a load of about 2000 W on L1 on now')", "what to do")
    picture(browser, "load-test")
    browser.run("document.getElementById('load-stop').click()")
    browser.wait(told + ".includes('ended')", "its end")
    browser.wait("document.getElementById('load-stop').disabled", "nothing to end")
    browser.run("document.getElementById('tab-now').click()")
    browser.call("Network.setExtraHTTPHeaders", headers={})


FINDING = "[...document.querySelectorAll('#findings li')].find(f => f.innerText.includes('Look at power and wiring of the meter'))"


def a_finding_is_shown(browser):
    browser.wait(f"!!{FINDING}", "a finding of the lost meter")
    text = browser.run(f"{FINDING}.innerText")
    for part in ("Error", "House <b>1</b> (", "What to do: Look at power and wiring", "since 20"):
        check(part in text, f"no {part} in the finding: {text}")
    check(browser.run("document.querySelector('#findings b b, #findings h3 b') === null"), "a name was taken for HTML")
    check("Error: " in browser.run("document.getElementById('findings-count').innerText"), "the number is not told")
    picture(browser, "health")


INCIDENT = "[...document.querySelectorAll('#incidents li')].find(i => i.innerText.includes(', lost'))"


def an_incident_is_there(site, browser):
    browser.wait(f"!!{INCIDENT}", "the incident of the lost meter")
    link = browser.run(f"{INCIDENT}.querySelector('a').getAttribute('href')")
    zstd = b"\x28\xb5\x2f\xfd"
    for path in (link, browser.run("document.getElementById('bundle').getAttribute('href')")):
        request = urllib.request.Request(site.url + path)
        with urllib.request.urlopen(request, timeout=60) as answer:
            check(answer.read(4) == zstd, path + " is nothing packed by zstd")
    browser.run("document.getElementById('bundle').scrollIntoView()")
    picture(browser, "bug-report")


def a_silent_service_is_not_live(site, browser):
    os.kill(site.running["service"].pid, 19)  # SIGSTOP
    try:
        browser.wait(LIVE + " == 0", "nothing looks live")
        check("no connection" in browser.run("document.getElementById('summary').innerText"), "the head does not say it")
    finally:
        os.kill(site.running["service"].pid, 18)  # SIGCONT
    browser.wait(LIVE + " >= 3", "live again")


def settings(site, browser):
    serial = site.meter(0)["serial"]
    body = {"setting": "CustomName", "value": "Cellar"}
    check(site.ask("api/meters/" + serial, body)[0] == 401, "no password was asked for")
    check(site.ask("api/meters/" + serial, body, "wrong")[0] == 401, "a wrong password was taken")
    check(site.ask("api/meters/" + serial, body, PASSWORD, {"Origin": "http://evil.example"})[0] == 403, "foreign origin")
    check(site.ask("api/meters", headers={"Host": "evil.example"})[0] == 403, "foreign name")
    secret = base64.b64encode(f":{PASSWORD}".encode()).decode()
    browser.call("Network.setExtraHTTPHeaders", headers={"Authorization": "Basic " + secret})
    card = CARD % serial
    browser.run(f"{card}.querySelector('summary').click()")
    browser.wait(f"{card}.querySelector('details input') !== null", "a form")
    browser.run(f"{card}.querySelector('details input').value = 'Cellar'; {card}.querySelector('details form').requestSubmit()")
    browser.wait(f"{card}.querySelector('details').innerText.includes('done')", "an answer")
    browser.wait(f"{card}.querySelector('h2').innerText.includes('Cellar')", "the new name")
    picture(browser, "settings")
    seen = subprocess.run(["mosquitto_sub", "-p", str(site.broker), "-t", "N/demo/grid/+/CustomName", "-C", "1", "-W", "60"],
                          capture_output=True, text=True, check=True).stdout
    check("Cellar" in seen, f"not on MQTT: {seen}")
    browser.call("Network.setExtraHTTPHeaders", headers={})


def log_is_shown(site, browser):
    browser.run("document.getElementById('tab-log').click()")
    browser.wait("document.querySelectorAll('#log-lines li').length > 3", "lines of the log")
    browser.run("const level = document.getElementById('log-level'); level.value = 'warn'; level.dispatchEvent(new Event('change'))")
    browser.wait("document.querySelectorAll('#log-lines li.info').length == 0", "no more lines than asked for")
    browser.run("document.getElementById('tab-now').click()")


def keys_move_between_tabs(site, browser):
    browser.run("document.getElementById('tab-now').focus()")
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
    browser.wait("document.activeElement.id == 'tab-curves' && !document.getElementById('curves').hidden", "the next tab")
    browser.run("document.getElementById('tab-now').click()")


# The meter that was lost has a gap: a point without a value between points with one.
HAS_GAP = """(() => { const graph = document.getElementById('curve').dygraph; if (!graph) return false;
  const known = [...Array(graph.numRows()).keys()].map(row => graph.getValue(row, 1) !== null);
  const gap = known.indexOf(false, known.indexOf(true));
  return known.includes(true) && gap > 0 && known.includes(true, gap); })()"""


def curves_show_a_gap(site, browser):
    browser.run("document.getElementById('tab-curves').click()")
    browser.wait("document.getElementById('curve-meter') && document.getElementById('curve-meter').options.length >= 3", "meters to choose from")
    serial = site.meter(0)["serial"]
    choose = "(id, value) => { const e = document.getElementById(id); e.value = value; e.dispatchEvent(new Event('change')); }"
    browser.run(f"({choose})('curve-meter', '{serial}'); ({choose})('curve-range', '600')")
    browser.wait(HAS_GAP, "a gap where the meter was lost")
    time.sleep(0.5)  # for the picture
    picture(browser, "curves")
    browser.run(f"({choose})('curve-kind', 'phases')")
    browser.wait("document.querySelectorAll('#curve-legend span').length >= 3", "three phases")
    for kind in ("quarter", "day"):
        browser.run(f"({choose})('curve-kind', '{kind}')")
        browser.wait("/^(|Nothing.*)$/.test(document.getElementById('curve-text').innerText)", "energy, or that there is none yet")
        check(not browser.errors, f"errors in the page: {browser.errors}")
    browser.run("document.getElementById('tab-now').click()")


def a_meter_is_added_and_removed(site, browser):
    secret = base64.b64encode(f":{PASSWORD}".encode()).decode()
    browser.call("Network.setExtraHTTPHeaders", headers={"Authorization": "Basic " + secret})
    site.meters["et340"] = free_port()
    site.start_meter("et340")
    place = f"127.0.0.1:{site.meters['et340']}"
    stream = site.folder / "stream"  # an optical head that sends by itself
    site.start("head", PROGRAM, "simulate", "d0", "--listen", f"serial://{stream}", "--period", "1")
    while not stream.exists():
        time.sleep(0.02)
    found = ("const found = document.querySelector('#scan-found form'); found.querySelector('input').value = 'Shed';"
             "found.requestSubmit()")
    add = {"by hand": (f"document.getElementById('add-uri').value = 'cg+tcp://{place}';"
                       "document.getElementById('add-name').value = 'Shed'; document.getElementById('add-form').requestSubmit()"),
           "found": found, "heard": found}
    places = {"found": ({"hosts": [place]}, "ET340"), "heard": ({"ports": [os.path.realpath(stream)]}, "IEC 62056-21 meter")}
    for way, script in add.items():
        browser.run("document.getElementById('tab-setup').click()")
        browser.wait("document.getElementById('setup-all') && !document.getElementById('setup-all').hidden", "the set-up")
        if way in places:
            where, product = places[way]
            code, told = site.ask("api/scan", where, PASSWORD)
            check(code == 200, f"no scan: {told}")
            browser.run("document.getElementById('tab-now').click(); document.getElementById('tab-setup').click()")
            browser.wait(f"document.getElementById('scan-found').innerText.includes('{product}')", "a found meter: " + product)
            picture(browser, way)
        add_and_remove(browser, script, way)
    browser.call("Network.setExtraHTTPHeaders", headers={})
    browser.wait(LIVE + " >= 3", "the others are live")
    browser.errors.clear()  # the service was away for a moment


def add_and_remove(browser, script, way):
    browser.run(f"{{ {script} }}")
    browser.wait("document.querySelectorAll('#setup-added form').length == 1", "the meter added " + way)
    picture(browser, "setup")
    browser.run("document.getElementById('tab-now').click()")
    browser.wait(f"{CARD % 'Shed'} && {CARD % 'Shed'}.dataset.state == 'live'", "the added meter is live")
    browser.run("document.getElementById('tab-setup').click()")
    browser.run("window.confirm = () => true; [...document.querySelectorAll('#setup-added button')].find(b => b.textContent == 'Remove').click()")
    browser.wait("document.querySelectorAll('#setup-added form').length == 0", "no added meter")
    browser.run("document.getElementById('tab-now').click()")
    browser.wait(f"!{CARD % 'Shed'}", "its card has gone")


def nothing_from_elsewhere(site, browser):
    foreign = [url for url in browser.requests if not url.startswith((site.url, "data:", "about:"))]
    check(not foreign, f"asked others: {foreign}")
    check(not browser.errors, f"errors in the page: {browser.errors}")


class Prefix(http.server.BaseHTTPRequestHandler):
    """A proxy that shows the page below /some/where/, as that of Home Assistant does."""
    site = None
    protocol_version = "HTTP/1.0"

    def do_GET(self):
        if not self.path.startswith("/some/where/"):
            self.send_error(404)
            return
        with urllib.request.urlopen(self.site.url + self.path[len("/some/where/"):], timeout=600) as answer:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.end_headers()
            try:
                while part := answer.read1():
                    self.wfile.write(part)
            except OSError:
                pass  # the browser has left

    def log_message(self, *_):
        pass


def below_a_prefix(site):
    Prefix.site = site
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Prefix)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Browser(width=390, height=844, mobile=True, dark=True) as browser:
        browser.open(f"http://127.0.0.1:{server.server_port}/some/where/")
        browser.wait(LIVE + " >= 3", "live meters below a prefix")
        picture(browser, "phone")
        browser.run("document.getElementById('tab-curves').click()")
        browser.wait("!!(document.getElementById('curve').dygraph || document.getElementById('curve-text').innerText)", "curves below a prefix")
        time.sleep(0.5)
        picture(browser, "phone-curves")
        browser.run("document.getElementById('tab-health').click()")
        browser.wait("document.getElementById('findings-count').innerText != ''", "what was found, below a prefix")
        picture(browser, "phone-health")
        check(browser.run("document.documentElement.scrollWidth <= innerWidth"), "wider than a phone")
        check(not browser.errors, f"errors below a prefix: {browser.errors}")
    server.shutdown()


def accessibility(site, browser):
    source = os.environ.get("GRIDBRIDGE_AXE")
    if not source:
        print("SKIPPED: rules of accessibility; GRIDBRIDGE_AXE names axe.min.js of the npm package axe-core")
        return
    browser.call("Page.setBypassCSP", enabled=True)
    browser.open(site.url)
    browser.wait(LIVE + " >= 3", "live meters")
    browser.run(pathlib.Path(source).read_text() + "; 0")
    for tab in browser.run("[...document.querySelectorAll('[role=tab]')].map(t => t.id)"):
        browser.run(f"document.getElementById('{tab}').click()")
        time.sleep(1)
        found = json.loads(browser.run("axe.run().then(r => JSON.stringify(r.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html + ' ' + n.failureSummary)])))"))
        serious = [violation for violation in found if violation[0] in ("serious", "critical")]
        print(f"{tab}: {len(found)} violations, serious: {len(serious)}")
        check(not serious, f"{tab}: {json.dumps(serious, indent=1)}")


def main():
    if not shutil.which("chromium"):
        print("SKIPPED: there is no chromium")
        return 77
    with Site() as site:
        with Browser(height=1000) as browser:
            browser.open(site.url)
            for step in (values_move, a_lost_meter_turns_grey, settings, log_is_shown, keys_move_between_tabs,
                         curves_show_a_gap, a_load_test_is_started_and_ended, nothing_from_elsewhere, a_meter_is_added_and_removed, a_silent_service_is_not_live):
                step(site, browser)
                print("ok:", step.__name__)
            browser.run("document.getElementById('tab-now').click()")
            browser.wait(LIVE + " >= 3", "live meters")
            accessibility(site, browser)
        below_a_prefix(site)
        print("ok: below_a_prefix")
    return 0


if __name__ == "__main__":
    sys.exit(main())
