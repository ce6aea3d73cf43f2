#!/usr/bin/env python3
"""What a supervisor of Home Assistant is to an app: the service mqtt for who has the token, and the proxy that shows the app's page below
a path with a token of its own (ingress) in a frame, from the supervisor's address and with the headers it adds. Whom the browser is, the real
one asks before that.

supervisor.py ADDRESS:PORT PAGE_HOST:PORT BROKER_HOST:PORT USER PASSWORD"""
import http.client
import http.server
import json
import sys
import threading

TOKEN = "0123456789abcdef0123456789abcdef"
ENTRY = "/api/hassio_ingress/x-Zm9vYmFy/"
FRAME = f'<body style="margin:0"><iframe src="{ENTRY}" style="border:0;width:100vw;height:100vh"></iframe>'.encode()
NOT_PASSED_ON = {"content-length", "content-encoding", "transfer-encoding"}


class Supervisor(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, page, service):
        super().__init__(address, Handler)
        self.page, self.service, self.refused = page, service, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/services/mqtt":
            self.tell_service()
        elif self.path.startswith(ENTRY):
            self.pass_on()
        elif self.path == "/":
            self.tell(200, FRAME, "text/html")
        else:
            self.send_error(404)

    do_POST = do_GET

    def tell_service(self):
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self.server.refused += 1
            self.tell(401, {"result": "error", "message": "unauthorized"})
        elif self.server.service is None:
            self.tell(400, {"result": "error", "message": "Service not enabled"})
        else:
            self.tell(200, {"result": "ok", "data": self.server.service})

    def tell(self, code, body, kind="application/json; charset=utf-8"):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON}
        headers["X-Ingress-Path"] = ENTRY.rstrip("/")
        headers["X-Hass-Source"] = "core.ingress"
        headers["X-Forwarded-For"] = f"{self.client_address[0]}, {self.server.server_address[0]}"
        headers["X-Forwarded-Host"] = self.headers["Host"]
        headers["X-Forwarded-Proto"] = "http"
        page = http.client.HTTPConnection(*self.server.page, timeout=600, source_address=(self.server.server_address[0], 0))
        try:
            page.request(self.command, "/" + self.path[len(ENTRY):], body or None, headers)
            answer = page.getresponse()
        except OSError:
            self.send_error(502)
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in NOT_PASSED_ON | {"connection"}:
                self.send_header(name, value)
        self.end_headers()
        try:
            while part := answer.read1():
                self.wfile.write(part)
        except (OSError, http.client.HTTPException):
            pass  # the browser or the app has left
        finally:
            page.close()

    def log_message(self, *_):
        pass


def place(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def service_of(broker, user, password):
    host, port = place(broker)
    return {"host": host, "port": port, "ssl": False, "protocol": "3.1.1", "username": user, "password": password, "addon": "core_mosquitto"}


if __name__ == "__main__":
    Supervisor(place(sys.argv[1]), place(sys.argv[2]), service_of(*sys.argv[3:6]))
    print("listening", flush=True)
    threading.Event().wait()
