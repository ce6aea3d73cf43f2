#!/usr/bin/python3
"""Takes what gateways have published out of the queue `fleet` and puts it into PostgreSQL.

A message is acknowledged when its transaction is committed, and a point is known by (portal, serial, run, seq, time): one that
comes twice, after a crash of the collector, the database or a broker, is one row. Several collectors may run.
Needs python3-pika and python3-psycopg2. Settings are environment variables:

    FLEET_BROKERS   amqp://user:password@host1:5672,amqp://...   tried in order
    FLEET_DATABASE  host=... dbname=... user=...                  as libpq wants it; PGPASSFILE for the password
    FLEET_METRICS   address:port of /metrics, or empty            0.0.0.0:9200
"""
import datetime
import http.server
import json
import os
import random
import signal
import sys
import threading
import time

import pika
import psycopg2
import psycopg2.extras

QUEUE = "fleet"
PREFETCH = 2000  # messages on their way to the database
BATCH = 500
BATCH_SECONDS = 0.5
OLDEST = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
AHEAD = datetime.timedelta(days=2)  # a gateway's clock may be wrong by this
KEY_MEMBERS = ("time", "run", "seq", "state")


class Bad(ValueError):
    """A message that no gateway sends."""


def utc(milliseconds):
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool) or not 0 < milliseconds < 10**14:
        raise Bad("its time is no number of ms since 1970")
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)


def moment_of(text):
    try:
        return datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None


def levels(routing_key):
    """Portal id, serial number or nothing, kind of message."""
    parts = routing_key.split(".")
    if len(parts) == 3 and parts[0] == "fleet" and parts[2] in ("health", "findings", "info"):
        return parts[1], None, parts[2]
    if len(parts) >= 4 and parts[0] == "fleet" and parts[-1] == "reading":
        return parts[1], ".".join(parts[2:-1]), "reading"  # a dot is a dot of the serial number
    raise Bad("its topic is none of a gateway")


