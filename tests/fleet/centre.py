"""RabbitMQ nodes, PostgreSQL and collectors of a test, on free ports of this machine and in a folder of their own."""
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLEET = ROOT / "docker" / "fleet"
RABBIT = pathlib.Path("/usr/lib/rabbitmq/bin")
PYTHON = "/usr/bin/python3"  # that of Debian's python3-pika
PATIENCE = 180


def missing():
    """What is not installed; empty: nothing."""
    postgres = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    has_modules = subprocess.run([PYTHON, "-c", "import pika, psycopg2"], capture_output=True).returncode == 0
    return [name for name, there in (("rabbitmq-server", (RABBIT / "rabbitmq-server").exists()),
                                     ("postgresql", bool(postgres)), ("python3-pika python3-psycopg2", has_modules))
            if not there]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, patience=PATIENCE, pause=0.2):
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(pause)
    raise SystemExit(f"FAILED: {what}: not within {patience} s")


def host_of(address):
    return "fleet-" + address.replace(".", "-")


def own_network():
    """Goes on in namespaces of our own, in which nodes have addresses and one has a small disk; root only."""
    if os.environ.get("FLEET_OWN_NETWORK"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        with tempfile.NamedTemporaryFile("w", delete=False) as hosts:
            hosts.write("127.0.0.1 localhost\n" + "".join(f"127.0.1.{i} {host_of(f'127.0.1.{i}')}\n" for i in range(1, 10)))
        os.chmod(hosts.name, 0o644)
        subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)
        os.unlink(hosts.name)
        return
    os.execvpe("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv], dict(os.environ, FLEET_OWN_NETWORK="1"))


class Node:
    """One RabbitMQ node. Its name, ports and folders are its own."""

    def __init__(self, folder, number, names, epmd):
        self.folder = folder / f"rabbit{number}"
        self.name = names[number]
        self.address = f"127.0.1.{number + 1}"  # of its own only between nodes
        self.folder.mkdir()
        self.amqp, self.mqtt, self.distribution = free_port(), free_port(), free_port()
        text = (FLEET / "rabbitmq" / "rabbitmq.conf").read_text()
        text = text.replace("/etc/rabbitmq/tls", str(folder / "keys" / "broker")).replace("/etc/rabbitmq", str(FLEET / "rabbitmq"))
        text = text.replace("= 5672", f"= {self.amqp}").replace("= 8883", f"= {self.mqtt}")
        text += f"management.tcp.port = {free_port()}\nprometheus.tcp.port = {free_port()}\nlog.file.level = warning\n"
        if len(names) > 1:
            text += "cluster_formation.peer_discovery_backend = classic_config\n"
            text += "".join(f"cluster_formation.classic_config.nodes.{i + 1} = {name}\n" for i, name in enumerate(names))
        (self.folder / "rabbitmq.conf").write_text(text)
        cookie = folder / "home"
        cookie.mkdir(exist_ok=True)
        self.environment = dict(
            os.environ, HOME=str(cookie), RABBITMQ_NODENAME=self.name, RABBITMQ_MNESIA_BASE=str(self.folder / "mnesia"),
            RABBITMQ_LOG_BASE=str(self.folder / "log"), RABBITMQ_CONFIG_FILE=str(self.folder / "rabbitmq.conf"),
            RABBITMQ_ENABLED_PLUGINS_FILE=str(FLEET / "rabbitmq" / "enabled_plugins"),
            RABBITMQ_DIST_PORT=str(self.distribution), ERL_EPMD_PORT=str(epmd), ERL_EPMD_ADDRESS=",".join(["127.0.0.1"] + [f"127.0.1.{i + 1}" for i in range(len(names))]),
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none" + self.distribution_from())
        self.process = None

    def distribution_from(self):
        """So that packets between two nodes are known by their addresses."""
        if not self.name.endswith("@" + host_of(self.address)):
            return ""
        address = "{" + self.address.replace(".", ",") + "}"
        return f" -kernel inet_dist_use_interface {address} -kernel inet_dist_connect_options [{{ip,{address}}}]"

    def cut_off(self, others, is_cut):
        """From the other nodes, not from gateways and collectors. Only in a network namespace of our own."""
        for other in others:
            for source, target in ((self.address, other.address), (other.address, self.address)):
                subprocess.run(["iptables", "-A" if is_cut else "-D", "INPUT", "-s", source, "-d", target, "-j", "DROP"], check=True)

    def fill_disk(self, is_full):
        """Its disk is one of its own: see own_network()."""
        filler = self.folder / "mnesia" / "filler"
        if not is_full:
            filler.unlink(missing_ok=True)
            return
        with open(filler, "wb") as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
                    file.flush()
            except OSError:
                pass

    def start(self):
        self.process = subprocess.Popen([RABBIT / "rabbitmq-server"], env=self.environment, cwd=self.folder, start_new_session=True,
                                        stdout=open(self.folder / "out", "ab"), stderr=subprocess.STDOUT)

    def ctl(self, *arguments, check=True):
        done = subprocess.run([RABBIT / "rabbitmqctl", "-q", "-n", self.name, *arguments], env=self.environment,
                              capture_output=True, text=True)
        if check and done.returncode != 0:
            raise SystemExit(f"FAILED: rabbitmqctl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def await_start(self):
        wait_for(f"{self.name} starts", lambda: subprocess.run(
            [RABBIT / "rabbitmqctl", "-q", "-n", self.name, "await_startup", "--timeout", "5"], env=self.environment,
            capture_output=True).returncode == 0)

    def kill(self):
        """As a machine that loses its power."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def pids(self):
        return [self.process.pid] if self.process else []


class Database:
    def __init__(self, folder):
        self.folder = folder / "postgresql"
        self.port = free_port()
        self.bin = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.user = []
        self.folder.mkdir()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(self.folder, "postgres")
            pwd.getpwnam("postgres")
        subprocess.run([*self.user, self.bin / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "fleet"], check=True,
                       stdout=subprocess.DEVNULL, cwd="/")
        self.dsn = f"host=127.0.0.1 port={self.port} dbname=fleet user=fleet"
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [*self.user, self.bin / "postgres", "-D", self.folder / "data", "-p", str(self.port), "-k", self.folder,
             "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=30"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd="/")
        wait_for("PostgreSQL starts", lambda: subprocess.run(
            [self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "fleet", "-d", "postgres"]).returncode == 0)

    def make(self):
        subprocess.run([self.bin / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "fleet", "fleet"], check=True)
        subprocess.run([self.bin / "psql", "-q", self.dsn, "-v", "ON_ERROR_STOP=1", "-f", FLEET / "postgresql" / "schema.sql"],
                       check=True)

    def ask(self, query):
        """Rows as lists of texts; nothing while it does not answer."""
        done = subprocess.run([self.bin / "psql", "-qAtF", "\t", self.dsn, "-c", query], capture_output=True, text=True)
        return [line.split("\t") for line in done.stdout.splitlines()] if done.returncode == 0 else []

    def kill(self):
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
            wait_for("PostgreSQL's own processes end", lambda: not any(
                str(self.folder) in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
                for pid in os.listdir("/proc") if pid.isdigit() and pathlib.Path(f"/proc/{pid}/cmdline").exists()))


class Collector:
    def __init__(self, centre):
        self.metrics_port = free_port()
        self.log = open(centre.folder / f"collector-{self.metrics_port}.log", "ab")
        self.environment = dict(
            os.environ, FLEET_DATABASE=centre.database.dsn, FLEET_METRICS=f"127.0.0.1:{self.metrics_port}", PYTHONDONTWRITEBYTECODE="1",
            FLEET_BROKERS=",".join(f"amqp://collector:{centre.password}@127.0.0.1:{node.amqp}/%2F" for node in centre.nodes))
        self.process = None

    def start(self):
        self.process = subprocess.Popen([PYTHON, FLEET / "collector" / "collector.py"], env=self.environment, stderr=self.log)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as answer:
            return answer.read().decode()


class Centre:
    def __init__(self, folder, nodes):
        self.folder = pathlib.Path(folder)
        self.epmd = free_port()
        is_apart = "FLEET_OWN_NETWORK" in os.environ
        hosts = [host_of(f"127.0.1.{i + 1}") if is_apart else "localhost" for i in range(nodes)]
        names = [f"fleet{i}_{os.getpid()}@{host}" for i, host in enumerate(hosts)]
        self.keys = self.folder / "keys"
        self.enroll("--broker", "localhost", with_broker=False)
        self.nodes = [Node(self.folder, i, names, self.epmd) for i in range(nodes)]
        if is_apart:
            disk = self.nodes[-1].folder / "mnesia"
            disk.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500m", "tmpfs", disk], check=True)
        self.nodes[0].start()
        self.nodes[0].await_start()
        for node in self.nodes[1:]:
            node.start()
        for node in self.nodes[1:]:
            node.await_start()
        self.enroll(str(nodes), tool="spread")
        self.enroll("--collector")
        self.password = (self.keys / "collector").read_text().strip()
        self.database = Database(self.folder)
        self.database.start()
        self.database.make()
        self.collectors = [Collector(self), Collector(self)]
        for collector in self.collectors:
            collector.start()

    def enroll(self, *arguments, with_broker=True, tool="enroll"):
        environment = dict(os.environ, FLEET_KEYS=str(self.keys))
        if with_broker:
            node = next(node for node in self.nodes if node.process)
            environment = dict(node.environment, FLEET_KEYS=str(self.keys), FLEET_CTL=f"{RABBIT}/rabbitmqctl -n {node.name}",
                               FLEET_BROKERS=",".join(f"mqtts://localhost:{node.mqtt}" for node in self.nodes))
        done = subprocess.run([FLEET / tool, *arguments], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"FAILED: {tool} {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def enroll_many(self, portals):
        """As enroll does, with one call of the brokers for all: each of its own takes two seconds."""
        lines = []
        for portal in portals:
            lines.append(f'rabbit_auth_backend_internal:add_user(<<"{portal}">>, <<"x">>, <<"test">>)')
            lines.append(f'rabbit_auth_backend_internal:clear_password(<<"{portal}">>, <<"test">>)')
            lines.append(f'rabbit_auth_backend_internal:set_permissions(<<"{portal}">>, <<"/">>, <<"^$">>, <<"^fleet$">>, <<"^$">>, <<"test">>)')
            lines.append(f'rabbit_auth_backend_internal:set_topic_permissions(<<"{portal}">>, <<"/">>, <<"fleet">>, '
                         f'<<"^fleet\\\\.{portal}\\\\.">>, <<"^$">>, <<"test">>)')
        node = next(node for node in self.nodes if node.process)
        for begin in range(0, len(lines), 200):
            node.ctl("eval", ", ".join(lines[begin:begin + 200]) + ".")

    def copies(self):
        """Brokers that take part in the queue just now."""
        node = next(node for node in self.nodes if node.process)
        found = re.search(r"^fleet\t(.*)", node.ctl("list_queues", "name", "online", check=False), re.M)
        return found[1].count("@") if found else 0

    def backlog(self):
        """Messages in the queue; nothing while no node tells."""
        for node in self.nodes:
            if node.process:
                found = re.search(r"^fleet\t(\d+)", node.ctl("list_queues", "name", "messages", check=False), re.M)
                if found:
                    return int(found[1])
        return None

    def stop(self):
        for collector in self.collectors:
            collector.kill()
        self.database.kill()
        for node in self.nodes:
            node.kill()
        if "FLEET_OWN_NETWORK" in os.environ:
            subprocess.run(["umount", "-l", self.nodes[-1].folder / "mnesia"], capture_output=True)
        subprocess.run(["epmd", "-port", str(self.epmd), "-kill"], capture_output=True)  # last: the nodes need it
