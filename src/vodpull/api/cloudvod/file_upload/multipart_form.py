"""A form with a file, read as it comes: fields are kept, the bytes of the file are handed on."""

from __future__ import annotations

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from vodpull.errors import UploadMalformed

MAX_FIELD_BYTES = 64 * 1024
MAX_PARTS = 100
MAX_HEADER_BYTES = 16 * 1024

FILE = "file"


class MultipartForm:
    """One multipart/form-data body."""

    def __init__(self, content_type: str) -> None:
        """
        Begin with the header that says where parts end.

        Raises:
            UploadMalformed: it is no form.
        """
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise UploadMalformed("the body is not multipart/form-data")
        self.fields: dict[str, str] = {}
        """Those that are whole; of two with one name the first."""
        self.is_whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._add_name,
                "on_header_value": self._add_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )
        self._parts = 0
        self._file: list[bytes] = []

    def feed(self, data: bytes) -> bytes:
        """
        Read more of the body, and return what of the file is in it.

        Raises:
            UploadMalformed: it cannot be read as a form.
        """
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise UploadMalformed("the form cannot be read") from error
        found, self._file = self._file, []
        return found[0] if len(found) == 1 else b"".join(found)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise UploadMalformed(f"the form has more than {MAX_PARTS} parts")
        self._name, self._header, self._value, self._data = "", b"", b"", bytearray()
        self._header_bytes = 0

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._header += self._counted(data[start:end])

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += self._counted(data[start:end])

    def _counted(self, data: bytes) -> bytes:
        self._header_bytes += len(data)
        if self._header_bytes > MAX_HEADER_BYTES:
            raise UploadMalformed("a part of the form has too long headers")
        return data

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._name = options.get(b"name", b"").decode(errors="replace")
        self._header = self._value = b""

    def _end_headers(self) -> None:
        self._is_file = self._name == FILE

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._file.append(data[start:end])
            return
        self._data += data[start:end]
        if len(self._data) > MAX_FIELD_BYTES:
            raise UploadMalformed(f"a field of the form has more than {MAX_FIELD_BYTES} bytes")

    def _end_part(self) -> None:
        if not self._is_file and self._name:
            self.fields.setdefault(self._name, self._data.decode(errors="replace"))

    def _end(self) -> None:
        self.is_whole = True
