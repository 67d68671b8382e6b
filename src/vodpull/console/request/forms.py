"""Reading forms, as UTF-8 only: no stranger chooses a codec, as some take quadratic time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from vodpull.errors import ParameterError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_OPEN_FORM_BYTES = 16 * 1024
"""Of a form that anybody may send: a password, a choice of language."""

MAX_FIELDS = 200
MAX_FILE_BYTES = 2 * 1024 * 1024
"""As a body may have; fifty URLs of full length are a twentieth of it."""

MAX_CONTENT_TYPE_CHARACTERS = 1024

UTF_8 = (b"utf-8", b"utf8")


@dataclass(frozen=True, kw_only=True)
class Form:
    """What somebody filled in."""

    fields: tuple[tuple[str, str], ...] = ()
    """In the order of the form; a name may come twice."""
    file: tuple[str, bytes] = ("", b"")
    """Name and content of the file in the field `file`."""


def read_form(content_type: str, body: bytes) -> Form:
    """
    Return what a form contains; of another type than browsers send: nothing. Takes time in proportion to the body.

    Raises:
        ParameterError: the form claims to be, or is, something else than UTF-8; or it is broken, or too large.
    """
    kind, options = parse_options_header(content_type[:MAX_CONTENT_TYPE_CHARACTERS])
    if options.get(b"charset", b"utf-8").lower() not in UTF_8:
        raise ParameterError("forms are read as UTF-8 only", field="Content-Type")
    if kind == b"application/x-www-form-urlencoded":
        return Form(fields=_read_pairs(body))
    if kind == b"multipart/form-data":
        return _read_parts(options.get(b"boundary", b""), body)
    return Form()


def _read_pairs(body: bytes) -> tuple[tuple[str, str], ...]:
    text = _text(body)
    try:
        return tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"))
    except UnicodeDecodeError as error:
        raise ParameterError("the form is not UTF-8", field="body") from error
    except ValueError as error:
        raise ParameterError(f"the form has more than {MAX_FIELDS} fields", field="body") from error


def _read_parts(boundary: bytes, body: bytes) -> Form:
    parts = _MultipartReader()
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise ParameterError("the form cannot be read", field="body") from error
    fields = tuple((name, _text(content)) for name, file_name, content in parts.found if file_name is None)
    files = (
        (file_name, content[:MAX_FILE_BYTES])
        for name, file_name, content in parts.found
        if name == "file" and file_name is not None
    )
    return Form(fields=fields, file=next(files, ("", b"")))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParameterError("the form is not UTF-8", field="body") from error


class _MultipartReader:
    """Collects the parts of a multipart form: the name of the field, that of its file if it has one, and the bytes."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str | None, bytes]] = []
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._content = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": lambda data, start, end: self._content.extend(data[start:end]),
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._disposition, self._content = b"", bytearray()

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = bytes(value)
        self._header = (bytearray(), bytearray())

    def _end(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options or len(self.found) >= MAX_FIELDS:
            raise FormParserError
        file_name = _text(options[b"filename"]) if b"filename" in options else None
        self.found.append((_text(options[b"name"]), file_name, bytes(self._content)))
