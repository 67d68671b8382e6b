"""Several operators: what each role may do, sessions that end at once, and two-factor."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from threading import Barrier, Thread

import pyotp
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from tests.integration.console.conftest import PASSWORD, Console, mounted

from vodpull.accounts.audit_log import AuditFilter
from vodpull.accounts.people import two_factor as two_factor_module
from vodpull.accounts.people import wrong_codes
from vodpull.accounts.people.operators import Operators
from vodpull.accounts.people.roles import Role
from vodpull.accounts.people.sessions import Place
from vodpull.console.needed_roles import LOOK, RULES
from vodpull.database import tables
from vodpull.errors import AuthenticationError, NotAllowedNow, ParameterError, RateLimited

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ADA_PASSWORD = "ada's long password"


def browser_of(console: Console, **headers: str) -> Console:
    """Return the same console with a browser of its own, that nobody has used."""
    browser = TestClient(mounted(console.app), base_url="http://console.test", headers=headers)
    return replace(console, browser=browser)


def logged_in(console: Console, name: str, password: str, **headers: str) -> Console:
    other = browser_of(console, **headers)
    form = {"csrf": other.csrf(), "username": name, "password": password}
    assert other.browser.post("/console/login", data=form).status_code == 200
    return other


def add(console: Console, name: str, role: Role) -> Console:
    """Return a browser in which a new operator of this role is logged in."""
    operators = console.context.operators
    operators.choose_password(operators.invite(name, role), ADA_PASSWORD)
    return logged_in(console, name, ADA_PASSWORD)


def post(console: Console, path: str, **form: str) -> int:
    """Return the status of an action of somebody who has the right form token."""
    form["csrf"] = console.csrf("/console/account")
    return console.browser.post(f"/console/{path}", data=form, follow_redirects=False).status_code


def lines(console: Console) -> list[tuple[str, str, str, str]]:
    """Return the audit log, oldest first: who, action, subject, outcome."""
    page, _ = console.context.audit.page(AuditFilter(), limit=100)
    return [(line.who, line.action, line.subject, line.outcome) for line in reversed(page)]


def concrete(path: str) -> str:
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: "0" if found[1] == "position" else "0a", path)


@pytest.mark.parametrize("role", list(Role))
def test_every_route_is_closed_to_lower_roles_and_to_strangers(operator: Console, role: Role) -> None:
    console = add(operator, "ada", role)
    stranger = browser_of(operator)
    token = console.csrf("/console/account")
    for route, rule in RULES.items():
        method, _, path = route.partition(" ")
        if rule.least is None or role.may(rule.least) or path.endswith("/live"):
            continue
        url, form = f"/console{concrete(path)}", {"csrf": token} if method == "POST" else None
        assert console.browser.request(method, url, data=form, follow_redirects=False).status_code == 403, route
        assert stranger.browser.request(method, url, follow_redirects=False).status_code in {303, 401}, route


def test_a_viewer_sees_no_button_that_a_viewer_may_not_press(operator: Console) -> None:
    view = operator.add_batch("a.mp4")
    viewer = add(operator, "eve", Role.VIEWER)
    plain = [route.partition(" ")[2] for route, rule in RULES.items() if route.startswith("GET") and rule == LOOK]
    pages = [path for path in plain if "{" not in path and not path.endswith(("live", "history"))]
    allowed = ("logout", "preferences", "account/")
    for path in (*pages, f"/tasks/{view.batch.batch_id}"):
        page = viewer.browser.get(f"/console{path}")
        assert page.status_code == 200, path
        forms = re.findall(r"<form[^>]*method=\"post\"[^>]*>", page.text)
        targets = [target for form in forms for target in re.findall(r'action="/console/([^"]*)"', form)]
        targets += re.findall(r'(?:hx-post|hx-delete|formaction)="/console/([^"]*)"', page.text)
        assert [target for target in targets if not target.startswith(allowed)] == [], path
        assert "/console/keys" not in page.text
    assert 'action="/console/tasks"' in operator.browser.get("/console/").text


def test_an_invitation_is_taken_once_and_gives_its_role(operator: Console) -> None:
    page = operator.browser.post(
        "/console/operators",
        data={"csrf": operator.csrf("/console/operators"), "name": "Ada@Example.com", "role": "operator"},
    )
    found = re.search(r"/console/setup\?token=[\w-]+", page.text)
    assert found is not None
    ada = browser_of(operator)
    token = found[0].partition("=")[2]
    form = {"csrf": ada.csrf(found[0]), "token": token, "password": ADA_PASSWORD, "again": ADA_PASSWORD}
    assert "ada@example.com" in ada.browser.get(found[0]).text
    assert ada.browser.post("/console/setup", data=form).status_code == 200
    assert browser_of(operator).browser.get(found[0]).status_code == 403
    assert ada.browser.get("/console/").status_code == 200
    assert ada.browser.get("/console/operators").status_code == 403
    assert operator.context.operators.find("ada@example.com").role is Role.OPERATOR
    assert post(operator, "operators", name="ada@example.com", role="viewer") == 400
    assert post(operator, "operators", name="two words", role="viewer") == 400


def test_with_several_operators_the_login_asks_for_a_name(operator: Console) -> None:
    add(operator, "ada", Role.VIEWER)
    page = browser_of(operator)
    assert "Name" in page.browser.get("/console/login").text
    form = {"csrf": page.csrf(), "username": "nobody", "password": ADA_PASSWORD}
    assert page.browser.post("/console/login", data=form).status_code == 403
    assert page.browser.post("/console/login", data=form | {"username": "operator"}).status_code == 403
    assert page.browser.post("/console/login", data=form | {"username": "ADA"}).status_code == 200


def test_a_changed_role_and_a_removal_count_in_sessions_that_are_open(operator: Console) -> None:
    ada = add(operator, "ada", Role.OWNER)
    assert ada.browser.get("/console/keys").status_code == 200
    assert post(operator, "operators/role", name="ada", role="viewer") == 303
    assert ada.browser.get("/console/keys").status_code == 403
    assert ada.browser.get("/console/").status_code == 200
    assert post(operator, "operators/remove", name="ada") == 303
    assert ada.browser.get("/console/", follow_redirects=False).status_code == 303


def test_the_last_owner_stays(operator: Console) -> None:
    operators = operator.context.operators
    operators.invite("ada", Role.OWNER)  # an invitation lets nobody in yet
    assert post(operator, "operators/role", name="operator", role="viewer") == 409
    assert post(operator, "operators/remove", name="operator") == 409
    with pytest.raises(NotAllowedNow, match="last owner"):
        operators.remove("operator")
    assert operators.find("operator").role is Role.OWNER


def test_two_owners_who_remove_each_other_leave_one(database: sa.Engine) -> None:
    operators = Operators(database)
    operators.choose_password(operators.new_setup_token(), PASSWORD)
    operators.choose_password(operators.invite("ada", Role.OWNER), PASSWORD)
    both, refused = Barrier(2), []

    def remove(name: str) -> None:
        both.wait()
        try:
            operators.remove(name)
        except NotAllowedNow:
            refused.append(name)

    threads = [Thread(target=remove, args=(name,)) for name in ("operator", "ada")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.name for each in operators.listed()] == refused


def test_sessions_are_listed_and_ended(operator: Console) -> None:
    phone = logged_in(operator, "operator", PASSWORD, **{"User-Agent": FIREFOX})
    page = operator.browser.get("/console/account").text
    assert "Firefox, Linux" in page
    assert page.count("this one") == 1
    [session] = re.findall(r'name="session" value="([0-9a-f]{64})"', page)
    assert post(operator, "account/sessions/end", session=session) == 303
    assert phone.browser.get("/console/", follow_redirects=False).status_code == 303
    assert post(operator, "account/sessions/end", session=session) == 404
    again = logged_in(operator, "operator", PASSWORD)
    assert post(operator, "account/sessions/end-others") == 303
    assert again.browser.get("/console/", follow_redirects=False).status_code == 303
    assert operator.browser.get("/console/").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(operator: Console) -> None:
    ada = add(operator, "ada", Role.VIEWER)
    [session] = operator.context.sessions.of_operator("operator")
    assert post(ada, "account/sessions/end", session=session.session_id) == 404
    assert operator.browser.get("/console/").status_code == 200


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(operator: Console) -> None:
    other = logged_in(operator, "operator", PASSWORD)
    new = {"password": "a new long password", "again": "a new long password"}
    assert post(operator, "account/password", current="wrong", **new) == 400
    assert other.browser.get("/console/").status_code == 200
    assert post(operator, "account/password", current=PASSWORD, password="short", again="short") == 400
    assert post(operator, "account/password", current=PASSWORD, password="a", again="b") == 400
    assert post(operator, "account/password", current=PASSWORD, **new) == 303
    assert other.browser.get("/console/", follow_redirects=False).status_code == 303
    assert operator.browser.get("/console/").status_code == 200
    logged_in(operator, "operator", "a new long password")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time that codes are judged by, in milliseconds: tests move it."""
    now = [1_800_000_000_000]
    for module in (two_factor_module, wrong_codes):
        monkeypatch.setattr(module, "now_ms", lambda: now[0])
    return now


