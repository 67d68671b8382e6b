"""The exceptions of an operator, as settings say them: trusted origins, allowed networks, our own URL. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_network

from vodpull.errors import ConfigurationError, UrlInvalid
from vodpull.fetch.guard.addresses import Network, is_metadata
from vodpull.fetch.guard.url_form import HOST_NAME, literal_of, origin_of, parse_url

_BLANK_OR_CONTROL = re.compile(r"[\s\x00-\x20\x7f-\x9f\ud800-\udfff]")


def parse_origin(text: str, *, field: str) -> tuple[str, str, int | None]:
    """
    Return an origin that the setting `field` names.

    Raises:
        ConfigurationError: it is none, or can never be allowed.
    """
    scheme, _, authority = text.partition("://")
    if set(authority) & set("/?#@\\*") or _BLANK_OR_CONTROL.search(text):
        raise ConfigurationError(f"{field}: an origin is exactly scheme://host or scheme://host:port", field=field)
    try:
        url = parse_url(f"{scheme}://{authority}")
        literal = literal_of(url.raw_host or "")
    except UrlInvalid as error:
        raise ConfigurationError(f"{field}: {error}", field=field) from error
    if literal is not None and (is_metadata(literal) or str(literal) != url.raw_host):
        raise ConfigurationError(f"{field}: {literal} is refused always, or not in its plain form", field=field)
    if not url.port or (literal is None and not HOST_NAME.fullmatch(url.raw_host or "")):
        raise ConfigurationError(f"{field}: no valid host and port in an entry", field=field)
    return origin_of(url)


def parse_trusted(text: str, setting: str) -> tuple[str, str, int | None]:
    """
    Return an origin that is trusted, as the setting of this name says.

    Raises:
        ConfigurationError: as `parse_origin`, with what to write.
    """
    try:
        return parse_origin(text, field=setting)
    except ConfigurationError as error:
        shown = "an entry with @" if "@" in text else repr(text)  # never a password
        remedy = "Write scheme, host and port alone, such as http://nas.local:9000; several are parted by commas."
        raise ConfigurationError(f"{error} ({shown})", field=error.field, remedy=remedy) from error


def host_of(own_url: str) -> str:
    """
    Return the host of the URL that this service is reached by.

    Raises:
        ConfigurationError: it is no URL of the web.
    """
    field = "VODPULL_PUBLIC_URL"
    try:
        return (parse_url(own_url).raw_host or "").removesuffix(".")
    except UrlInvalid as error:
        raise ConfigurationError(f"{field}: {error}", field=field) from error


def parse_network(text: str) -> Network:
    """
    Return a network that connections may go to.

    Raises:
        ConfigurationError: it is no range.
    """
    field = "VODPULL_ALLOW_NETWORKS"
    try:
        network = ip_network(text.strip())
    except ValueError as error:
        why = f"{field}: {text!r} is not a CIDR range"
        remedy = "Write ranges such as 192.168.0.0/16 or fd00::/8, parted by commas, with zeros behind the prefix."
        raise ConfigurationError(why, field=field, remedy=remedy) from error
    return network
