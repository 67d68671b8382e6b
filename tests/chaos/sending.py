"""
Clients that send a file whatever happens: lines cut at any byte, processes that die, tokens that end under way.

They know nothing of the service but its protocols, and go on from what it answers. Each keeps the books of what it met.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from tests.services.vodpull import Vodpull

BLOCK_BYTES = 4 * 1024 * 1024
TRIES = 400
CUTS_OF_A_FILE = 6
LONGEST_S = 240.0


class Cut(Exception):
    """The line is cut here."""


class Whole(Exception):
    """The file is whole already: this client's answer was lost, or another one was first."""


class Over(Exception):
    """The service has answered for good."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text[:200]}")
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(kw_only=True)
class Line:
    """The way of one client to the service, on which chance does what it likes."""

    service: Vodpull
    chance: random.Random
    kill: Callable[[], None]
    """Kills a process at once and lets it start again."""
    met: Counter[str] = field(default_factory=Counter)
    cuts_left: int = CUTS_OF_A_FILE
    kills_left: int = 0

    def send(self, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        """
        Send a request until it is answered, with a status that says something; `Cut`: nobody knows what became of it.

        Raises:
            Cut: the line was cut, or a process died.
        """
        at = self._event(len(body))
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, target, self._body(body, at), sent | {"Content-Length": str(len(body))})
            reply = connection.getresponse()
            text = reply.read().decode()
        except (OSError, http.client.HTTPException, Cut):
            time.sleep(0.05)  # so that a service that is being started is not asked a thousand times
            raise Cut from None
        finally:
            connection.close()
        if reply.status in {429, 503, 599}:
            self.met["asked to come again"] += 1
            time.sleep(0.1)
            raise Cut
        return Answer(
            status=reply.status, headers={name.lower(): value for name, value in reply.getheaders()}, text=text
        )

    def _event(self, size: int) -> tuple[int, str]:
        """Return at which byte something happens, and what."""
        chance = self.chance.random()
        if self.kills_left and size > 1 and chance < 0.3:
            self.kills_left -= 1
            return self.chance.randrange(size), "kill"
        if self.cuts_left and size > 1 and chance < 0.5:
            self.cuts_left -= 1
            return self.chance.randrange(size), "cut"
        return size + 1, ""

    def _body(self, body: bytes, event: tuple[int, str]) -> Iterator[bytes]:
        at, what = event
        yield body[:at]
        if not what:
            return
        self.met[what] += 1
        if what == "cut":
            raise Cut
        self.kill()
        yield body[at:]


@dataclass(kw_only=True)
class Sender:
    """One client that sends one file to one place; `send` returns when the service says that it is whole."""

    line: Line
    data: bytes
    md5: str = ""
    file_id: str = ""
    template: str = "original"
    token: str = ""
    key: str = ""
    video_id: str = ""

    def reserve(self) -> None:
        """
        Ask for a token, or for another one for the same upload.

        Raises:
            Whole: there is no such upload any more.
            Over: none is given.
        """
        asked = {"originFileName": "a.mp4", "fileId": self.file_id, "workflowId": self.template, "fileMd5": self.md5}
        for _ in range(TRIES):
            try:
                reply = self.line.service.call("getUploadToken", asked)
            except Exception:
                time.sleep(0.2)
                continue
            if reply["code"] != 200:
                raise Over(reply["code"], str(reply))
            if self.key and reply["data"]["fileKey"] != self.key:
                raise Whole  # the place is a new one: whoever goes on would send another file
            self.token, self.key = reply["data"]["uploadToken"], reply["data"]["fileKey"]
            self.video_id = reply["data"]["videoId"]
            return
        raise AssertionError("no token")

    def outlast_token(self) -> None:
        """Wait until the token has ended."""
        policy = json.loads(base64.urlsafe_b64decode(self.token.split(":")[2]))
        time.sleep(max(0.0, int(policy["deadline"]) / 1000 - time.time()) + 0.01)
        self.line.met["expired"] += 1

    def again(self, act: Callable[[], Answer], *, good: int = 200) -> Answer:
        """
        Do something until it is answered well, with a fresh token where that is what is wrong.

        Raises:
            Whole: a fresh token would be for another file.
            Over: the answer is another one, for good.
        """
        deadline_s = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline_s:
            try:
                answer = act()
            except Cut:
                continue
            if answer.status == good:
                return answer
            if answer.status == 401 and "Token" in answer.text:
                self.reserve()
                continue
            if answer.status == 701 and "chunk" in answer.text:
                continue
            raise Over(answer.status, answer.text)
        raise AssertionError(f"no end after {LONGEST_S} s")

    def sometimes(self, share: float, what: str) -> bool:
        """Let chance decide, and keep the books."""
        if self.line.chance.random() >= share:
            return False
        self.line.met[what] += 1
        return True


class FormSender(Sender):
    """Sends it in one form."""

    def send(self) -> None:
        answer = self.again(self._form)
        if self.sometimes(0.3, "replay"):
            assert json.loads(self.again(self._form).text)["hash"] == json.loads(answer.text)["hash"]

    def _form(self) -> Answer:
        parts = [f'name="token"\r\n\r\n{self.token}'.encode(), b'name="file"; filename="a"\r\n\r\n' + self.data]
        if self.line.chance.random() < 0.5:
            parts.reverse()
        body = b"".join(b"--b\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--b--\r\n"
        return self.line.send("POST", "/file/upload", body, Content_Type="multipart/form-data; boundary=b")


class BlockSender(Sender):
    """Sends it in blocks, in any order."""

    series: str = "one"

    def send(self) -> None:
        expires = self.sometimes(0.1, "expiring")
        for _ in range(TRIES):
            body = self._blocks(expires=expires)
            try:
                answer = self.again(partial(self._post, f"/mkfile/{len(self.data)}", body))
            except Over as over:
                if over.status == 412:  # the other client has begun a block of this series anew, after it was whole
                    self.line.met["begun anew"] += 1
                    continue
                raise
            if self.sometimes(0.3, "replay"):
                again = self.again(partial(self._post, f"/mkfile/{len(self.data)}", body))
                assert json.loads(again.text)["hash"] == json.loads(answer.text)["hash"]
            return
        raise AssertionError("the blocks never made up the file")

    def _blocks(self, *, expires: bool) -> bytes:
        """Send all blocks, and return what a file is made of: their last contexts."""
        numbers = list(range(-(-len(self.data) // BLOCK_BYTES)))
        self.line.chance.shuffle(numbers)
        contexts: dict[int, str] = {}
        for number in numbers:
            contexts[number] = self._block(number)
            if expires and number == numbers[0]:
                self.outlast_token()
        return ",".join(contexts[number] for number in sorted(contexts)).encode()

    def _block(self, number: int) -> str:
        data = self.data[number * BLOCK_BYTES : (number + 1) * BLOCK_BYTES]
        chunk = self.line.chance.choice([len(data), 1 + len(data) // 3, 1 + len(data) // 7])
        for _ in range(TRIES):
            said = json.loads(self.again(lambda: self._post(f"/mkblk/{len(data)}/{number}", data[:chunk])).text)
            try:
                while said["offset"] < len(data):
                    said = self._chunk(said["ctx"], said["offset"], data[said["offset"] :][:chunk])
            except Over as over:
                if over.status == 401 and "ctx" in str(over):  # the other client has begun the block anew
                    self.line.met["begun anew"] += 1
                    continue
                raise
            return str(said["ctx"])
        raise AssertionError("a block never came to its end")

    def _chunk(self, context: str, at: int, data: bytes) -> dict[str, str | int]:
        def put() -> Answer:
            return self._post(f"/bput/{context}/{at}", data)

        said: dict[str, str | int] = json.loads(self.again(put).text)
        if self.sometimes(0.1, "replay"):
            assert json.loads(self.again(put).text)["offset"] == said["offset"]
        return said

    def _post(self, target: str, body: bytes) -> Answer:
        return self.line.send("POST", target, body, Authorization=self.token, UploadBatch=self.series)


class TusSender(Sender):
    """Sends it by tus."""

    def reserve(self) -> None:
        pairs = {"filename": "a.mp4", "template": self.template, "resume_id": self.file_id, "md5": self.md5}
        words = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items())
        asked = {"Upload_Length": str(len(self.data)), "Upload_Metadata": words}
        made = self.again(lambda: self.line.send("POST", "/api/v1/uploads", b"", **self._own(), **asked), good=201)
        self.key = "/" + made.headers["location"].split("/", maxsplit=3)[3]
        self.video_id = made.headers["vodpull-video-id"]

    def _own(self) -> dict[str, str]:
        key = self.line.service.own_key
        return {"Tus_Resumable": "1.0.0", "Authorization": f"Bearer {key.access_key}.{key.secret}"}

    def send(self) -> None:
        deadline_s = time.monotonic() + LONGEST_S
        while (at := self._offset()) < len(self.data):
            assert time.monotonic() < deadline_s, "no end"
            data = self.data[at : at + self.line.chance.randrange(1, 2 * BLOCK_BYTES)]
            sum_ = hashlib.sha1(data, usedforsecurity=False).digest()
            is_wrong = self.sometimes(0.15, "wrong checksum")
            has_sum = is_wrong or self.line.chance.random() < 0.5
            shown = base64.b64encode(sum_[::-1] if is_wrong else sum_).decode()
            given = {"Upload_Checksum": f"sha1 {shown}"} if has_sum else {}
            try:
                answer = self._patch(at, data, given)
            except Cut:
                continue
            if answer.status == 460 and self.md5 and at + len(data) == len(self.data) and not is_wrong:
                raise Over(answer.status, answer.text)
            assert answer.status in {204, 409, 460}, answer
            assert not (is_wrong and answer.status == 204), "a body with a wrong checksum was taken"
            if answer.status == 204 and self.sometimes(0.2, "replay"):
                self._replay(at, data)

    def _replay(self, at: int, data: bytes) -> None:
        try:
            assert self._patch(at, data, {}).status == 409
        except Cut:
            return

    def _patch(self, at: int, data: bytes, given: dict[str, str]) -> Answer:
        kind = "application/offset+octet-stream"
        return self.line.send("PATCH", self.key, data, Upload_Offset=str(at), Content_Type=kind, **self._own(), **given)

    def _offset(self) -> int:
        return int(self.again(lambda: self.line.send("HEAD", self.key, b"", **self._own())).headers["upload-offset"])


def send_together(senders: list[FormSender | BlockSender | TusSender]) -> list[Exception]:
    """Let several clients send at the same time; return what each of them failed with."""
    failed: list[Exception] = []

    def send(sender: FormSender | BlockSender | TusSender) -> None:
        try:
            sender.send()
        except Whole:
            pass  # what arrived is compared in the end
        except Over as over:
            if over.status != http.client.NOT_ACCEPTABLE:  # the other one was first
                failed.append(over)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=send, args=(each,)) for each in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed
