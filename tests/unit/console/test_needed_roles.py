"""Who may call what of the console; that every route has a rule, the gate itself sees to when it makes them."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from vodpull.accounts.people.roles import Role, read_role
from vodpull.console.needed_roles import RULES, rule_of
from vodpull.errors import ParameterError

PAGES = Path(str(files("vodpull.console"))) / "pages"

ROUTES = {
    f"{ {'page': 'GET', 'live': 'GET', 'action': 'POST'}[kind] } {path}"
    for source in PAGES.rglob("*.py")
    for kind, path in re.findall(r'gate\.(page|live|action)\(\s*"([^"]+)"', source.read_text())
} | {
    f"{method} {path}"
    for source in PAGES.rglob("*.py")
    for method, path in re.findall(r'gate\.files\("(\w+)", "([^"]+)"', source.read_text())
}

OPEN = {"/setup", "/login", "/login/code", "/login/openid", "/login/openid/callback", "/preferences"}
"""Without a login: all that strangers may call."""

SILENT = {"POST /account/two-factor"}
"""Changes nothing yet: the enrolment counts once it is confirmed."""


def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    assert len(ROUTES) > 40
    assert set(RULES) == ROUTES


@pytest.mark.parametrize("route", sorted(RULES))
def test_strangers_may_call_what_lets_them_in_and_nothing_else(route: str) -> None:
    assert (RULES[route].least is None) == (route.partition(" ")[2] in OPEN)


@pytest.mark.parametrize("route", sorted(route for route in RULES if route.startswith(("POST", "DELETE"))))
def test_what_changes_something_is_not_for_viewers_and_is_in_the_audit_log(route: str) -> None:
    rule = RULES[route]
    if rule.least is None or route in SILENT:
        return
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", rule.action)
    is_own = route.startswith("POST /account/") or route == "POST /logout"
    assert (rule.least is Role.VIEWER) == is_own


@pytest.mark.parametrize("route", sorted(RULES))
def test_no_rule_tells_a_secret(route: str) -> None:
    assert not set(RULES[route].told) & {"password", "again", "current", "code", "secret", "token", "csrf", "url"}


@pytest.mark.parametrize("word", ["keys", "playback", "operators", "audit", "callbacks"])
def test_who_gets_in_is_for_owners_alone(word: str) -> None:
    mine = [rule for route, rule in RULES.items() if re.match(rf"\w+ /{word}(/|$)", route)]
    assert {rule.least for rule in mine} == {Role.OWNER}


def test_a_route_that_nobody_thought_of_is_named() -> None:
    with pytest.raises(LookupError, match="POST /new"):
        rule_of("POST /new")


def test_roles_have_an_order() -> None:
    allowed = {(mine, least) for mine in Role for least in Role if mine.may(least)}
    assert allowed == {
        *((Role.OWNER, least) for least in Role),
        (Role.OPERATOR, Role.OPERATOR),
        (Role.OPERATOR, Role.VIEWER),
        (Role.VIEWER, Role.VIEWER),
    }
    assert read_role("owner") is Role.OWNER
    with pytest.raises(ParameterError, match="viewer, operator, owner"):
        read_role("root")
