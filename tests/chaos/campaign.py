"""
Random kills while tasks come in, and then the books: what was accepted, what became of it, what was left behind.

The same campaign runs against one embedded process, and against an API and several workers on PostgreSQL and S3.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import m3u8

from tests.origin import Origin
from tests.services.receiver import Receiver
from tests.services.vodpull import QUICK, Vodpull, command_line, processes_on
from vodpull.jobs.states_and_codes import ServerType

LEASE_S = 30.0
"""Silence after which a process counts as dead."""

STUCK_S = LEASE_S + 60.0

SLOWEST_TASK_S = 60.0
"""Of processor time, generously: what bounds the whole wait, however much moves."""

ORPHAN_S = 5.0

ENCODER_S = 3.0

ACCEPTED = 202

_CHUNK_LINE = re.compile(r"chunk encoded.*chunk=(\d+).*job=(\S+)")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How large a campaign is."""

    kills: int
    tasks: int
    clips: tuple[str, ...]
    """Names of the sources, in turn; every second one is only stored."""
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
    """Submissions that were not accepted in words; without an answer they may be done, and count for nothing."""
    settle_s: float = 0.0
    """From the last kill to the last final state."""
    stillest_s: float = 0.0
    """The longest time after the last kill in which nothing moved although there was work."""
    encodes_again: int = 0
    """Encodes of stored originals that were accepted."""
    chunks: int = 0
    """Chunks that were encoded."""
    chunks_again: int = 0
    """Of these, those that were encoded before: their process died before it could share them."""
    faults: list[str] = field(default_factory=list)

    def report(self) -> str:
        """Return the books in words."""
        lines = [
            f"seed {self.seed}",
            f"strikes {self.kills.total()}: {dict(self.kills)}",
            f"tasks accepted {len(self.accepted)}, submissions that were not {self.refused}",
            f"last strike to last final state {self.settle_s:.1f} s, longest standstill {self.stillest_s:.1f} s",
            f"encodes again accepted {self.encodes_again}",
            f"chunks encoded {self.chunks}, again {self.chunks_again}",
            f"faults {len(self.faults)}",
            *self.faults,
        ]
        return "\n".join(lines) + "\n"


