"""
The settings of one process: read once at start, frozen, each with its unit and default.

Sources, strongest first: environment (`VODPULL_…`), `vodpull.toml` in the data folder, the default here.
Parts of vodpull receive values, never this object; only `app` and `cli` import it.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from limits import parse
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from vodpull.errors import ConfigurationError

CommaList = Annotated[tuple[str, ...], NoDecode]

FILE_NAME = "vodpull.toml"
"""Below the data folder."""

MAX_SHOWN_CHARACTERS = 80
"""Of a value in an error."""

OTHER_VARIABLES = ("VODPULL_SERVER",)
"""Of commands that call a service."""

_OF_KUBERNETES = re.compile(r"VODPULL_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT\w*|PORT(?:_\d+\w*)?)")
"""What it tells every container of a service named vodpull."""

DEFAULT_MAX_SOURCE_BYTES = 200 * 1024**3

COMPAT_SWITCHES = ("timestamp-string", "trans-no-strict", "notify-200-only", "category-data-list", "ignore-dir-id")

_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::[0-9]{1,5})?")

DEFAULT_SOURCE_RETRIES = (
    "1m 5m 15m 1h 3h 6h 12h",
    "name_not_resolved=1m 5m 15m 1h",
    "origin_failed=1m 5m 15m 1h 3h",
    "body_incomplete=1m 5m 15m 1h",
    "source_changed=1m 5m 15m",
)


class Settings(BaseSettings):
    """Every setting of a vodpull process."""

    model_config = SettingsConfigDict(env_prefix="VODPULL_", frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Path("vodpull-data")
    """Folder that keeps everything of the embedded mode: database, stored videos, work files."""
    database_url: SecretStr = SecretStr("")
    """`postgresql://user:pw@host/db` to scale out; empty: a SQLite file in the data folder."""
    storage_url: str = ""
    """`s3://bucket/prefix`, `gs://…`, `az://…` or `file:///dir`; empty: a folder in the data folder."""
    public_url: str = ""
    """Base of the links that are shown to people; empty: the bind address."""
    publish_domains: CommaList = ()
    """Domains that serve stored files at their root over https, the default first; empty: `/media/` of the service."""
    trusted_origins: CommaList = ()
    """Exact origins (scheme, host, port) that sources and notify URLs may use although their address is private."""
    trusted_notify_origins: CommaList = ()
    """Such origins for notify URLs, instead of those of `VODPULL_TRUSTED_ORIGINS`; empty: the same."""
    allow_networks: CommaList = ()
    """CIDR ranges (a LAN) that are allowed; loopback, link-local and metadata addresses stay refused."""
    origin_credentials: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """What single origins want: comma list of `https://host=Bearer xyz`, `…=Basic user:pw` or `…=X-Key: v`."""
    source_stores: CommaList = ()
    """Stores and folders that sources may be read from: comma list of `name=s3://bucket` or `name@account=file:///dir`."""
    source_retries: CommaList = DEFAULT_SOURCE_RETRIES
    """Waits before a source is asked again after an error that may pass: `1m 5m 1h`, then per error; empty: none."""
    host_connections: Annotated[int, Field(ge=1)] = 8
    """Connections to one host at once, by all processes together."""
    host_requests_per_s: Annotated[float, Field(gt=0)] = 100.0
    """Requests to one host per second, by all processes together; a host that answers 429 or 503 gets fewer."""
    default_template: str = "abr"
    """Template of a request without `cmd` and `workflowId`; `original` stores only."""
    template_aliases: CommaList = ()
    """Other names of templates: comma list of `old name or id=template`; they go before the templates' own names."""
    encode_slots: Annotated[int, Field(ge=1, le=256)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Encodes that this process runs at once; default: the number of cores."""
    grace_s: Annotated[float, Field(ge=0)] = 8.0
    """Time that a process which is told to end gives to steps under way, in seconds; the rest is done by others."""
    fetch_slots: Annotated[int, Field(ge=1, le=1000)] = 8
    """Downloads that this process runs at once."""
    min_free_bytes: Annotated[int, Field(ge=0)] = 1024**3
    """Free disk, in bytes, below which no fetch begins and the service is not ready; default 1 GiB."""
    max_backlog: Annotated[int, Field(ge=1)] = 32
    """Fetched videos that may wait for an encoder before fetching pauses."""
    max_source_bytes: Annotated[int, Field(ge=1)] = DEFAULT_MAX_SOURCE_BYTES
    """Largest source that is fetched, in bytes; default 200 GiB."""
    min_source_bytes_per_s: Annotated[int, Field(ge=1)] = 8192
    """Slowest rate of a source, averaged over 60 s of waiting, in bytes per second; a slower one is given up."""
    max_segments: Annotated[int, Field(ge=1)] = 100_000
    """Most segments of an HLS source, its sound included: 12 hours of 2 s are 21,600 of each."""
    max_playlist_bytes: Annotated[int, Field(ge=1)] = 64 * 1024**2
    """Largest HLS playlist that is read, in bytes; default 64 MiB."""
    retention_days: Annotated[float, Field(ge=0)] = 0.0
    """Days after its end at which a task is deleted with its files; 0: kept until somebody deletes it."""
    account_quota_bytes: Annotated[int, Field(ge=0)] = 0
    """Stored bytes, segments included, at which an account's next task is refused; 0: no quota."""
    playback: Literal["public", "signed"] = "public"
    """`signed`: nothing plays without a token. An account, a template and a video may say otherwise."""
    upload_token_hours: Annotated[float, Field(gt=0, le=24 * 365)] = 24.0
    """Life of an upload token, in hours."""
    upload_rate_limit: str = "6000/minute"
    """Requests of uploads per account and all processes, in the notation of `limits`; `0` switches it off."""
    max_open_uploads: Annotated[int, Field(ge=0)] = 1000
    """Unfinished uploads that an account may have; 0: any number."""
    max_duration_s: Annotated[float, Field(gt=0)] = 12 * 3600
    """Longest video that is encoded, in seconds; default 12 hours."""
    ffmpeg_path: str = ""
    """FFmpeg program to use; empty: the one that the installation brought."""
    sandbox: Literal["auto", "require", "off"] = "auto"
    """`auto`: bubblewrap where it works, else resource limits and a warning; `require`: refuse to start without it."""
    rate_limit: str = "300/5 minutes"
    """Calls per access key and all processes, in the notation of the library `limits`; `0` switches it off."""
    master_key: SecretStr = SecretStr("")
    """Encrypts access-key secrets at rest; empty: a file made in the data folder at first start."""
    access_key: str = ""
    """Access key of the commands that call a service; empty: the data folder's own."""
    secret_key: SecretStr = SecretStr("")
    """Secret of `VODPULL_ACCESS_KEY`."""
    language: Literal["zh", "en"] = "zh"
    """Language of `message` in replies."""
    compat: CommaList = ()
    """Compatibility switches: `timestamp-string`, `trans-no-strict`, `notify-200-only`, `category-data-list`,
    `ignore-dir-id`."""
    wire_time_zone: Annotated[str, Field(pattern=r"^[+-](0[0-9]|1[0-4]):[0-5][0-9]$")] = "+08:00"
    """Zone of times without one in requests and replies of the wire contract, as an offset from UTC."""
    oidc_issuer: str = ""
    """Issuer URL of the OpenID Connect provider for operators, with https or of a trusted origin; empty: none."""
    oidc_client_id: str = ""
    """Client id of vodpull at the provider."""
    oidc_client_secret: SecretStr = SecretStr("")
    """Its secret; empty: a public client, by PKCE alone."""
    oidc_roles: CommaList = ()
    """Who gets in, and as what: comma list of `ada@example.com=owner`, `@example.com=viewer`, `group:NAME=operator`,
    `sub:ID=viewer`; the highest role counts. Operators whom an owner has invited by their address get in without."""
    oidc_scopes: str = "openid email profile"
    """Scopes that are asked for, with blanks between; some providers want `groups` for groups."""
    oidc_groups_claim: str = "groups"
    """Claim that names somebody's groups."""
    audit_days: Annotated[float, Field(ge=0)] = 365.0
    """Days that the lines of the audit log are kept; 0: for ever."""
    log_format: Literal["console", "json"] = "console"
    """Form of the log lines on stderr."""
    max_connections: Annotated[int, Field(ge=16, le=100_000)] = 1000
    """HTTP connections open at once; a quarter of them from one address. Fewer where descriptors are scarce."""
    trusted_proxies: CommaList = ()
    """Addresses or CIDR ranges of proxies before the service: their `X-Forwarded-For` and `-Proto` are believed."""
    metrics_token: SecretStr = SecretStr("")
    """What a scraper of `/metrics` must send as a bearer token; empty: the page is open, as the health pages are."""
    otlp_endpoint: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """Base URL of the OpenTelemetry collector that traces go to (needs the extra `otel`); empty: no traces."""

    @field_validator(
        "template_aliases",
        "publish_domains",
        "trusted_origins",
        "trusted_notify_origins",
        "allow_networks",
        "compat",
        "origin_credentials",
        "source_retries",
        "source_stores",
        "trusted_proxies",
        "oidc_roles",
        mode="before",
    )
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("compat")
    @classmethod
    def _known_switches(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = set(value) - set(COMPAT_SWITCHES)
        if unknown:
            msg = f"unknown switch {min(unknown)!r}; known are {', '.join(COMPAT_SWITCHES)}"
            raise ValueError(msg)
        return value

    @field_validator("publish_domains")
    @classmethod
    def _plain_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        domains = tuple(domain.lower() for domain in value)
        for domain in domains:
            if not _DOMAIN.fullmatch(domain):
                msg = f"{domain!r} is no domain name; write it without scheme and path"
                raise ValueError(msg)
        return domains

    @field_validator("template_aliases")
    @classmethod
    def _named_aliases(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for alias in value:
            name, _, template = alias.rpartition("=")
            if not (name.strip() and template.strip()):
                msg = f"{alias!r} is not of the form `old name=template`"
                raise ValueError(msg)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _readable_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in value:
            ip_network(proxy, strict=False)  # raises ValueError in words of its own
        return value

    @field_validator("rate_limit", "upload_rate_limit")
    @classmethod
    def _readable_limit(cls, value: str) -> str:
        if value.strip() in {"", "0"}:
            return ""
        parse(value)  # raises ValueError in words of its own
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - part of the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - part of the library's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment before `vodpull.toml` of the data folder."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=_file(init_settings().get("data_dir")))
        return init_settings, env_settings, toml

    def database(self) -> str:
        """Return the SQLAlchemy URL of the database, password included: never log it."""
        url = self.database_url.get_secret_value()
        if not url:
            return f"sqlite:///{self.data_dir.resolve() / 'vodpull.db'}"
        scheme, _, rest = url.partition("://")
        if scheme in {"postgresql", "postgres"}:
            return f"postgresql+psycopg://{rest}"
        return url

    def names_its_place(self) -> bool:
        """Return True when it is said, or can be seen, where the installation is: nobody stumbled in here."""
        return bool({"data_dir", "database_url"} & self.model_fields_set) or self.data_dir.exists()

    def storage(self) -> str:
        """Return the URL of the object store."""
        return self.storage_url or (self.data_dir.resolve() / "media").as_uri()


def _file(data_dir: object) -> Path:
    """Return where the file of settings is, or would be."""
    return Path(str(data_dir or os.environ.get("VODPULL_DATA_DIR") or "vodpull-data")) / FILE_NAME


def load_settings(**overrides: object) -> Settings:
    """
    Return the settings of this process; `overrides` (from the command line) win over everything.

    Raises:
        ConfigurationError: a value or the file of settings cannot be used; `field` names the variable or the file.
    """
    try:
        settings = Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
        _check_names(_file(overrides.get("data_dir")))
    except ValidationError as error:
        raise _refused(error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        remedy = 'Write lines such as `fetch_slots = 4` or `language = "en"`: text in quotes, numbers without.'
        path = _file(overrides.get("data_dir"))
        raise ConfigurationError(f"{path} cannot be read: {error}", field=FILE_NAME, remedy=remedy) from error
    except OSError as error:
        why = f"{error.filename} cannot be read: {error.strerror}"
        raise ConfigurationError(why, field=FILE_NAME, remedy="Let this user read it (chown, chmod).") from error
    return settings


def unknown_variables() -> dict[str, str]:
    """Return the variables `VODPULL_…` that nothing reads, each with the one that was probably meant, if any."""
    known = [f"VODPULL_{name.upper()}" for name in Settings.model_fields] + list(OTHER_VARIABLES)
    strange = (name for name in os.environ if name.startswith("VODPULL_") and name not in known)
    return {name: _nearest(name, known) for name in sorted(strange) if not _OF_KUBERNETES.fullmatch(name)}


def _check_names(file: Path) -> None:
    """Refuse what is misspelt, which would count for nothing without a word."""
    known = [field.validation_alias or name for name, field in Settings.model_fields.items()]
    for key in tomllib.loads(file.read_text()) if file.is_file() else ():
        if key not in known:
            meant = _nearest(key.lower().removeprefix("vodpull_"), map(str, known))
            all_of_them = "Remove it; docs/reference/settings.md has them all."
            remedy = f"Write {meant} instead, or remove it." if meant else all_of_them
            raise ConfigurationError(f"{file}: {key} is no setting", field=key, remedy=remedy)
    for name, meant in unknown_variables().items():
        if meant:
            raise ConfigurationError(
                f"{name} is no setting", field=name, remedy=f"Set {meant} instead, or unset {name}."
            )


def _nearest(name: str, known: Iterable[str]) -> str:
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.85)), "")


def _refused(error: ValidationError) -> ConfigurationError:
    """Return the first value that cannot be used, shown unless it is a secret, and where it stands."""
    first = error.errors(include_url=False)[0]
    member = "_".join(str(part) for part in first["loc"][:1])
    name = member if member.isupper() else f"VODPULL_{member}".upper()
    hidden = "SecretStr" in str(Settings.model_fields[member.lower()].annotation) if name != member else False
    value = "" if hidden else f" is {str(first['input'])[:MAX_SHOWN_CHARACTERS]!r}"
    place = "" if name in os.environ else f" ({member} in {FILE_NAME})"
    return ConfigurationError(f"{name}{place}{value}: {first['msg']}", field=name)
