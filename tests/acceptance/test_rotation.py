"""A key is rotated while its clients go on calling, and not one of their calls is refused."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.services.vodpull import Vodpull
from tests.waiting import OFTEN_S, until
from vodpull.request_signing import SigningKey

CLIENTS = 4
CALLS = 5
"""Of each client in each phase."""


class Clients:
    """Callers that sign with the newest secret they were given, and note what was answered."""

    def __init__(self, service: Vodpull, key: SigningKey) -> None:
        self.key = key
        self.done = threading.Event()
        self.calls: Counter[tuple[int, str]] = Counter()
        """Calls by client and secret."""
        self.refused: list[object] = []
        self._service = service

    def call(self, number: int) -> None:
        while not self.done.is_set():
            key = self.key
            bearer = self._service.api("GET", "/batches", key=key, params={"limit": 1})
            signed = self._service.call("pullVideoQuery", {"taskId": "0" * 32}, key=key)
            if bearer.status_code != 200 or signed["code"] != 1000:  # the signature holds, there is no such task
                self.refused.append((bearer.text, signed))
            self.calls[number, key.secret] += 1

    def wait(self) -> None:
        """Wait until every client has made some calls more with the secret of now."""
        before = self.calls.copy()
        until(lambda: all(self._made(number, before) >= CALLS for number in range(CLIENTS)), every_s=OFTEN_S)

    def _made(self, number: int, before: Counter[tuple[int, str]]) -> int:
        who = number, self.key.secret
        return self.calls[who] - before[who]


def test_no_call_is_refused_while_a_key_is_rotated(service: Vodpull) -> None:
    old = service.key("rotating")
    clients = Clients(service, old)
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(clients.call, number) for number in range(CLIENTS)]
        clients.wait()
        made = service.run("keys", "rotate", old.access_key)
        clients.wait()  # both secrets sign
        clients.key = SigningKey(access_key=old.access_key, secret=made.stdout.split()[-1])
        clients.wait()
        assert service.run("keys", "rotate", old.access_key, "--finish").returncode == 0
        clients.wait()
        clients.done.set()
    assert [client.exception() for client in running] == [None] * CLIENTS
    assert clients.refused == []
    assert service.api("GET", "/batches", key=old).status_code == 401
    assert service.api("GET", "/batches", key=clients.key).status_code == 200
