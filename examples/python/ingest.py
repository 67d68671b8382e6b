"""Submit a video, wait for it, print where it plays, check the notification about it. Standard library only."""

import base64
import hmac
import json
import os
import sys
import time
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

SERVER = os.environ.get("VODPULL_SERVER", "http://127.0.0.1:8080")
KEY = os.environ["VODPULL_ACCESS_KEY"] + "." + os.environ["VODPULL_SECRET_KEY"]
WEBHOOK_SECRET = os.environ.get("VODPULL_WEBHOOK_SECRET", "")
LISTEN = os.environ.get("VODPULL_LISTEN", "http://127.0.0.1:9000")


def api(method, path, body=None, **headers):
    headers |= {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(SERVER + "/api/v1" + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def submit(url, notify_url=""):
    body = {"items": [{"url": url}], "notify_url": notify_url}
    # With an Idempotency-Key the call may be sent again after a broken connection.
    return api("POST", "/batches", body, **{"Idempotency-Key": str(uuid.uuid4())})


def wait(batch_id):
    while not (batch := api("GET", f"/batches/{batch_id}"))["is_final"]:
        time.sleep(1)
    return batch


def verify(headers, body):
    """Tell whether a notification is genuine (Standard Webhooks)."""
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        return False
    secret = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.digest(secret, text, "sha256")).decode()
    return any(hmac.compare_digest(wanted, given) for given in headers["webhook-signature"].split())


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        genuine = verify(self.headers, body)
        if genuine:
            task = json.loads(base64.urlsafe_b64decode(body))
            print("notification", self.headers["webhook-id"], "about", task["taskId"])
        self.send_response(200 if genuine else 401)
        self.end_headers()

    def log_message(self, *_):
        pass


def main(url):
    receiver = WEBHOOK_SECRET and HTTPServer(("127.0.0.1", urlsplit(LISTEN).port), Receiver)
    batch_id = submit(url, LISTEN if receiver else "")["batch_id"]
    print(batch_id)
    [job] = wait(batch_id)["jobs"]
    if job["error"]:
        sys.exit(f"{job['error']['code']}: {job['error']['message']}")
    print(f"done {SERVER}/media/{job['playlist']}")
    if receiver:
        receiver.handle_request()


main(sys.argv[1])
