from __future__ import annotations

import pytest

from vodpull.console.byte_sizes import as_bytes
from vodpull.console.reply.rendering import as_bitrate, as_rate, as_span, as_time, visible, web_link
from vodpull.console.request.return_places import safe_place


def test_numbers_are_said_as_people_say_them() -> None:
    assert [as_bytes(size) for size in (None, 0, 999, 1_128_375, 5e12)] == ["—", "0 B", "999 B", "1.1 MB", "5.0 TB"]
    assert [as_rate(None), as_rate(2_500_000)] == ["—", "2.5 MB/s"]
    assert [as_bitrate(437_900), as_bitrate(2_661_000)] == ["438 kbit/s", "2.66 Mbit/s"]
    spans = [as_span(seconds) for seconds in (None, 0.84, 12, 65, 3723)]
    assert spans == ["—", "0.8 s", "12 s", "1:05", "1:02:03"]
    assert [as_time(None), as_time(1_700_000_000_000)] == ["—", "2023-11-14 22:13:20"]


def test_characters_that_hide_or_turn_others_are_shown_as_marks() -> None:
    assert visible("a\u202egpj.exe\x00\u200b\u2066b") == "a\ufffdgpj.exe\ufffd\ufffd\ufffdb"
    assert visible("שלום <img> 视频") == "שלום <img> 视频"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " https://h", "https://h\u202e", "//h"])
def test_only_web_addresses_become_links(url: str) -> None:
    assert web_link(url) == ""
    assert web_link("HTTPS://h.test/a?b") == "HTTPS://h.test/a?b"


@pytest.mark.parametrize("place", ["/evil.test", "//evil.test", "https://evil.test", "a\\b", "a?\n", "../x", "a:b"])
def test_a_reply_leads_to_no_other_site(place: str) -> None:
    assert safe_place(place) == ""


@pytest.mark.parametrize("place", ["", "keys", "tasks/0a1b", "?state=failed&q=a%20b", "tasks/0a?x=1"])
def test_places_of_the_console_are_kept(place: str) -> None:
    assert safe_place(place) == place