def code_at(secret: str, now: list[int]) -> str:
    return pyotp.TOTP(secret).at(now[0] // 1000)


def enrol(console: Console, now: list[int]) -> tuple[str, list[str]]:
    """Turn two-factor on, and return its secret and the recovery codes."""
    page = console.browser.post("/console/account/two-factor", data={"csrf": console.csrf("/console/account")}).text
    sealed, secret = re.search(r'name="secret" value="([^"]+)"', page), re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert sealed is not None
    assert secret is not None
    assert "<svg" in page
    assert " style=" not in page
    form = {"csrf": console.csrf("/console/account"), "secret": sealed[1], "current": PASSWORD}
    wrong = console.browser.post("/console/account/two-factor/confirm", data=form | {"code": "000000"})
    assert (wrong.status_code, secret[1] in wrong.text) == (400, True)
    form["code"] = code_at(secret[1], now)
    done = console.browser.post("/console/account/two-factor/confirm", data=form)
    assert done.status_code == 200
    codes = re.findall(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b", done.text)
    assert len(codes) == 10
    return secret[1], codes


def show_code(console: Console, code: str) -> int:
    """Log in with the password and this code, and return the status of the last step."""
    browser = browser_of(console)
    page = browser.browser.post("/console/login", data={"csrf": browser.csrf(), "password": PASSWORD})
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token is not None
    assert browser.browser.get("/console/", follow_redirects=False).status_code == 303
    form = {"csrf": browser.csrf(), "token": token[1], "code": code}
    return browser.browser.post("/console/login/code", data=form, follow_redirects=False).status_code


def test_a_code_of_the_app_is_asked_for_and_is_good_once(operator: Console, clock: list[int]) -> None:
    secret, _ = enrol(operator, clock)
    assert show_code(operator, code_at(secret, clock)) == 403  # it turned two-factor on, so it was used
    clock[0] += 30_000
    code = code_at(secret, clock)
    assert show_code(operator, code) == 303
    assert show_code(operator, code) == 403
    clock[0] += 90_000
    with pytest.raises(AuthenticationError):
        operator.context.two_factor.check("operator", code)
    assert show_code(operator, f"{code_at(secret, clock)[:3]} {code_at(secret, clock)[3:]}") == 303


def test_a_recovery_code_is_good_once(operator: Console, clock: list[int]) -> None:
    _, codes = enrol(operator, clock)
    assert show_code(operator, codes[0].upper()) == 303
    assert show_code(operator, codes[0]) == 403
    assert operator.context.two_factor.recovery_left("operator") == 9
    renewed = operator.browser.post(
        "/console/account/two-factor/codes", data={"csrf": operator.csrf("/console/account"), "current": PASSWORD}
    )
    assert renewed.status_code == 200
    assert show_code(operator, codes[1]) == 403


def test_codes_cannot_be_tried_out(operator: Console, clock: list[int]) -> None:
    secret, codes = enrol(operator, clock)
    two_factor = operator.context.two_factor
    for _ in range(wrong_codes.MAX_WRONG_CODES):
        with pytest.raises(AuthenticationError):
            two_factor.check("operator", "000000")
    clock[0] += 30_000
    for code in (code_at(secret, clock), codes[0]):
        with pytest.raises(RateLimited):
            two_factor.check("operator", code)
    assert show_code(operator, code_at(secret, clock)) == 429
    clock[0] += wrong_codes.WRONG_CODES_MS
    two_factor.check("operator", code_at(secret, clock))


def test_turning_two_factor_off_needs_the_password(operator: Console, clock: list[int]) -> None:
    enrol(operator, clock)
    assert post(operator, "account/two-factor/off", current="wrong") == 400
    assert operator.context.two_factor.is_on("operator")
    assert post(operator, "account/two-factor/off", current=PASSWORD) == 303
    assert not operator.context.two_factor.is_on("operator")


def test_an_owner_resets_the_two_factor_of_others(operator: Console, clock: list[int]) -> None:
    enrol(operator, clock)
    ada = add(operator, "ada", Role.OWNER)
    assert post(ada, "operators/reset-two-factor", name="operator") == 303
    assert not operator.context.two_factor.is_on("operator")


def test_a_set_up_link_does_not_go_around_two_factor(operator: Console, clock: list[int]) -> None:
    enrol(operator, clock)
    token = operator.context.operators.new_setup_token()
    browser = browser_of(operator)
    form = {"csrf": browser.csrf(f"/console/setup?token={token}"), "token": token}
    form |= {"password": PASSWORD, "again": PASSWORD}
    reply = browser.browser.post("/console/setup", data=form, follow_redirects=False)
    assert reply.headers["location"] == "/console/login"
    assert browser.browser.get("/console/", follow_redirects=False).status_code == 303


def test_an_enrolment_of_somebody_else_is_refused(operator: Console) -> None:
    two_factor = operator.context.two_factor
    sealed = two_factor.begin("ada").sealed
    for text in (sealed, "", "x", operator.context.two_factor._vault.seal("[1]")):
        with pytest.raises(ParameterError):
            two_factor.resume("operator", text)


def test_nothing_readable_of_a_second_factor_is_kept(operator: Console, clock: list[int], database: sa.Engine) -> None:
    secret, codes = enrol(operator, clock)
    with database.connect() as connection:
        kept = json.dumps([list(map(str, row)) for row in connection.execute(sa.select(tables.operator)).all()])
    assert secret not in kept
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


def test_the_audit_log_tells_who_did_what_and_no_secret(operator: Console) -> None:
    ada = add(operator, "ada", Role.VIEWER)
    post(ada, "keys", name="evil")
    post(operator, "keys", name="my-app", days="x")
    post(operator, "keys", name="my-app")
    post(operator, "tasks", urls="https://user:pass@h.test/a.mp4?sig=123", template="original")
    browser = browser_of(operator)
    form = {"csrf": browser.csrf(), "username": "hunter2hunter2", "password": "x" * 201}
    browser.browser.post("/console/login", data=form)
    told = lines(operator)
    assert told[-5:] == [
        ("ada", "key.create", "", "no_permission"),
        ("operator", "key.create", "name=my-app days=x", "parameter_error"),
        ("operator", "key.create", "name=my-app", "done"),
        ("operator", "task.submit", "template=original urls=https://h.test/a.mp4", "done"),
        ("", "session.open", "", "not_authenticated"),
    ]
    assert ("ada", "session.open", "", "done") in told
    page = operator.browser.get("/console/audit?who=ada&action=key.").text
    assert "no_permission" in page
    assert "task.submit" not in page


def test_the_audit_log_is_paged_and_exported(operator: Console) -> None:
    for number in range(60):
        post(operator, "account/sessions/end", session=f"={number}")
    page = operator.browser.get("/console/audit").text
    assert page.count("session.end") == 50
    older = re.search(r'href="(/console/audit\?cursor=\d+)"', page)
    assert older is not None
    assert "session.open" in operator.browser.get(older[1]).text
    exported = operator.browser.get("/console/audit/export?format=jsonl&action=session.end")
    assert len([json.loads(line) for line in exported.text.splitlines()]) == 60
    table = operator.browser.get("/console/audit/export?format=csv").text.splitlines()
    assert table[0] == "at,kind,who,action,subject,outcome,address"
    assert len(table) >= 62
    assert operator.browser.get("/console/audit?cursor=x").status_code == 400


def test_old_lines_are_forgotten(operator: Console, database: sa.Engine) -> None:
    with database.begin() as connection:
        at_ms = tables.audit_line.c.at_ms
        connection.execute(tables.audit_line.update().values(at_ms=at_ms - 10 * 86_400_000))
    post(operator, "account/sessions/end", session="x")
    audit = operator.context.audit
    before = len(lines(operator))
    assert audit.forget_old(keep_days=0) == 0
    assert audit.forget_old(keep_days=9) == before - 1
    assert [action for _, action, _, _ in lines(operator)] == ["session.end"]


def test_a_session_of_a_removed_operator_is_nobodys(operator: Console) -> None:
    assert operator.context.sessions.bearer(operator.context.sessions.open("gone", Place())) is None