def parsed(payload, kind):
    try:
        value = json.loads(payload.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Bad("it is no JSON") from error
    if not isinstance(value, list if kind == "findings" else dict):
        raise Bad("it is no JSON object" if kind != "findings" else "it is no JSON list")
    return value


def point(portal, serial, value):
    moment = utc(value.get("time"))
    if not OLDEST <= moment <= datetime.datetime.now(datetime.timezone.utc) + AHEAD:
        raise Bad("its time is not of these years")
    run, seq, state = value.get("run"), value.get("seq"), value.get("state")
    if not isinstance(run, str) or not 0 < len(run) <= 64 or not isinstance(seq, int) or not 0 <= seq < 2**63:
        raise Bad("it has no key: run and seq")
    if state not in ("live", "lost"):
        raise Bad("its state is neither live nor lost")
    rest = {name: member for name, member in value.items() if name not in KEY_MEMBERS}
    return moment, portal, serial, run, seq, state, json.dumps(rest)


class Counts:
    """What /metrics shows of this collector."""

    def __init__(self):
        self.lock = threading.Lock()
        self.values = {"points": 0, "duplicates": 0, "rejected": 0, "messages": 0}

    def add(self, **more):
        with self.lock:
            for name, count in more.items():
                self.values[name] += count


class Batch:
    """Messages that are committed together."""

    def __init__(self):
        self.points, self.states, self.rejected = [], [], []
        self.seen = {}
        self.messages = []

    def add(self, routing_key, payload):
        self.messages.append((routing_key, payload))
        try:
            portal, serial, kind = levels(routing_key)
            value = parsed(payload, kind)
            if kind == "reading":
                self.points.append(point(portal, serial, value))
            else:
                self.states.append((portal, kind, value))
            self.seen[portal] = True
        except Bad as problem:
            self.reject(routing_key, payload, problem)

    def reject(self, routing_key, payload, problem):
        readable = routing_key.encode("utf-8", "replace").decode().replace("\x00", "?")[:500]
        self.rejected.append((readable, str(problem)[:500], psycopg2.Binary(payload)))


class Store:
    def __init__(self, dsn):
        self.connection = psycopg2.connect(dsn, connect_timeout=10, keepalives_idle=10)
        self.days = set()

    def close(self):
        self.connection.close()

    def make_partitions(self, points):
        for day in sorted({row[0].date() for row in points} - self.days):
            name = "readings_" + day.strftime("%Y%m%d")
            after = day + datetime.timedelta(days=1)
            with self.connection.cursor() as cursor:  # one collector at a time
                cursor.execute("select pg_advisory_xact_lock(7250)")
                cursor.execute(
                    f"create table if not exists {name} partition of readings for values from (%s) to (%s)",
                    (f"{day} 00:00:00+00", f"{after} 00:00:00+00"))
            self.connection.commit()
            self.days.add(day)

    def write(self, batch):
        """Returns how many points were new, and the batch as it was written."""
        try:
            return self.write_all(batch), batch
        except (psycopg2.DataError, UnicodeError):
            self.connection.rollback()  # one of them is what nobody thought of
        new, written = 0, Batch()
        for routing_key, payload in batch.messages:
            one = Batch()
            one.add(routing_key, payload)
            try:
                new += self.write_all(one)
            except (psycopg2.DataError, UnicodeError) as error:
                self.connection.rollback()
                one = Batch()
                one.reject(routing_key, payload, error)
                self.write_all(one)
            written.points += one.points
            written.rejected += one.rejected
        return new, written

    def write_all(self, batch):
        self.make_partitions(batch.points)
        with self.connection.cursor() as cursor:
            new = psycopg2.extras.execute_values(
                cursor,
                "insert into readings (time, portal, serial, run, seq, state, members) values %s "
                "on conflict do nothing returning 1", batch.points, page_size=1000, fetch=True) if batch.points else []
            newest = {(row[1], row[2]): row for row in sorted(batch.points)}
            for key in sorted(newest):  # in one order, so that collectors never wait for each other in a ring
                row = newest[key]
                cursor.execute(
                    "insert into meters values (%s, %s, %s, %s, %s) on conflict (portal, serial) do update set "
                    "time = excluded.time, state = excluded.state, members = excluded.members "
                    "where meters.time <= excluded.time", (row[1], row[2], row[0], row[5], row[6]))
            for portal in sorted(batch.seen):
                cursor.execute(
                    "insert into gateways (portal, last_seen) values (%s, now()) "
                    "on conflict (portal) do update set last_seen = now()", (portal,))
            for portal, kind, value in sorted(batch.states, key=lambda state: state[0]):
                getattr(self, "write_" + kind)(cursor, portal, value)
            if batch.rejected:
                psycopg2.extras.execute_values(
                    cursor, "insert into rejected (routing_key, reason, payload) values %s", batch.rejected)
        self.connection.commit()
        return len(new)

    @staticmethod
    def write_health(cursor, portal, value):
        queued = sum(sink.get("queued", 0) for sink in value.get("sinks", []) if isinstance(sink, dict))
        cursor.execute("update gateways set status = %s, queued = %s, health = %s where portal = %s",
                       (str(value.get("status")), queued, json.dumps(value), portal))

    @staticmethod
    def write_info(cursor, portal, value):
        cursor.execute("update gateways set version = %s, info = %s where portal = %s",
                       (str(value.get("version")), json.dumps(value), portal))

    @staticmethod
    def write_findings(cursor, portal, value):
        cursor.execute("delete from findings where portal = %s", (portal,))
        for finding in value:
            if isinstance(finding, dict):
                cursor.execute(
                    "insert into findings values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
                    (portal, str(finding.get("code")), str(finding.get("meter") or ""), str(finding.get("severity")),
                     str(finding.get("text")), moment_of(finding.get("since"))))


def label(text):
    return str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


QUERIES = (  # name, help, labels, query
    ("fleet_gateway_silent_seconds", "Since the last message of a gateway", ("portal",),
     "select portal, extract(epoch from now() - last_seen) from gateways"),
    ("fleet_gateway_info", "Version and health of a gateway", ("portal", "version", "status"),
     "select portal, coalesce(version, ''), coalesce(status, ''), 1 from gateways"),
    ("fleet_gateway_queued_points", "Points that waited on a gateway when it last told", ("portal",),
     "select portal, coalesce(queued, 0) from gateways"),
    ("fleet_meters", "Meters of a gateway by state", ("portal", "state"),
     "select portal, state, count(*) from meters group by portal, state"),
    ("fleet_meter_silent_seconds", "Since the newest reading of a meter", ("portal", "serial"),
     "select portal, serial, extract(epoch from now() - time) from meters"),
    ("fleet_findings", "Findings of a gateway by severity and code", ("portal", "severity", "code"),
     "select portal, severity, code, count(*) from findings group by portal, severity, code"),
)


def metrics_text(dsn, counts):
    lines = []
    with counts.lock:
        values = dict(counts.values)
    for name, value in values.items():
        lines += [f"# TYPE fleet_collector_{name}_total counter", f"fleet_collector_{name}_total {value}"]
    connection = psycopg2.connect(dsn, connect_timeout=5)
    try:
        with connection.cursor() as cursor:
            cursor.execute("set statement_timeout = '5s'")
            for name, about, labels, query in QUERIES:
                lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
                cursor.execute(query)
                for row in cursor:
                    pairs = ",".join(f'{key}="{label(text)}"' for key, text in zip(labels, row))
                    lines.append(f"{name}{{{pairs}}} {row[-1]}")
    finally:
        connection.close()
    return "\n".join(lines) + "\n"


def serve_metrics(where, dsn, counts):
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            try:
                body, status = metrics_text(dsn, counts).encode(), 200
            except psycopg2.Error as error:
                body, status = f"the database does not answer: {error}".encode(), 503
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    host, port = where.rsplit(":", 1)
    server = http.server.ThreadingHTTPServer((host, int(port)), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()


class Collector:
    def __init__(self, brokers, dsn, counts):
        self.brokers, self.dsn, self.counts = brokers, dsn, counts
        self.stopping = threading.Event()

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def run(self):
        pause, attempt = 0.5, 0
        while not self.stopping.is_set():
            url = self.brokers[attempt % len(self.brokers)]
            attempt += 1
            try:
                self.collect(url)
                pause = 0.5
            except (pika.exceptions.AMQPError, psycopg2.Error, OSError) as error:
                self.say(f"{type(error).__name__}: {error}; trying again in {pause:.1f} s")
                self.stopping.wait(pause * random.uniform(0.8, 1.2))
                pause = min(pause * 2, 30)

    def collect(self, url):
        store = Store(self.dsn)
        try:
            parameters = pika.URLParameters(url)
            parameters.heartbeat, parameters.socket_timeout = 30, 10
            parameters.blocked_connection_timeout = 60
            connection = pika.BlockingConnection(parameters)
            try:
                channel = connection.channel()
                channel.basic_qos(prefetch_count=PREFETCH)
                self.say("collecting from " + parameters.host)
                self.take(channel, store)
            finally:
                if connection.is_open:
                    connection.close()
        finally:
            store.close()

    def take(self, channel, store):
        batch, began, tag = Batch(), time.monotonic(), None
        for method, properties, body in channel.consume(QUEUE, inactivity_timeout=BATCH_SECONDS):
            if method is not None:
                tag = method.delivery_tag
                batch.add(method.routing_key, body)
            is_due = len(batch.messages) >= BATCH or time.monotonic() - began >= BATCH_SECONDS
            if batch.messages and (is_due or self.stopping.is_set()):
                new, written = store.write(batch)
                channel.basic_ack(tag, multiple=True)
                self.counts.add(points=new, duplicates=len(written.points) - new, rejected=len(written.rejected),
                                messages=len(batch.messages))
                batch, began = Batch(), time.monotonic()
            elif not batch.messages:
                began = time.monotonic()
            if self.stopping.is_set():
                return


def main():
    dsn = os.environ.get("FLEET_DATABASE", "dbname=fleet")
    brokers = os.environ.get("FLEET_BROKERS", "amqp://guest:guest@localhost:5672/%2F").split(",")
    where = os.environ.get("FLEET_METRICS", "0.0.0.0:9200")
    counts = Counts()
    collector = Collector(brokers, dsn, counts)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: collector.stopping.set())
    if where:
        serve_metrics(where, dsn, counts)
    collector.run()


if __name__ == "__main__":
    main()
