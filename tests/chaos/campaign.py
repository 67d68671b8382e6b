"""
Random kills while tasks come in, and then the books: what was accepted, what became of it, what was left behind.

The same campaign runs against one embedded process, and against an API and several workers on PostgreSQL and S3.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import m3u8

from tests.origin import Origin
from tests.services.receiver import Receiver
from tests.services.vodpull import Vodpull, command_line, processes_on

LEASE_S = 30.0
"""Silence after which a process counts as dead."""

STUCK_S = LEASE_S + 60.0

ORPHAN_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How large a campaign is."""

    kills: int
    tasks: int
    clips: tuple[str, ...]
    """Sources of the collection, in turn; every second one is only stored."""
    pause_s: float = 1.0
    """Longest pause between two kills."""


@dataclass
class Books:
    """What a campaign found. `faults` is empty when everything promised was kept."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    accepted: dict[str, str] = field(default_factory=dict)
    """Task by the digest of its source."""
    refused: int = 0
    """Submissions that got no answer: they may or may not have been accepted, and count for nothing."""
    settle_s: float = 0.0
    """From the last kill to the last final state."""
    faults: list[str] = field(default_factory=list)


class Campaign:
    """One installation under fire: `members[0]` answers the API, all of them may be killed."""

    def __init__(self, members: list[Vodpull], origin: Origin, receiver: Receiver, *, clips: Path) -> None:
        self._members = members
        self._api = members[0]
        self._origin = origin
        self._receiver = receiver
        self._clips = clips

    def run(self, plan: Plan, *, seed: int) -> Books:
        """Kill and submit in turn until both numbers are reached, wait for the end, and audit."""
        books = Books(seed=seed)
        chance = random.Random(seed)
        for number in range(max(plan.kills, plan.tasks)):
            if number < plan.tasks:
                self._submit(plan.clips[number % len(plan.clips)], number, books)
            if number < plan.kills:
                time.sleep(chance.uniform(0, plan.pause_s))  # the moment is the campaign's subject
                self._kill(chance, books)
        while len(books.accepted) < plan.tasks:
            self._submit(plan.clips[len(books.accepted) % len(plan.clips)], len(books.accepted), books)
        started_s = time.monotonic()
        self._settle(books, within_s=STUCK_S + 10.0 * plan.tasks)
        books.settle_s = time.monotonic() - started_s
        self._audit(books)
        return books

    def _submit(self, clip: str, number: int, books: Books) -> None:
        fields: dict[str, Any] = {"notifyUrl": f"{self._receiver.url}/{number}"}
        if number % 2:
            fields["workflowId"] = "original"
        try:
            task_id = self._api.pull([{"fetchUrl": self._origin.url(clip)}], **fields)
        except (httpx2.HTTPError, ValueError):
            books.refused += 1
            return
        books.accepted[task_id] = hashlib.md5((self._clips / clip).read_bytes(), usedforsecurity=False).hexdigest()

    def _kill(self, chance: random.Random, books: Books) -> None:
        victim = chance.choice(self._members)
        encoders = [pid for pid in victim.family() if "ffmpeg" in command_line(pid)]
        kind = chance.choice(["process", "group", "ffmpeg"])
        books.kills[f"{victim.role} {kind}"] += 1
        if kind == "ffmpeg":
            for pid in encoders[:1]:
                os.kill(pid, signal.SIGKILL)
            return
        if kind == "group":
            victim.kill()
        else:
            victim.kill_worker_only()
        self._expect_no_orphans(victim, books)
        victim.start()

    def _expect_no_orphans(self, victim: Vodpull, books: Books) -> None:
        deadline_s = time.monotonic() + ORPHAN_S
        while left := processes_on(victim.data_dir):
            if time.monotonic() > deadline_s:
                books.faults.append(f"left running: {left}")
                return
            time.sleep(0.05)

    def _settle(self, books: Books, *, within_s: float) -> None:
        deadline_s = time.monotonic() + within_s
        waiting = list(books.accepted)
        while waiting and time.monotonic() < deadline_s:
            waiting = [task_id for task_id in waiting if self._api.query(task_id)["status"] != 2]
            time.sleep(0.5)
        books.faults += [f"stuck: {self._api.state(task_id)}" for task_id in waiting]

    def _audit(self, books: Books) -> None:
        events = Counter(event["batch_id"] for event in self._events() if event["position"] is not None)
        for task_id, md5 in books.accepted.items():
            [item] = self._api.query(task_id)["items"]
            if (item["pullStatus"], item["cmdStatus"]) != (2, 2):
                books.faults.append(f"failed: {self._api.state(task_id)}")
                continue
            if events[task_id] != 1:
                books.faults.append(f"{events[task_id]} final states: {task_id}")
            books.faults += [f"{task_id}: {fault}" for fault in self._faults_of(item, md5)]
        self._audit_notifications(books)

    def _faults_of(self, item: dict[str, Any], md5: str) -> list[str]:
        rows = item["videoInfo"]["videoFileList"]
        original = self._api.get(f"/media/{rows[0]['fileUrl']}")
        faults = []
        if hashlib.md5(original.content, usedforsecurity=False).hexdigest() != md5:
            faults.append("the original is not what the origin has")
        for row in rows[1:]:
            playlist = m3u8.loads(self._api.get(f"/media/{row['fileUrl']}").text)
            folder = row["fileUrl"].rpartition("/")[0]
            files = [part.uri for part in (*playlist.segment_map, *playlist.segments)]
            if not playlist.is_endlist or len(files) <= 1:
                faults.append(f"{row['fileUrl']} is not complete")
            faults += [f"{uri} is not there" for uri in files if not self._has(f"/media/{folder}/{uri}")]
        return faults

    def _has(self, path: str) -> bool:
        return self._api.get(path, Range="bytes=0-0").status_code == 206

    def _events(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while page := self._api.api("GET", "/events", params={"limit": 100}).json()["events"]:
            found += page
            self._api.api("POST", "/events/ack", json={"event_ids": [event["event_id"] for event in page]})
        return found

    def _audit_notifications(self, books: Books) -> None:
        """Every task was notified, and each notification has one id however often it came."""
        deadline_s = time.monotonic() + STUCK_S
        while len(self._by_task()) < len(books.accepted) and time.monotonic() < deadline_s:
            time.sleep(0.5)
        ids = self._by_task()
        for task_id in books.accepted:
            if len(ids.get(task_id, set())) != 1:
                books.faults.append(f"{len(ids.get(task_id, set()))} notification ids: {task_id}")

    def _by_task(self) -> dict[str, set[str]]:
        ids: dict[str, set[str]] = {}
        for received in list(self._receiver.received):
            ids.setdefault(str(received.data["taskId"]), set()).add(received.headers["webhook-id"])
        return ids
