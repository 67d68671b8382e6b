"""The text of a cue with the markup that WebVTT allows, and none beside it. Pure."""

from __future__ import annotations

import re

# What is between "<" and ">" by the way that WebVTT is read; a "<" without an end is a letter.
_TOKEN = re.compile(r"<[^<>]*>|&(?:amp|lt|gt|nbsp|lrm|rlm|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});|[&<>]")
_PLAIN = re.compile(r"</?(?:b|i|u|ruby|rt|c|v|lang)>", re.IGNORECASE)
_CLASSES = re.compile(r"<(b|i|u|ruby|rt|c|v|lang)((?:\.[A-Za-z0-9_-]{1,32}){1,8})>", re.IGNORECASE)
_VOICE = re.compile(r"<v(?:\.[A-Za-z0-9_-]{1,32}){0,8}[ \t\n]++([^<>]{1,200})>", re.IGNORECASE)
_LANG = re.compile(r"<lang[ \t]+([A-Za-z0-9-]{1,35})>", re.IGNORECASE)
_TIME = re.compile(r"<(?:[0-9]{2,4}:)?[0-5][0-9]:[0-5][0-9]\.[0-9]{3}>")
_BREAK = re.compile(r"<br[ \t]*+/?[ \t]*+>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>")
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff]")


def plain_cue(text: str) -> str:
    """
    Return a cue's text as WebVTT: known tags stay, all others go with what they say of themselves, their text stays.

    It ends no cue and begins none: no empty line, no arrow.
    """
    marked = _TOKEN.sub(lambda found: _token(found[0]), _CONTROLS.sub("", text))
    return "\n".join(line.rstrip() for line in marked.split("\n") if line.strip())


def escaped(text: str) -> str:
    """Return text in which nothing is markup."""
    return "".join(_ESCAPED.get(letter, letter) for letter in text)


def _token(token: str) -> str:
    if token in _ESCAPED:
        return _ESCAPED[token]
    if token.startswith("&") or _PLAIN.fullmatch(token) or _CLASSES.fullmatch(token) or _TIME.fullmatch(token):
        return token
    if _BREAK.fullmatch(token):
        return "\n"
    if voice := _VOICE.fullmatch(token):
        return f"<v {_annotation(voice[1])}>"
    if language := _LANG.fullmatch(token):
        return f"<lang {language[1]}>"
    return "" if _TAG.fullmatch(token) else "".join(_ESCAPED.get(letter, letter) for letter in token)


def _annotation(text: str) -> str:
    """Return the name of a voice: one line, of which nothing can be taken for anything else."""
    return " ".join(text.replace("&", "&amp;").split())
