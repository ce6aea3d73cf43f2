#!/usr/bin/env python3
"""Starts the image of the app. Arguments: a program for the meter, the image, options of podman."""
import os
import pathlib
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fakes"))
import app  # noqa: E402
import supervisor  # noqa: E402

PROGRAM, IMAGE, OPTIONS = sys.argv[1], sys.argv[2], sys.argv[3:]
NAME = f"gridbridge-app-{os.getpid()}"
PODMAN = ["podman", "--cgroup-manager=cgroupfs"]


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def engine(*words):
    return subprocess.run([*PODMAN, *words], capture_output=True, text=True, check=True).stdout


app.enter_own_network(["podman"], "the image of the app for Home Assistant")
with app.App(PROGRAM, '{"meters": ["cg+tcp://192.0.2.2?name=House"]}') as site:
    site.start_meter()
    begin = time.monotonic()
    site.start("app", *PODMAN, "run", "--rm", "--name", NAME, *OPTIONS, "-e", f"SUPERVISOR_TOKEN={supervisor.TOKEN}", "-e", "TZ=Europe/Berlin",
               "-v", f"{site.data}:/data", "-v", f"{site.config}:/config", IMAGE)
    value, _ = site.first_value()
    took = time.monotonic() - begin
    check('"value":' in value, f"no value arrives: {site.log()}")
    print(f"first value {took:.2f} s after the start of the image: {value}")
    status = engine("exec", NAME, "cat", "/proc/1/status")
    check("Name:\tgridbridge" in status and "Uid:\t10001\t" in status and "CapEff:\t0000000000000000" in status, f"its rights: {status}")
    check((site.config / "gridbridge.toml").is_file() and (site.data / "settings.json").is_file(), "nothing in the folders it is given")
    engine("stop", "-t", "20", NAME)
    os.chown("/dev/null", 0, 0)  # podman gives it to the user of the image
    check(site.running.pop("app").wait() == 0 and "stopping" in site.log(), f"not stopped in order: {site.log()}")
