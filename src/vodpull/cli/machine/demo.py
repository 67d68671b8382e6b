"""The main job, shown from start to end: a fresh service, a sample clip from a second server, one signed request."""

from __future__ import annotations

import json
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import as_file, files
from pathlib import Path

from vodpull.app.installation import open_people
from vodpull.app.server import Server
from vodpull.app.service import Service, running_service
from vodpull.app.telemetry.logs import configure_logging
from vodpull.cli.server_and_key import local_key
from vodpull.cli.terminal.batch_progress import console, follow
from vodpull.client import Batch, Client, QueryReply
from vodpull.console import console_link
from vodpull.errors import ServiceError
from vodpull.settings import load_settings

SAMPLE = "flower.mp4"


def run_demo() -> QueryReply:
    """
    Run the demo and return the final pullVideoQuery reply, which is printed as JSON on stdout.

    At a terminal the service stays up afterwards, until Ctrl-C.
    """
    with tempfile.TemporaryDirectory(prefix="vodpull-demo-") as folder, _sample_server() as origin:
        settings = load_settings(
            data_dir=Path(folder),
            database_url="",
            storage_url="",
            master_key="",
            default_template="abr",
            trusted_origins=origin,
        )
        configure_logging(settings.log_format)
        with running_service(settings) as service, _http_server(service) as server:
            key = local_key(settings.data_dir)
            if key is None:
                raise ServiceError("the service made no key of its own")
            with Client(server, key.access_key, key.secret) as client:
                reply, batch = _submit_and_wait(client, f"{origin}/{SAMPLE}")
            if sys.stdout.isatty():
                _stay(server, console_link(open_people(settings).operators, server), batch=batch)
            return reply


def _submit_and_wait(client: Client, url: str) -> tuple[QueryReply, Batch]:
    console.print(f"POST pullVideo  {url}")
    task = client.pull_video([{"fetchUrl": url, "fileName": SAMPLE}])["data"]["taskId"]
    batch = follow(client.watch(task))
    reply = client.pull_video_query(task_id=task)
    sys.stdout.write(json.dumps(reply, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()
    return reply, batch


def _stay(server: str, operator_link: str, *, batch: Batch) -> None:
    console.print(f"console {operator_link}", soft_wrap=True)
    for job in batch.jobs:
        if job.playlist:
            console.print(f"player  {server}/console/play/{batch.batch_id}/{job.position}", soft_wrap=True)
            console.print(f"play    {server}/media/{job.playlist}", soft_wrap=True)
            console.print(f"poster  {server}/media/{job.poster}", soft_wrap=True)
    console.print(f"API     {server}/openapi.json")
    console.print("Ctrl-C stops the demo and removes its files.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


@contextmanager
def _sample_server() -> Iterator[str]:
    """Serve the sample clip, and nothing else, on a loopback port of its own; gives its origin."""
    with as_file(files("vodpull") / "sample") as folder:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(folder)))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of the base class
        """Say nothing: stderr belongs to the demo."""


@contextmanager
def _http_server(service: Service) -> Iterator[str]:
    """Serve the API on a free loopback port; gives its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = Server(service.web, listener, connections=service.connections, prompt=service.prompt, grace_s=1)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join()
