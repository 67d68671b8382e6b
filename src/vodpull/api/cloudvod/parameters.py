"""From the bytes of a request to named values: lenient about form. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from vodpull.api.cloudvod.lenient_json import decoded, read_json
from vodpull.errors import ParameterError
from vodpull.request_signing import SignedRequest
from vodpull.wire_values import read_number

MAX_PARAMETERS = 200
"""Most parameters of a form or query; the contract knows 13 at most."""

Parameters = Mapping[str, Any]

FORM_TYPE = "application/x-www-form-urlencoded"


def parameters_of(signed: SignedRequest) -> dict[str, Any]:
    """Return the parameters of a signed call; raises as `read_parameters`."""
    return read_parameters(
        method=signed.method,
        content_type=signed.headers.get("content-type", ""),
        body=signed.body,
        query=signed.query,
    )


def read_parameters(*, method: str, content_type: str, body: bytes, query: str) -> dict[str, Any]:
    """
    Return the parameters of a call by name; of a repeated name the last value.

    A GET has them in the query, every other method in the body: a form, or else JSON, whose keys may lack their
    quotes. An empty body has no parameters. The size of the body is the caller's to limit.

    Raises:
        ParameterError: not readable; `field` is `body` or `query`.
    """
    if method == "GET":
        return _read_form(query, "query")
    text = decoded(body, "body")
    if content_type.partition(";")[0].strip().lower() == FORM_TYPE:
        return _read_form(text, "body")
    parameters = read_json(text, "body") if text.strip() else {}
    if not isinstance(parameters, dict):
        raise ParameterError("body is not a JSON object", field="body")
    return parameters


def _read_form(text: str, field: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError as error:
        raise ParameterError(f"{field} is not UTF-8", field=field) from error
    except ValueError as error:
        raise ParameterError(f"{field} has more than {MAX_PARAMETERS} parameters", field=field) from error
    return dict(pairs)


def text_of(value: object, field: str) -> str:
    """Return a text parameter, empty when it is not given; whole numbers are taken as their digits."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ParameterError(f"{field} is not a string", field=field)
    if "\0" in value:  # databases refuse it, so nothing that carries it can be kept
        raise ParameterError(f"{field} contains a NUL character", field=field)
    return value


def flag_of(parameters: Parameters, field: str, *, default: bool) -> bool:
    """Return a yes or no in any of its forms; not given it is the default."""
    value = parameters.get(field)
    text = str(value).lower() if isinstance(value, bool) else text_of(value, field).strip().lower()
    if not text:
        return default
    if text not in _FLAGS:
        raise ParameterError(f"{field} is neither 0 nor 1", field=field)
    return _FLAGS[text]


_FLAGS = {"0": False, "1": True, "false": False, "true": True}


def number_of(parameters: Parameters, field: str, *, default: int, allowed: range) -> int:
    """Return a whole number in a range; not given it is the default, whether that is in the range or not."""
    text = text_of(parameters.get(field), field).strip()
    if not text:
        return default
    number = read_number(text)
    if number is None or number not in allowed:
        raise ParameterError(f"{field} is not a whole number from {allowed[0]} to {allowed[-1]}", field=field)
    return number


def entries_of(value: object, field: str) -> list[dict[str, Any]] | None:
    """Return a list of objects in any of its forms: JSON, text of JSON, base64 of that. None: it is not given."""
    if value is None or value == "":
        return None
    entries = value if isinstance(value, list) else decode_list(text_of(value, field).strip(), field)
    if not isinstance(entries, list):
        raise ParameterError(f"{field} is not a JSON array", field=field)
    if not all(isinstance(entry, dict) for entry in entries):
        raise ParameterError(f"{field} has an entry that is not an object", field=field)
    return entries


def decode_list(text: str, field: str) -> Any:
    """Return the value of a JSON array's text, or of base64 of one in any dialect of real clients."""
    if text.startswith("["):
        return read_json(text, field)
    # Line breaks come from encoders that wrap; a blank is a `+` that went through form decoding.
    letters = re.sub(r"[\r\n]", "", text).replace(" ", "+").translate(_STANDARD_ALPHABET).rstrip("=")
    try:
        data = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except ValueError as error:
        raise ParameterError(f"{field} is not base64", field=field) from error
    return read_json(decoded(data, field), field)


_STANDARD_ALPHABET = str.maketrans("-_", "+/")