class Campaign:
    """One installation under fire: `members[0]` answers the API, all of them may be killed."""

    def __init__(self, members: list[Vodpull], origin: Origin, receiver: Receiver, *, sources: Path) -> None:
        self._members = members
        self._api = members[0]
        self._origin = origin
        self._receiver = receiver
        self._sources = sources

    def run(self, plan: Plan, *, seed: int) -> Books:
        """Kill and submit in turn until both numbers are reached, wait for the end, and audit."""
        books = Books(seed=seed)
        chance = random.Random(seed)
        for number in range(plan.kills):
            while len(books.accepted) * plan.kills < plan.tasks * (number + 1):
                self.submit_next(plan, books)
            self._encode_one_again(chance, books)
            time.sleep(chance.uniform(0, plan.pause_s))  # the moment is the campaign's subject
            self.strike(chance, plan, books)
        started_s = time.monotonic()
        self._settle(books, within_s=STUCK_S + SLOWEST_TASK_S * plan.tasks)
        books.settle_s = time.monotonic() - started_s
        self._audit(books)
        self._count_chunks(books)
        return books

    def submit_next(self, plan: Plan, books: Books) -> None:
        """Ask for one more task; without an answer, or refused in words, it does not count."""
        number = len(books.accepted)
        clip = plan.clips[number % len(plan.clips)]
        fields: dict[str, Any] = {"notifyUrl": f"{self._receiver.url}/{number}"}
        if number % 2:
            fields["workflowId"] = "original"
        try:
            task_id = self._api.pull([{"fetchUrl": self._origin.url(clip)}], **fields)
        except (httpx2.HTTPError, ValueError, AssertionError):
            books.refused += 1
            return
        books.accepted[task_id] = hashlib.md5((self._sources / clip).read_bytes(), usedforsecurity=False).hexdigest()

    def _encode_one_again(self, chance: random.Random, books: Books) -> None:
        """Ask for another encode of something that may be whole by now; whether it is accepted is seen in the end."""
        if not books.accepted:
            return
        with contextlib.suppress(httpx2.HTTPError, ValueError, AssertionError, KeyError, IndexError):
            [job] = self._api.state(chance.choice(list(books.accepted)))["jobs"]
            video_id = job["video_id"]
            template = chance.choice([QUICK, "mp4"])
            reply = self._api.api("POST", f"/videos/{video_id}/encode", json={"template": template})
            books.encodes_again += reply.status_code == ACCEPTED

    def strike(self, chance: random.Random, plan: Plan, books: Books) -> None:  # noqa: ARG002 - another campaign asks
        """Kill something and start it again."""
        victim = chance.choice(self._members)
        kind = chance.choice(["process", "group", "ffmpeg"])
        if kind == "ffmpeg" and (encoders := self._encoders()):
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(chance.choice(encoders), signal.SIGKILL)
                books.kills["ffmpeg"] += 1
                return
        if kind == "group":
            victim.kill()
        else:
            victim.kill_worker_only()
        books.kills[f"{victim.role}{' group' if kind == 'group' else ''}"] += 1
        self._expect_no_orphans(victim, books)
        victim.start()

    def _encoders(self) -> list[int]:
        """Return the live FFmpeg processes; waits a little for one, as a short job is mostly something else."""
        deadline_s = time.monotonic() + ENCODER_S
        found: list[int] = []
        while not found and time.monotonic() < deadline_s:
            family = [pid for member in self._members for pid in member.family()]
            found = [pid for pid in family if "ffmpeg" in Path(command_line(pid).partition(" ")[0]).name]
            time.sleep(0 if found else 0.02)
        return found

    def _expect_no_orphans(self, victim: Vodpull, books: Books) -> None:
        deadline_s = time.monotonic() + ORPHAN_S
        while left := processes_on(victim.data_dir):
            if time.monotonic() > deadline_s:
                books.faults.append(f"left running: {left}")
                return
            time.sleep(0.05)

    def _settle(self, books: Books, *, within_s: float) -> None:
        """Wait until all is final; something must move all the time."""
        deadline_s = moved_s = time.monotonic()
        deadline_s += within_s
        seen: dict[str, Any] = {}
        while time.monotonic() < min(deadline_s, moved_s + STUCK_S):
            waiting = self.unfinished(seen or books.accepted)
            if not waiting:
                return
            if waiting != seen:
                seen, moved_s = waiting, time.monotonic()
            books.stillest_s = max(books.stillest_s, time.monotonic() - moved_s)
            time.sleep(0.5)
        books.faults += [f"stuck: {self._api.state(task_id)}" for task_id in seen]

    def unfinished(self, task_ids: Iterable[str]) -> dict[str, Any]:
        """Return how far those tasks are that are not final."""
        states = {task_id: self._api.state(task_id) for task_id in task_ids}
        return {
            task_id: [(job["stage"], job["percent"], job["bytes_done"]) for job in state["jobs"]]
            for task_id, state in states.items()
            if not state["is_final"]
        }

    def _count_chunks(self, books: Books) -> None:
        found = Counter(place for member in self._members for place in _CHUNK_LINE.findall(member.log()))
        books.chunks, books.chunks_again = found.total(), found.total() - len(found)

    def _audit(self, books: Books) -> None:
        events = Counter(event["batch_id"] for event in self._events() if event["kind"].startswith("job."))
        for task_id, md5 in books.accepted.items():
            [item] = self._api.query(task_id)["items"]
            if (item["pullStatus"], item["cmdStatus"]) != (2, 2):
                books.faults.append(f"failed: {self._api.state(task_id)}")
                continue
            [job] = self._api.state(task_id)["jobs"]
            if events[task_id] != job["attempt"]:
                books.faults.append(f"{events[task_id]} final states of {job['attempt']} attempts: {task_id}")
            faults = [*self._faults_of(item, md5), *self._faults_of_video(item)]
            books.faults += [f"{task_id}: {fault}" for fault in faults]
        self._audit_notifications(books)

    def _faults_of(self, item: dict[str, Any], md5: str) -> list[str]:
        rows = item["videoInfo"]["videoFileList"]
        original = self._api.get(f"/media/{rows[0]['fileUrl']}")
        faults = []
        if hashlib.md5(original.content, usedforsecurity=False).hexdigest() != md5:
            faults.append("the original is not what the origin has")
        return faults + faults_of_renditions(self._api, rows[1:])

    def _faults_of_video(self, item: dict[str, Any]) -> list[str]:
        """Return in what the library disagrees with the task."""
        video = self._api.api("GET", f"/videos/{item['videoInfo']['videoId']}").json()
        expected = "encoded" if len(item["videoInfo"]["videoFileList"]) > 1 else "not_encoded"
        return [] if video.get("encode_state") == expected else [f"{expected} as a task, as a video: {video}"]

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


def faults_of_renditions(service: Vodpull, rows: list[dict[str, Any]]) -> list[str]:
    """Return what is not complete of what was published."""
    faults = []
    for row in rows:
        if row["serverType"] == ServerType.MOBILE:
            faults += [] if _is_whole(service.get(f"/media/{row['fileUrl']}")) else [f"{row['fileUrl']} is not whole"]
            continue
        faults += _faults_of_playlist(service, row["fileUrl"])
    return faults


def _faults_of_playlist(service: Vodpull, key: str) -> list[str]:
    """Return what is not complete of a playlist, and of those that it names."""
    playlist, folder = m3u8.loads(service.get(f"/media/{key}").text), key.rpartition("/")[0]
    if playlist.is_variant:
        named = {part.uri for part in (*playlist.playlists, *playlist.media) if part.uri}
        return [fault for uri in sorted(named) for fault in _faults_of_playlist(service, f"{folder}/{uri}")]
    files = [part.uri for part in (*playlist.segment_map, *playlist.segments)]
    faults = [] if playlist.is_endlist and len(files) > 1 else [f"{key} is not complete"]
    return faults + [f"{uri} is not whole" for uri in files if not _is_whole(service.get(f"/media/{folder}/{uri}"))]


def _is_whole(reply: httpx2.Response) -> bool:
    """Return True when a file is there and its boxes fill it to the last byte (ISO/IEC 14496-12 §4.2)."""
    at = 0
    while reply.status_code == 200 and 0 <= at < len(reply.content):
        size_bytes = int.from_bytes(reply.content[at : at + 4])
        if size_bytes == 1:  # it stands behind the type, with 64 bits
            size_bytes = int.from_bytes(reply.content[at + 8 : at + 16])
        at = at + size_bytes if size_bytes >= 8 else -1
    return at == len(reply.content) > 0
