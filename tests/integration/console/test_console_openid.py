"""Sign-in by OpenID Connect, with a provider that has sockets and signs its tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc.jwk import OctKey
from starlette.testclient import TestClient
from tests.integration.console.conftest import Console, mounted
from tests.services.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, new_key, running_openid

from vodpull.accounts.audit_log import AuditFilter
from vodpull.accounts.people.roles import Role
from vodpull.accounts.people.single_sign_on import SingleSignOn
from vodpull.accounts.people.single_sign_on_roles import read_rules
from vodpull.accounts.sealed_secrets import Vault
from vodpull.console import create_console
from vodpull.errors import AuthenticationError, PermissionDenied
from vodpull.oidc import Provider, bounded_http
from vodpull.oidc import provider as provider_module

pytestmark = pytest.mark.waits

VAULT = Vault("a master key for tests")
CALLBACK = "http://console.test/console/login/openid/callback"


@pytest.fixture
def openid() -> Iterator[OpenIdProvider]:
    with running_openid() as provider:
        yield provider


def sign_on(openid: OpenIdProvider, database: sa.Engine, *rules: str, secret: str = CLIENT_SECRET) -> SingleSignOn:
    provider = Provider(openid.url, client_id=CLIENT_ID, client_secret=secret)
    return SingleSignOn(database, VAULT, provider, rules=read_rules(rules), label="id.test")


def come_back(openid: OpenIdProvider, door: SingleSignOn, **changed: str) -> str:
    """Go to the provider and back, and return the operator's name."""
    begun = door.begin(CALLBACK, "")
    answer = dict(part.split("=") for part in openid.authorize(begun.url).partition("?")[2].split("&"))
    answer["iss"] = openid.url
    return door.finish(begun.sealed, answer | changed)[0]


def test_somebody_whom_a_rule_names_comes_in_with_its_role(
    console: Console, openid: OpenIdProvider, database: sa.Engine
) -> None:
    context = replace(console.context, single_sign_on=sign_on(openid, database, "@example.com=operator"))
    browser = TestClient(mounted(create_console(context)), base_url="http://console.test")
    assert "Log in with id.test" in browser.get("/console/login").text
    away = browser.get("/console/login/openid?next=library", follow_redirects=False)
    assert away.headers["location"].startswith(f"{openid.url}/authorize?")
    back = openid.authorize(away.headers["location"])
    reply = browser.get(back, follow_redirects=False)
    assert reply.headers["location"] == "/console/library"
    assert "ada@example.com" in browser.get("/console/library").text
    assert browser.get("/console/keys").status_code == 403
    assert browser.get(back).status_code == 403  # asked with once
    found = context.operators.find("ada@example.com")
    assert (found.role, found.is_external, found.has_password) == (Role.OPERATOR, True, False)
    page, _ = context.audit.page(AuditFilter(), limit=10)
    assert [(line.who, line.outcome) for line in reversed(page)] == [
        ("ada@example.com", "done"),
        ("", "not_authenticated"),
    ]


def test_without_a_provider_there_is_no_such_way(operator: Console) -> None:
    assert operator.browser.get("/console/login/openid").status_code == 404


def test_an_answer_in_another_browser_is_refused(openid: OpenIdProvider, database: sa.Engine) -> None:
    door = sign_on(openid, database, "@example.com=viewer")
    begun, other = door.begin(CALLBACK, ""), door.begin(CALLBACK, "")
    code, state = openid.authorize(begun.url).partition("code=")[2].partition("&")[0], "x"
    for sealed in ("", "x", other.sealed, VAULT.seal("{}")):
        with pytest.raises(AuthenticationError, match="another browser"):
            door.finish(sealed, {"state": state, "code": code})
    with pytest.raises(AuthenticationError, match="another identity provider"):
        come_back(openid, door, iss="https://evil.test")
    with pytest.raises(AuthenticationError, match="did not let you in"):
        come_back(openid, door, code="")


def test_a_code_of_another_request_is_refused_by_pkce_and_nonce(openid: OpenIdProvider, database: sa.Engine) -> None:
    door = sign_on(openid, database, "@example.com=viewer")
    stolen = openid.authorize(door.begin(CALLBACK, "").url).partition("code=")[2].partition("&")[0]
    with pytest.raises(AuthenticationError, match="invalid_grant"):
        come_back(openid, door, code=stolen)


BROKEN: list[dict[str, Any]] = [
    {"claims": {"nonce": "x"}},
    {"claims": {"nonce": None}},
    {"claims": {"aud": "another"}},
    {"claims": {"aud": [CLIENT_ID, "another"]}},
    {"claims": {"iss": "https://evil.test"}},
    {"claims": {"exp": 1}},
    {"claims": {"exp": None}},
    {"claims": {"sub": None}},
    {"claims": {"sub": "x" * 256}},
    {"signing_key": new_key()},
    {"header": {"alg": "HS256"}, "signing_key": OctKey.import_key(CLIENT_SECRET * 4)},
    {"metadata": {"issuer": "https://evil.test"}},
    {"metadata": {"token_endpoint": "http://127.0.0.1:1/token"}},
    {"metadata": {"jwks_uri": None}},
]


