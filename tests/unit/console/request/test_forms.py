"""Forms are read as UTF-8 or not at all, and no form costs more than its size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodpull.console.request.forms import MAX_FIELDS, Form, read_form
from vodpull.errors import ParameterError

PAIRS = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"


def parts(*bodies: bytes) -> bytes:
    return b"".join(b"--b\r\nContent-Disposition: form-data; " + body + b"\r\n" for body in bodies) + b"--b--\r\n"


def test_fields_come_in_order_with_repeated_names() -> None:
    form = Form(fields=(("batch", "ü"), ("batch", "2"), ("empty", "")))
    assert read_form(PAIRS, b"batch=%C3%BC&batch=2&empty=") == form
    body = parts(b'name="batch"\r\n\r\n\xc3\xbc', b'name="batch"\r\n\r\n2', b'name="empty"\r\n\r\n')
    assert read_form(PARTS, body) == form


def test_a_file_comes_with_its_name() -> None:
    body = parts(b'name="urls"\r\n\r\nx', 'name="file"; filename="ü.csv"\r\n\r\nurl\n'.encode())
    assert read_form(PARTS, body) == Form(fields=(("urls", "x"),), file=("ü.csv", b"url\n"))


def test_a_file_in_another_encoding_is_marked_and_not_refused() -> None:
    assert read_form(PARTS, parts(b'name="file"; filename="a"\r\n\r\n\xff')).file == ("a", b"\xff")


@pytest.mark.parametrize("charset", ["UTF-8", "utf8", '"utf-8"'])
def test_utf_8_may_be_named(charset: str) -> None:
    assert read_form(f"{PAIRS}; charset={charset}", b"a=1").fields == (("a", "1"),)
    assert read_form(f"{PARTS}; charset={charset}", parts(b'name="a"\r\n\r\n1')).fields == (("a", "1"),)


@pytest.mark.parametrize("kind", [PAIRS, PARTS])
@pytest.mark.parametrize(
    "charset", ["punycode", "unicode_escape", "utf-7", "undefined", "idna", "utf-16", "latin-1", ""]
)
def test_no_other_codec_can_be_chosen(kind: str, charset: str) -> None:
    # With punycode a megabyte would take a minute, if it was decoded at all.
    with pytest.raises(ParameterError) as caught:
        read_form(f"{kind}; charset={charset}", parts(b'name="a"\r\n\r\n' + b"a" * 1_000_000))
    assert caught.value.field == "Content-Type"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (PAIRS, b"a=\xff"),
        (PAIRS, b"a=%ff"),
        (PAIRS, b"&".join([b"a=1"] * (MAX_FIELDS + 1))),
        (PARTS, parts(b'name="a"\r\n\r\n\xff')),
        (PARTS, parts(b'name="\xff"\r\n\r\n')),
        (PARTS, parts(b"filename=a\r\n\r\nx")),
        (PARTS, parts(*[b'name="a"\r\n\r\n1'] * (MAX_FIELDS + 1))),
        (PARTS, b"no form"),
        ("multipart/form-data", parts(b'name="a"\r\n\r\n1')),
        (f"multipart/form-data; boundary={'b' * 300}", b"x"),
    ],
)
def test_a_broken_form_is_refused_by_name(kind: str, body: bytes) -> None:
    with pytest.raises(ParameterError) as caught:
        read_form(kind, body)
    assert caught.value.field == "body"


def test_what_is_no_form_has_no_fields() -> None:
    assert read_form("application/json", b'{"a": 1}') == Form()
    assert read_form("", b"a=1") == Form()


@given(
    kind=st.sampled_from([PAIRS, PARTS, "multipart/form-data; boundary=", "multipart/form-data;boundary=\xff"]),
    options=st.text(st.characters(max_codepoint=255), max_size=40),
    body=st.lists(st.sampled_from([b"--b", b"--b--", b"\r\n", b"name=", b'"', b"\xff", b":", b"a", b"\0", b"&", b"%"])),
)
def test_nothing_but_errors_of_the_catalogue_come_out(kind: str, options: str, body: list[bytes]) -> None:
    try:
        form = read_form(kind + options, b"".join(body))
    except ParameterError:
        return
    assert isinstance(form, Form)
