"""The meters of compose.demo.yaml as simulated ones, and a broker, for tests that look at what gridbridge publishes. The first
argument of the test is the gridbridge program."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading

PROGRAM = sys.argv[1]
DOCKER = pathlib.Path(__file__).resolve().parents[2] / "docker"
processes = []
leases = []


def start(*command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    processes.append(process)
    return process


def stop(process, how=signal.SIGKILL):
    process.send_signal(how)
    process.wait()


def line_of(process, pattern):
    """Waits for a line; what comes after it is read away."""
    seen = []
    for line in process.stdout:
        seen.append(line)
        if found := re.search(pattern, line):
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return found
    raise AssertionError(f"{process.args}: no line with {pattern}: {seen}")


def free_port():
    """A port no other test gets: see tests/fakes/free_port.hpp."""
    for i in range(8000):
        port = 12000 + (os.getpid() * 16 + i) % 8000
        lease = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lease.bind(f"\0gridbridge-test-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        leases.append(lease)
        return port
    raise AssertionError("no free port")


class Broker:
    def __init__(self, folder):
        self.port = free_port()
        config = folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        line_of(start("mosquitto", "-c", str(config)), "running")

    def publish(self, topic, payload):
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-t", topic, "-m", payload], check=True)


def configuration(folder, broker, ports):
    """That of compose.demo.yaml with the addresses of here."""
    text = (DOCKER / "demo/gridbridge.toml").read_text().replace("mosquitto:1883", f"127.0.0.1:{broker.port}")
    for name, port in ports.items():
        text, count = re.subn(rf"://{name}:\d+", f"://127.0.0.1:{port}", text)
        assert count == 1, f"the demo has {count} meters named {name}"
    path = folder / "gridbridge.toml"
    path.write_text(f'state_dir = "{folder}/state"\n{text}\n[status]\nlisten = ""\n')
    return str(path)


def meter(name, scheme, port=0):
    process = start(PROGRAM, "simulate", name, "--listen", f"{scheme}://127.0.0.1:{port}")
    return process, line_of(process, r"listening on \w+://127\.0\.0\.1:(\d+)")[1]
