"""Whatever strangers write, what comes out of the parser is a value or an error of the catalogue, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
import yarl
from hypothesis import given, settings
from hypothesis import strategies as st

from vodpull.api.cloudvod.library.refusals import Refused
from vodpull.api.cloudvod.library.storage_volume import parse_volume
from vodpull.api.cloudvod.library.videos.list_requests import parse_list
from vodpull.api.cloudvod.library.videos.requests import (
    parse_code_type,
    parse_delete,
    parse_edit,
    parse_encode,
    parse_workflow,
)
from vodpull.api.cloudvod.parameters import read_parameters
from vodpull.api.cloudvod.pull.requests import parse_pull, parse_query
from vodpull.api.http.keys.signatures import authenticate, authenticate_bearer
from vodpull.api.http.stored.media_keys import is_media_key
from vodpull.api.http.stored.range_requests import parse_range
from vodpull.caller_networks import network_of
from vodpull.cli.sources import check_url as check_source
from vodpull.clock import read_zone
from vodpull.console.pages.pasted_sources import read_sources
from vodpull.console.request.forms import read_form
from vodpull.console.request.return_places import safe_place
from vodpull.console.request.translation import choose_language
from vodpull.errors import NotFound, VodpullError
from vodpull.fetch import AddressGuard, parse_credentials
from vodpull.fetch.guard.repeated_length import without_repeats
from vodpull.fetch.hls.playlist import parse_playlist
from vodpull.http_dates import read_date_s, read_retry_after_s
from vodpull.jobs.cursors import read_cursor
from vodpull.jobs.submission.file_and_video_names import name_in_url
from vodpull.jobs.submission.template_registry import Templates
from vodpull.media import parse_template
from vodpull.request_signing import SignedRequest
from vodpull.wire_values import read_number

GUARD = AddressGuard(trusted_origins=["http://127.0.0.1:9000"])
BASE = yarl.URL("https://example.com/a/b.m3u8")

LONG = st.builds(lambda text, count: text * count, st.sampled_from('90a%[{",\x00\\;=\u0661'), st.integers(1, 9000))
WORDS = st.sampled_from(
    [
        *("http://", "https://", "//", "::1", "[", "]", "@", ":", "/", "?", "#", "%", "%2", "%00", "\\", "xn--"),
        *("bytes=", "-", "0", "9" * 5000, "-0000", "Thu, 01 Jan 1970", "00:00:00", "GMT", "\x00", "\ud800", "\u0661"),
        *("#EXTM3U\n", "#EXTINF:", "#EXT-X-BYTERANGE:", "#EXT-X-MEDIA-SEQUENCE:", "#EXT-X-KEY:METHOD=AES-128,IV=0x"),
        *("99999", "#EXT-X-STREAM-INF:BANDWIDTH=", "#EXT-X-ENDLIST", ",RESOLUTION=", "#EXT-X-MAP:URI=", '"'),
        *("\n", "\r", ",", "charset", "boundary", "name", "*=utf-8''%C4%80", "*=x''%FF", "*0*=", ";", "filename"),
        *("CNC-HMAC-SHA256 ", "BASIC ", "Credential=", "SignedHeaders=", "Signature=", "Og==", "AAA6", "Bearer ", "."),
        *("{", "}", "fileList", "fetchUrl", "md5", "taskId", "cmd", "[]", "1e999", "NaN", "url", "a=b", "&", "%26"),
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(), LONG, st.lists(st.one_of(WORDS, st.text(max_size=4)), max_size=12).map("".join))


def _as_header(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _signed(text: str) -> None:
    sent = _as_header(text)
    headers = {
        "x-cnc-date": sent,
        "date": sent,
        "x-cnc-timestamp": sent,
        "x-cnc-accesskey": sent,
        "host": "h",
    }
    now_s = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    for scheme in ("", "BASIC ", "CNC-HMAC-SHA256 Credential="):
        named = headers | {"authorization": scheme + sent}
        request = SignedRequest(method="GET", path="/", query=sent, headers=named, body=b"")
        with suppress(VodpullError):
            authenticate(request, keys=lambda _: None, now_s=now_s)


def _wire(text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        with suppress(VodpullError):
            parse_pull(read_parameters(method="POST", content_type=kind, body=body, query=""))
    for field in ("fileList", "cmd", "transNo", "notifyUrl", "separate"):
        with suppress(VodpullError):
            parse_pull({"fileList": [{"fetchUrl": text, "md5": text, "fileName": text}], field: text})
    parse_query({"taskId": text})


LIBRARY: dict[Callable[[dict[str, str]], object], tuple[str, ...]] = {
    lambda given: parse_list(given, account_id="a", zone=UTC, now_ms=0): (
        *("videoId", "videoName", "videoStatus", "transcodeState", "videoClassification", "startTime", "endTime"),
        *("createUser", "listOrder", "pageIndex", "pageSize"),
    ),
    parse_edit: ("videoId", "videoName", "videoDescription", "categoryNames", "publishDomain", "videoClassification"),
    parse_delete: ("videoId", "validateOccupy", "notifyUrl"),
    parse_code_type: ("codeType", "CodeType"),
    parse_encode: ("videoIds", "transCodeTemplateId", "waterMarkTemplateName", "subtitle", "subtitleId"),
    parse_workflow: ("targetId", "transNo", "workflowId"),
    lambda given: parse_volume(given, today=date(2026, 1, 1)): ("dateFrom", "dateTo", "isDetails"),
    lambda given: read_zone(given["zone"]): ("zone",),
}
NEEDED = {"videoId": "a", "videoIds": "a", "targetId": "a", "transNo": "a", "workflowId": "a"}


def _library(text: str) -> None:
    for parse, fields in LIBRARY.items():
        for field in fields:
            with suppress(VodpullError, Refused):
                parse(NEEDED | {"dateFrom": "2026-01-01", "dateTo": "2026-01-01"} | {field: text})


PARSERS: dict[str, Callable[[str], object]] = {
    "url": GUARD.check_url,
    "reference": lambda text: GUARD.join(BASE, text),
    "source": check_source,
    "name in a URL": name_in_url,
    "playlist": lambda text: parse_playlist(text, max_segments=100),
    "wire": _wire,
    "library": _library,
    "signed": _signed,
    "bearer": lambda text: authenticate_bearer(f"Bearer {text}", keys=lambda _: None),
    "range": lambda text: parse_range(text, size_bytes=1000),
    "number": read_number,
    "date": read_date_s,
    "Retry-After": read_retry_after_s,
    "cursor": lambda text: text and read_cursor(text),
    "media key": is_media_key,
    "form": lambda text: read_form("application/x-www-form-urlencoded", text.encode("utf-8", "surrogatepass")),
    "content type": lambda text: read_form(f"multipart/form-data; {_as_header(text)}", b"--a\r\n\r\n--a--"),
    "parts": lambda text: read_form("multipart/form-data; boundary=a", text.encode("utf-8", "surrogatepass")),
    "part": lambda text: read_form(
        "multipart/form-data; boundary=a",
        b"--a\r\nContent-Disposition: form-data; " + text.encode("utf-8", "surrogatepass") + b"\r\n\r\nx\r\n--a--\r\n",
    ),
    "pasted sources": read_sources,
    "table of sources": lambda text: read_sources("", file_name="a.csv", file_text=text),
    "place": safe_place,
    "language": lambda text: choose_language(text, text),
    "origin": lambda text: AddressGuard(trusted_origins=[text]),
    "network": lambda text: AddressGuard(allow_networks=[text]),
    "credentials": lambda text: AddressGuard(credentials=parse_credentials([text, f"https://h={text}"])),
    "template": lambda text: parse_template(text, name=text),
    "name of a template": Templates(()).find,
    "address": network_of,
    "head": lambda text: without_repeats(text.encode("utf-8", "surrogatepass")),
}


@pytest.mark.parametrize("name", PARSERS)
def test_nothing_but_errors_of_the_catalogue_come_out(name: str) -> None:
    @given(TEXTS)
    @settings(max_examples=150, deadline=None)
    def parse(text: str) -> None:
        with suppress(VodpullError):
            PARSERS[name](text)

    parse()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("reference", "//::1/"),
        ("reference", "//example.com:99999/"),
        ("url", "http://example.com:99999/"),
        ("table of sources", '"' + "a" * 200_000),
        ("table of sources", "https://h/\rb\x00"),
        ("bearer", "a\x00.b"),
        ("bearer", "a" * 5000 + ".b"),
        ("cursor", "9" * 5000),
        ("playlist", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:" + "9" * 5000 + "\n#EXTINF:1,\na\n#EXT-X-ENDLIST"),
    ],
)
def test_what_once_broke_a_parser_is_refused(name: str, text: str) -> None:
    with pytest.raises(VodpullError) as caught:
        PARSERS[name](text)
    assert not isinstance(caught.value, NotFound)
