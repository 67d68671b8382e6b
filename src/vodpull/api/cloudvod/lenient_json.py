"""JSON as clients of the wire contract write it: its keys may lack their quotes. Pure."""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import Any

from vodpull.errors import ParameterError

MAX_DEPTH = 32
"""Deepest nesting of objects and arrays; the contract needs 3."""


def read_json(text: str, field: str) -> Any:
    """Return the value of a JSON text, read strictly first, then once more with bare keys put in quotes."""
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise ParameterError(f"{field} is nested deeper than {MAX_DEPTH} levels", field=field)
    try:
        return _loads_strict(text)
    except ValueError:
        pass
    try:
        return _loads_strict(_quote_bare_keys(text))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ParameterError(f"{field} is not valid JSON near {where}", field=field) from error
    except ValueError as error:
        raise ParameterError(f"{field} is not valid JSON", field=field) from error


def _loads_strict(text: str) -> Any:
    value = _STRICT.decode(text)
    if "\\u" in text:
        # Escapes can spell half a character, which cannot be stored or sent on: encoding it raises a ValueError.
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _finite_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("number out of range")
    return number


_STRICT = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite_float)

# A string, closed or cut off by the end. Possessive, so that hostile text costs one pass.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_BRACKET = re.compile(rf"{_STRING}|(?P<open>[\[{{])|(?P<close>[\]}}])", re.DOTALL)
# Always takes the whole word, key or not: looking ahead from every letter of a long word would take its square.
_WORD = re.compile(rf"{_STRING}|(?P<word>[A-Za-z_$][\w$]*+)(?P<colon>\s*+:)?", re.DOTALL | re.ASCII)


def _depth(text: str) -> int:
    deepest = depth = 0
    for found in _BRACKET.finditer(text):
        if found["open"]:
            depth += 1
            deepest = max(deepest, depth)
        elif found["close"]:
            depth -= 1
    return deepest


def _quote_bare_keys(text: str) -> str:
    """Put quotes around every word before a colon, outside strings: `{taskId:"x"}` is seen from real clients."""
    return _WORD.sub(lambda found: f'"{found["word"]}"{found["colon"]}' if found["colon"] else found[0], text)


def decoded(data: bytes, field: str) -> str:
    """Return the text of bytes, which are UTF-8."""
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()  # some editors and clients put a byte order mark first
    except UnicodeDecodeError as error:
        raise ParameterError(f"{field} is not UTF-8", field=field) from error
