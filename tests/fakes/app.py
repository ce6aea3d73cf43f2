"""gridbridge as an app of Home Assistant, in a network of its own: broker with a password, supervisor, a meter in the network."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import supervisor

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE, SUPERVISOR, BROKER, METER = ("172.30.32.1", 8480), ("172.30.32.2", 80), ("172.30.33.3", 1883), ("192.0.2.2", 502)
USER, PASSWORD = "addons", 'a"b\\c déjà'


def enter_own_network(needed, what):
    """Runs the script anew in network and mounts of its own, or skips it."""
    def skip(reason):
        print(f"SKIPPED: {reason}: {what} was NOT tried", file=sys.stderr)
        sys.exit(77)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for tool in ("unshare", "ip", "mosquitto", "mosquitto_passwd", "perl", "setpriv", *needed):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    if os.environ.get("APP_TEST_NETWORK") != "1":
        if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "--mount", "true"], stderr=subprocess.DEVNULL).returncode != 0:
            skip("needs root and namespaces")
        os.environ["APP_TEST_NETWORK"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])
    for command in ("link set lo up", "link add hassio type veth peer name hassio-end",
                    "link add meters type veth peer name meters-end", "address add 172.30.32.1/23 dev hassio",
                    "address add 172.30.32.2/23 dev hassio", "address add 172.30.33.3/23 dev hassio", "address add 192.0.2.2/24 dev meters",
                    "link set hassio up", "link set meters up", "link set hassio-end up", "link set meters-end up"):
        if subprocess.run(["ip", *command.split()]).returncode != 0:
            skip("no network devices can be made")


class App:
    """Its folders, and what it talks with; `start_app` starts it without an image."""

    def __init__(self, program, options='{"meters": []}', service=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gridbridge-app-"))
        self.folder.chmod(0o755)
        self.program, self.running = program, {}
        self.data, self.config = self.folder / "data", self.folder / "config"
        self.data.mkdir()
        self.config.mkdir()
        (self.data / "options.json").write_text(options)
        (self.folder / "hosts").write_text("127.0.0.1 localhost\n172.30.32.2 supervisor\n172.30.33.3 core-mosquitto\n")
        subprocess.run(["mount", "--bind", self.folder / "hosts", "/etc/hosts"], check=True)
        subprocess.run(["mosquitto_passwd", "-b", "-c", self.folder / "users", USER, PASSWORD], check=True)
        (self.folder / "users").chmod(0o644)
        (self.folder / "mosquitto.conf").write_text(f"listener 1883 {BROKER[0]}\nallow_anonymous false\npassword_file {self.folder}/users\n")
        self.start("mosquitto", "mosquitto", "-c", self.folder / "mosquitto.conf")
        deadline = time.monotonic() + 60
        while "running" not in self.log("mosquitto"):
            if time.monotonic() > deadline:
                raise AssertionError(f"no broker: {self.log('mosquitto')}")
            time.sleep(0.02)
        told = supervisor.service_of("core-mosquitto:1883", USER, PASSWORD) if service else None
        self.supervisor = supervisor.Supervisor(SUPERVISOR, PAGE, told)

    def start(self, name, *command, **options):
        log = open(self.folder / (name + ".log"), "ab")
        self.running[name] = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, **options)

    def start_meter(self):
        self.start("meter", self.program, "simulate", "em540", "--listen", f"tcp://{METER[0]}:{METER[1]}")

    def start_app(self):
        self.start("app", ROOT / "docker/home-assistant-app/run", self.data, self.config, self.program,
                   env={**os.environ, "SUPERVISOR_TOKEN": supervisor.TOKEN})

    def stop(self, name):
        self.running[name].terminate()
        return self.running.pop(name).wait()

    def log(self, name="app"):
        return (self.folder / (name + ".log")).read_text()

    @property
    def url(self):
        return f"http://{SUPERVISOR[0]}{supervisor.ENTRY}"

    def first_value(self):
        """The first message about a power, and how long it took."""
        begin = time.monotonic()
        told = subprocess.run(["mosquitto_sub", "-h", BROKER[0], "-u", USER, "-P", PASSWORD, "-t", "N/+/+/+/Ac/Power", "-C", "1", "-W", "60"],
                              capture_output=True, text=True)
        return told.stdout.strip(), time.monotonic() - begin

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in list(self.running)[::-1]:
            self.stop(name)
        self.supervisor.shutdown()
        self.supervisor.server_close()
        subprocess.run(["umount", "/etc/hosts"], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)
