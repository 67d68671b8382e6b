"""Which URLs are accepted, connections that can reach nothing else, and which credentials go to which origin."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, ip_address

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from vodpull.errors import UrlForbidden, UrlInvalid
from vodpull.fetch.guard.addresses import (
    Address,
    is_metadata,
    is_never_allowed,
    is_public,
    unmapped,
)
from vodpull.fetch.guard.cookies import CookieJar
from vodpull.fetch.guard.credential_settings import FIELD as CREDENTIALS_FIELD
from vodpull.fetch.guard.credential_settings import check_headers
from vodpull.fetch.guard.own_addresses import is_here
from vodpull.fetch.guard.repeated_length import tolerate_repeated_length
from vodpull.fetch.guard.trusted_origin_settings import host_of, parse_network, parse_origin, parse_trusted
from vodpull.fetch.guard.url_form import HOST_NAME, literal_of, origin_of, parse_url, verbatim
from vodpull.url_limits import MAX_URL_CHARACTERS, URL_CONTROL

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Turns a host name and port into addresses; raises OSError when there are none."""

# Of an answer: policies and cookies are longer than the client library's own limits. Together they bound its memory.
_MAX_FIELD_BYTES = (16 << 10) + 256
_MAX_FIELDS = 512
_WEB_PORTS = (80, 443)

# Of a reference, all before query and fragment.
_PATH = re.compile(r"[^?#]*")
# Names that mean an inner address on every machine, refused before the resolver is asked.
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_METADATA_NAMES = ("metadata.google.internal", "metadata.goog")

# Look-ups cannot be cancelled and a hostile name server answers late: they get threads of their own, so that they
# never hold up the threads that write files. More than the default number of downloads in flight.
_LOOKUP_THREADS = ThreadPoolExecutor(max_workers=16, thread_name_prefix="vodpull-lookup")


class AddressGuard:
    """
    Decides where this service may connect, for sources and for notifications alike.

    Two steps that belong together: `check_url` judges the text before any look-up, `session` (or `connector`) judges
    every address at the moment a socket is made. Holds no connection, so any event loop may use it.
    """

    def __init__(  # noqa: PLR0913 - all are optional
        self,
        *,
        trusted_origins: Iterable[str] = (),
        trusted_setting: str = "VODPULL_TRUSTED_ORIGINS",
        allow_networks: Iterable[str] = (),
        ports: Iterable[int] = _WEB_PORTS,
        lookup: Lookup | None = None,
        credentials: Mapping[str, Mapping[str, str]] | None = None,
        own_url: str = "",
    ) -> None:
        """
        Read the operator's exceptions.

        `trusted_origins` are exact (`http://127.0.0.1:9000`), open one private address on one port and are named by
        `trusted_setting` in errors;
        `allow_networks` are CIDR ranges. Neither opens link-local or metadata addresses. `lookup` replaces the DNS.
        `credentials` are headers by origin (see `parse_credentials`), sent by transfers to exactly that origin.
        `own_url` is where this service is reached from outside: its host is refused like every address of this
        machine, unless it is a trusted origin, so that nobody makes the service call itself.

        Raises:
            ConfigurationError: an entry is malformed or can never be allowed; `field` names its setting.
        """
        self._trusted = frozenset(parse_trusted(text, trusted_setting) for text in trusted_origins)
        self._trusted_setting = trusted_setting
        self._networks = tuple(parse_network(text) for text in allow_networks)
        self._ports = frozenset(ports)
        self._lookup = lookup or _look_up
        self._own_host = host_of(own_url) if own_url else ""
        check_headers(credentials or {})
        self._credentials = {
            parse_origin(text, field=CREDENTIALS_FIELD): dict(headers) for text, headers in (credentials or {}).items()
        }

    def check_url(self, url: str) -> yarl.URL:
        """
        Return the URL in the one form that is then connected to, without its fragment. No I/O.

        Raises:
            UrlInvalid: not an absolute http(s) URL, too long, user info, control characters, other port.
            UrlForbidden: its host is an address or a name that is refused.
        """
        url = url.strip(" ")
        if len(url) > MAX_URL_CHARACTERS:
            raise UrlInvalid(f"the URL is longer than {MAX_URL_CHARACTERS} characters")
        if URL_CONTROL.search(url):  # blanks are sent quoted, as browsers do
            raise UrlInvalid("the URL contains a control character")
        parsed = parse_url(url)
        self._check_port(parsed)
        self._check_host(parsed)
        return verbatim(parsed, url)

    def join(self, base: yarl.URL, reference: str) -> yarl.URL:
        """
        Return the checked URL that a redirect or a playlist names relative to `base`, read as browsers read it.

        Blanks around it do not count, those inside and other characters are quoted, a backslash in its path is a slash.

        Raises:
            UrlInvalid, UrlForbidden: as `check_url`.
        """
        reference = reference.strip(" \t")
        if URL_CONTROL.search(reference) or len(reference) > MAX_URL_CHARACTERS:
            raise UrlInvalid("the URL is too long, or contains a control character")
        path = _PATH.match(reference)
        slashed = reference if path is None else path[0].replace("\\", "/") + reference[path.end() :]
        try:
            joined = str(base.join(yarl.URL(slashed, encoded=True)))  # a port is first read when it is written
        except ValueError as error:
            raise UrlInvalid("the URL cannot be parsed") from error
        return self.check_url(joined)

    def connector(self, url: yarl.URL) -> aiohttp.TCPConnector:
        """
        Return a connector for the origin of one checked URL; call it inside a running loop, the caller closes it.

        A name is looked up anew for each connection. All its addresses must be allowed, or UrlForbidden is raised and
        nothing is connected; a socket is made for those addresses and that port only.
        """
        door = _Door(self, url, self._lookup)
        connector = aiohttp.TCPConnector(
            resolver=door,
            socket_factory=door.make_socket,
            use_dns_cache=False,
            keepalive_timeout=5,  # seconds: long enough between two segments, short enough to keep few sockets open
        )
        return tolerate_repeated_length(connector)

    def session(
        self, url: yarl.URL, *, timeout: aiohttp.ClientTimeout, cookies: CookieJar | None = None
    ) -> aiohttp.ClientSession:
        """
        Return a client session for the origin of one checked URL; the caller closes it (`async with`).

        No proxy, no cookies but those in a jar that is given, no credentials from the environment, no decompression.
        Redirects stay the caller's decision: pass `allow_redirects=False` and check each hop.
        """
        return aiohttp.ClientSession(
            connector=self.connector(url),
            timeout=timeout,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar() if cookies is None else cookies,
            max_field_size=_MAX_FIELD_BYTES,
            max_headers=_MAX_FIELDS,
            auto_decompress=False,
            read_bufsize=1 << 18,  # bytes: fewer wake-ups a gigabyte than the default 64 KiB
        )

    def credentials_for(self, url: yarl.URL) -> Mapping[str, str]:
        """Return the headers that the operator wants sent to the URL's origin; never to be logged."""
        return self._credentials.get(origin_of(url), {})

    def is_trusted(self, url: yarl.URL) -> bool:
        """Tell whether the operator listed the URL's origin."""
        return origin_of(url) in self._trusted

    def permits(self, address: Address, url: yarl.URL) -> bool:
        """Tell whether a connection for this URL may go to this address."""
        if is_metadata(address):
            return False
        if self.is_trusted(url):
            return True
        if is_never_allowed(address) or is_here(address):
            return False
        if is_public(address):
            return True
        address = unmapped(address)
        return any(address.version == network.version and address in network for network in self._networks)

    def _check_port(self, url: yarl.URL) -> None:
        if url.port not in self._ports and not self.is_trusted(url):
            allowed = " and ".join(str(port) for port in sorted(self._ports))
            raise UrlInvalid(
                f"port {url.port} is not allowed, only {allowed}; an operator can list the origin in "
                f"{self._trusted_setting}"
            )

    def _check_host(self, url: yarl.URL) -> None:
        host = url.raw_host or ""
        if host.removesuffix(".") == self._own_host and not self.is_trusted(url):
            raise UrlForbidden(f"{host} is this service itself")
        address = literal_of(host)
        if address is not None:
            if not self.permits(address, url):
                raise UrlForbidden(f"{address} is not an address that may be connected to")
            if "%" in host or (isinstance(address, IPv4Address) and str(address) != host):
                raise UrlInvalid("an IP address in a URL must be in its plain form")
            return
        if not HOST_NAME.fullmatch(host):
            raise UrlInvalid("the URL has no valid host name")
        name = host.removesuffix(".")
        if name in _METADATA_NAMES:
            raise UrlForbidden(f"{name} is a metadata service")
        if (name in _LOCAL_NAMES or name.endswith(".localhost")) and not self.is_trusted(url):
            raise UrlForbidden(f"{name} is this machine")