@pytest.mark.parametrize(
    "broken",
    BROKEN,
    ids=lambda lie: "-".join(
        f"{part}-{'-'.join(what) if isinstance(what, dict) else 'other'}" for part, what in lie.items()
    ),
)
def test_what_does_not_fit_lets_nobody_in(openid: OpenIdProvider, database: sa.Engine, broken: dict[str, Any]) -> None:
    for name, value in broken.items():
        setattr(openid, name, value)
    with pytest.raises(AuthenticationError):
        come_back(openid, sign_on(openid, database, "@example.com=viewer", "sub:17=viewer"))


def test_a_wrong_client_secret_is_named(openid: OpenIdProvider, database: sa.Engine) -> None:
    with pytest.raises(AuthenticationError, match="HTTP 400: invalid_client"):
        come_back(openid, sign_on(openid, database, "@example.com=viewer", secret="wrong"))


@pytest.mark.parametrize(
    ("person", "rules", "role"),
    [
        ({"sub": "17", "email": "Ada@Example.com", "email_verified": True}, ["ada@example.com=owner"], Role.OWNER),
        ({"sub": "17", "email": "ada@example.com", "email_verified": False}, ["@example.com=viewer"], None),
        ({"sub": "17", "email": "ada@example.com"}, ["@example.com=viewer"], None),
        ({"sub": "17", "email": "ada@evilexample.com", "email_verified": True}, ["@example.com=viewer"], None),
        ({"sub": "17", "groups": ["a", "video"]}, ["group:a=viewer", "group:video=operator"], Role.OPERATOR),
        ({"sub": "17", "groups": "video"}, ["group:video=operator"], Role.OPERATOR),
        ({"sub": "17"}, ["sub:17=viewer"], Role.VIEWER),
        ({"sub": "17"}, [], None),
    ],
)
def test_the_rules_say_who_comes_in(
    openid: OpenIdProvider,
    database: sa.Engine,
    console: Console,
    person: dict[str, Any],
    rules: list[str],
    role: Role | None,
) -> None:
    openid.person = person
    door = sign_on(openid, console.context.accounts._engine, *rules)
    if role is None:
        with pytest.raises(PermissionDenied, match="nobody lets this person in"):
            come_back(openid, door)
        return
    name = come_back(openid, door)
    assert console.context.operators.find(name).role is role


def test_an_address_that_only_userinfo_tells_counts(openid: OpenIdProvider, database: sa.Engine) -> None:
    openid.only_userinfo = True
    assert come_back(openid, sign_on(openid, database, "@example.com=viewer")) == "ada@example.com"


def test_an_invited_address_comes_in_and_stays_that_of_one_person(
    operator: Console, openid: OpenIdProvider, database: sa.Engine
) -> None:
    operator.context.operators.invite("ada@example.com", Role.OPERATOR)
    door = sign_on(openid, database)
    assert come_back(openid, door) == "ada@example.com"
    assert operator.context.operators.find("ada@example.com").role is Role.OPERATOR
    openid.person["sub"] = "18"
    with pytest.raises(PermissionDenied, match="somebody else's"):
        come_back(openid, door)
    openid.person |= {"sub": "17", "email": "married@example.com"}
    assert come_back(openid, door) == "ada@example.com"


def test_the_rules_change_the_role_of_known_people_but_never_of_the_last_owner(
    console: Console, openid: OpenIdProvider, database: sa.Engine
) -> None:
    operators = console.context.operators
    come_back(openid, sign_on(openid, database, "sub:17=owner"))
    come_back(openid, sign_on(openid, database, "sub:17=viewer"))
    assert operators.find("ada@example.com").role is Role.OWNER
    operators.choose_password(operators.invite("eve", Role.OWNER), "a long password")
    come_back(openid, sign_on(openid, database, "sub:17=viewer"))
    assert operators.find("ada@example.com").role is Role.VIEWER


def test_new_keys_of_the_provider_are_found(
    openid: OpenIdProvider, database: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = sign_on(openid, database, "@example.com=viewer")
    come_back(openid, door)
    openid.key = new_key()
    with pytest.raises(AuthenticationError, match="not for us"):
        come_back(openid, door)  # the old ones were read in this minute
    monkeypatch.setattr(provider_module, "AGAIN_S", 0.0)
    assert come_back(openid, door) == "ada@example.com"


def test_a_provider_that_says_too_much_or_nothing_is_given_up(
    openid: OpenIdProvider, database: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "MAX_BYTES", 100)
    with pytest.raises(AuthenticationError, match="too much"):
        sign_on(openid, database).begin(CALLBACK, "")
    gone = Provider("http://127.0.0.1:1", client_id="x", client_secret="")
    with pytest.raises(AuthenticationError, match="does not answer"):
        SingleSignOn(database, VAULT, gone, rules=(), label="x").begin(CALLBACK, "")


def test_a_browser_learns_nothing_of_what_is_kept_for_the_way_back(openid: OpenIdProvider, database: sa.Engine) -> None:
    door = sign_on(openid, database, "@example.com=viewer")
    begun = door.begin(CALLBACK, "")
    assert openid.url not in begun.sealed
    assert "code_challenge=" in begun.url
    assert CLIENT_SECRET not in begun.url
