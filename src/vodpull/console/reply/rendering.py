"""Templates to replies: one environment per language, and the filters that make hostile text harmless."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache, partial
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.responses import HTMLResponse

from vodpull.console.byte_sizes import KILO, as_bytes
from vodpull.console.reply.assets import asset_version
from vodpull.console.request.translation import LANGUAGES, Language, retell, say_in
from vodpull.console.request.visit import Visit
from vodpull.errors import VodpullError

MINUTE_S = 60
HOUR_S = 3600


class Pages:
    """Renders the templates of the package."""

    def __init__(self) -> None:
        self._environments = {language: _environment(language) for language in LANGUAGES}

    def part(self, visit: Visit, template: str, **values: Any) -> str:
        """Return a template as text, with what every page knows of its visitor."""
        return (
            self._environments[visit.language]
            .get_template(template)
            .render(visit=visit, root=visit.root, language=visit.language, **values)
        )

    def page(self, visit: Visit, template: str, *, status: int = HTTPStatus.OK, **values: Any) -> HTMLResponse:
        """Return a template as a reply."""
        return HTMLResponse(self.part(visit, template, **values), status_code=status)

    def notice(self, visit: Visit, text: str) -> HTMLResponse:
        """Return the line that tells what an action did, for a page that stays."""
        return self.page(visit, "notice.html", text=text)

    def failure(self, visit: Visit, error: VodpullError, *, status: int) -> HTMLResponse:
        """Return what went wrong and what to do: a line for a page that stays, else a page."""
        if visit.wants_part:  # shown where it was asked for, so it must not look like a failed request
            return self.page(visit, "notice.html", text="", error=error)
        return self.page(visit, "error.html", status=status, error=error)


@cache  # it compiles each template once, whatever the number of consoles in a process
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    say = say_in(language)
    translations: Any = environment  # the extension adds methods that the library's types do not know
    translations.install_gettext_callables(
        say, lambda one, many, count: say(one if count == 1 else many), newstyle=True
    )
    environment.filters.update(
        as_bytes=as_bytes, as_rate=as_rate, as_bitrate=as_bitrate, as_span=as_span, as_time=as_time
    )
    environment.filters.update(
        visible=visible, lines=lines, web_link=web_link, say=say, retell=partial(retell, say=say)
    )
    environment.globals["version_of"] = asset_version
    return environment


@cache
def _source(name: str) -> str:
    return (files("vodpull.console") / "templates" / name).read_text(encoding="utf-8")


def as_rate(bytes_per_s: float | None) -> str:
    """Return a speed."""
    return "—" if bytes_per_s is None else f"{as_bytes(bytes_per_s)}/s"


def as_bitrate(bits_per_s: float) -> str:
    """Return a bitrate as people name it."""
    return f"{bits_per_s / 1e6:.2f} Mbit/s" if bits_per_s >= KILO**2 else f"{bits_per_s / KILO:.0f} kbit/s"


def as_span(seconds: float | None) -> str:
    """Return a duration: `0.8 s`, `12 s`, `2:05`, `1:02:03`."""
    if seconds is None:
        return "—"
    if seconds < MINUTE_S:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004 - two digits are enough
    whole = round(seconds)
    minutes = f"{whole % HOUR_S // MINUTE_S:02d}:{whole % MINUTE_S:02d}"
    return f"{whole // HOUR_S}:{minutes}" if whole >= HOUR_S else minutes.removeprefix("0")


def as_time(unix_ms: int | None) -> str:
    """Return a time of day, in UTC."""
    return "—" if unix_ms is None else f"{datetime.fromtimestamp(unix_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


# Control characters, and those that turn the direction of writing: `gpj.exe` must not look like `exe.jpg`.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def visible(text: str) -> str:
    """Return hostile text with a mark in place of every character that hides or moves others."""
    return _UNSEEN.sub("\ufffd", text)


def lines(text: str) -> str:
    """Return hostile text of several lines, made harmless in the same way."""
    return "\n".join(map(visible, text.replace("\t", " ").splitlines()))


def web_link(url: str) -> str:
    """Return a URL that a link may have, or nothing: only http and https, never a script."""
    return url if re.match(r"https?://", url, re.IGNORECASE) and not _UNSEEN.search(url) else ""