class _Door(AbstractResolver):
    """Resolver and socket maker of one connector: a socket is made only for what was resolved and found allowed."""

    def __init__(self, guard: AddressGuard, url: yarl.URL, lookup: Lookup) -> None:
        self._guard = guard
        self._url = url
        self._lookup = lookup
        literal = literal_of(url.raw_host or "")
        self._passed = {literal} if literal is not None and guard.permits(literal, url) else set[Address]()

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - part of the library's signature
    ) -> list[ResolveResult]:
        """Return every address of the host, or refuse the host if one of them is refused."""
        if host != self._url.raw_host:
            raise UrlForbidden(f"{host} is not the host of this connection")
        found = await self._lookup(host, port)
        if not found:
            raise OSError(socket.EAI_NONAME, "no address")
        addresses = {ip_address(text) for text in found}
        for address in addresses:
            if not self._guard.permits(address, self._url):
                raise UrlForbidden(f"{host} has the address {address}, which may not be connected to")
        self._passed |= addresses  # connections of one origin may be made at the same time
        return [
            ResolveResult(
                hostname=host,
                host=text,
                port=port,
                family=socket.AF_INET6 if ":" in text else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for text in found
        ]

    async def close(self) -> None:
        """Nothing is held open."""

    def make_socket(self, target: aiohttp.AddrInfoType) -> socket.socket:
        """Return a socket for an address that passed; the last word before a packet leaves."""
        family, kind, protocol, _, sockaddr = target
        if ip_address(str(sockaddr[0])) not in self._passed or sockaddr[1] != self._url.port:
            raise UrlForbidden(f"{sockaddr[0]} is not an address that may be connected to")
        return socket.socket(family, kind, protocol)


async def _look_up(host: str, port: int) -> Sequence[str]:
    def ask() -> list[str]:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in answers))

    return await asyncio.get_running_loop().run_in_executor(_LOOKUP_THREADS, ask)
