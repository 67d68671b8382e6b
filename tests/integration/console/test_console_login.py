"""Who gets in, and what browsers are told."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from tests.integration.console.conftest import PASSWORD, Console, mounted

from vodpull.accounts.people.sessions import Place
from vodpull.console import console_link, create_console
from vodpull.console.pages.people import sign_in_limits

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}


@pytest.mark.parametrize("path", ["", "keys", "system", "tasks/0a", "play/0a/0"])
def test_no_page_opens_without_a_login(console: Console, path: str) -> None:
    reply = console.browser.get(f"/console/{path}", follow_redirects=False)
    assert (reply.status_code, reply.headers["location"].partition("?")[0]) == (303, "/console/login")


@pytest.mark.parametrize("path", ["live", "tasks/0a/live"])
def test_no_stream_opens_without_a_login(console: Console, path: str) -> None:
    reply = console.browser.get(f"/console/{path}", headers={"Accept": "text/event-stream"})
    assert (reply.status_code, reply.headers["hx-redirect"]) == (401, "/console/login")


@pytest.mark.parametrize("path", ["tasks", "tasks/bulk", "tasks/0a/retry", "keys", "keys/AK/revoke", "logout"])
def test_no_action_is_done_without_a_login(console: Console, path: str) -> None:
    form = {"csrf": console.csrf(), "name": "x"}
    reply = console.browser.post(f"/console/{path}", data=form, follow_redirects=False)
    assert reply.headers["location"] == "/console/login"
    assert len(console.context.accounts.list_keys()) == 1


def test_a_set_up_link_works_once(operator: Console) -> None:
    link = console_link(operator.context.operators, "http://console.test/")
    assert link == "http://console.test/console/"
    assert operator.browser.get("/console/").status_code == 200


def test_a_second_link_chooses_a_new_password_and_ends_every_session(operator: Console) -> None:
    operators, sessions = operator.context.operators, operator.context.sessions
    session = sessions.open("operator", Place())
    first, second = operators.new_setup_token(), operators.new_setup_token()
    operators.choose_password(first, "another password")
    assert sessions.bearer(session) is None
    assert operators.setup_name(second) is None
    assert operators.is_password("another password")
    assert not operators.is_password(PASSWORD)


@pytest.mark.parametrize(
    ("password", "again", "words"),
    [("short", "short", "10 to 200"), ("long enough", "long enougH", "differ"), ("x" * 201, "x" * 201, "10 to 200")],
)
def test_a_bad_choice_is_explained_and_costs_nothing(console: Console, password: str, again: str, words: str) -> None:
    token = console.context.operators.new_setup_token()
    form = {"csrf": console.csrf(f"/console/setup?token={token}"), "token": token}
    reply = console.browser.post("/console/setup", data=form | {"password": password, "again": again})
    assert reply.status_code == 400
    assert words in reply.text
    assert console.context.operators.setup_name(token) == "operator"


def test_a_strange_link_opens_nothing(console: Console) -> None:
    reply = console.browser.get("/console/setup?token=guess")
    assert reply.status_code == 403
    assert "vodpull console-link" in reply.text
    form = {"csrf": console.csrf(), "token": "guess", "password": PASSWORD, "again": PASSWORD}
    assert console.browser.post("/console/setup", data=form).status_code == 403
    assert not console.context.operators.has_password()


def test_a_wrong_password_is_refused_and_the_right_one_leads_back(operator: Console) -> None:
    operator.browser.post("/console/logout", data={"csrf": operator.csrf("/console/")})
    form = {"csrf": operator.csrf(), "next": "keys?x=1", "password": "wrong"}
    assert operator.browser.post("/console/login", data=form).status_code == 403
    reply = operator.browser.post("/console/login", data=form | {"password": PASSWORD}, follow_redirects=False)
    assert reply.headers["location"] == "/console/keys?x=1"
    assert re.search(r"HttpOnly; Max-Age=\d+; Path=/console; SameSite=lax", reply.headers["set-cookie"])


@pytest.mark.parametrize("place", ["//evil.test", "https://evil.test", "/\\evil.test", "\nx"])
def test_a_login_leads_to_no_other_site(operator: Console, place: str) -> None:
    operator.browser.post("/console/logout", data={"csrf": operator.csrf("/console/")})
    form = {"csrf": operator.csrf(), "next": place, "password": PASSWORD}
    reply = operator.browser.post("/console/login", data=form, follow_redirects=False)
    assert reply.headers["location"] == "/console/"


def test_guessing_is_slowed_down(operator: Console) -> None:
    operator.browser.post("/console/logout", data={"csrf": operator.csrf("/console/")})
    form = {"csrf": operator.csrf(), "password": "x" * 201}  # too long to be hashed, so the test is quick
    statuses = [operator.browser.post("/console/login", data=form).status_code for _ in range(11)]
    assert statuses == [*[403] * 10, 429]


def guess(console: Console, address: str) -> int:
    """Return the status that a wrong password from an address gets; too long to be hashed, so that tests are quick."""
    browser = TestClient(mounted(console.app), base_url="http://console.test", client=(address, 1))
    page = browser.get("/console/login").text
    csrf = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert csrf is not None
    form = {"csrf": csrf[1], "password": "x" * 201}
    return browser.post("/console/login", data=form).status_code


def test_guesses_from_one_ipv6_customer_count_as_one(operator: Console) -> None:
    statuses = [guess(operator, f"2001:db8::{number}") for number in range(11)]
    assert (statuses, guess(operator, "2001:db8:0:1::1")) == ([*[403] * 10, 429], 403)


def test_guesses_from_everywhere_are_slowed_down_together(operator: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_limits, "ATTEMPTS_OF_ALL", "12/5 minutes")
    with_limit = replace(operator, app=create_console(operator.context))
    assert [guess(with_limit, "192.0.2.1") for _ in range(20)].count(403) == 10
    # What was refused for one address alone was not counted for all.
    assert [guess(with_limit, f"198.51.100.{number}") for number in range(3)] == [403, 403, 429]


def test_a_login_gets_a_fresh_token(console: Console) -> None:
    token = console.context.operators.new_setup_token()
    console.context.operators.choose_password(token, PASSWORD)
    form = {"csrf": console.csrf(), "password": PASSWORD}
    planted = console.browser.cookies["vodpull_console"]
    console.browser.post("/console/login", data=form)
    assert console.browser.cookies["vodpull_console"] != planted
    assert console.context.sessions.bearer(planted) is None


def test_a_logout_counts_at_once(operator: Console) -> None:
    token = operator.browser.cookies["vodpull_console"]
    operator.browser.post("/console/logout", data={"csrf": operator.csrf("/console/")})
    operator.browser.cookies.set("vodpull_console", token, domain="console.test", path="/console")
    assert operator.browser.get("/console/", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("csrf", ["", "0" * 64, "é"])
def test_a_form_without_its_token_is_refused(operator: Console, csrf: str) -> None:
    reply = operator.browser.post("/console/keys", data={"csrf": csrf, "name": "evil"})
    assert reply.status_code == 403
    assert "form_refused" in reply.text
    assert len(operator.context.accounts.list_keys()) == 1


def test_a_form_of_another_site_is_refused(operator: Console) -> None:
    form = {"csrf": operator.csrf("/console/keys"), "name": "evil"}
    reply = operator.browser.post("/console/keys", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 403


def test_htmx_may_send_the_token_as_a_header(operator: Console) -> None:
    headers = {"X-CSRF-Token": operator.csrf("/console/keys")}
    assert operator.browser.post("/console/keys", data={"name": "my-app"}, headers=headers).status_code == 200


def test_every_reply_carries_the_policy_with_a_fresh_nonce(operator: Console) -> None:
    paths = ["/console/", "/console/nowhere", "/console/login", "/console/setup"]
    replies = [operator.browser.get(path, follow_redirects=False) for path in paths]
    nonces = set()
    for reply in replies:
        policy = reply.headers["content-security-policy"]
        nonces |= set(re.findall(r"'nonce-([\w-]+)'", policy))
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert reply.headers.items() >= HEADERS.items()
    assert len(nonces) == len(replies)


def test_scripts_and_styles_carry_the_nonce(operator: Console) -> None:
    reply = operator.browser.get("/console/")
    [nonce] = set(re.findall(r"'nonce-([\w-]+)'", reply.headers["content-security-policy"]))
    tags = re.findall(r"<(?:script|link rel=\"stylesheet\")[^>]*>", reply.text)
    assert len(tags) == 4
    assert all(f'nonce="{nonce}"' in tag for tag in tags)


def test_language_and_colours_are_kept_in_cookies(console: Console) -> None:
    form = {"csrf": console.csrf(), "language": "zh", "theme": "dark", "next": "login"}
    reply = console.browser.post("/console/preferences", data=form)
    assert '<html lang="zh-CN" data-theme="dark">' in reply.text
    assert "请先设置控制台" in reply.text
    console.browser.post("/console/preferences", data={"csrf": console.csrf(), "language": "<x>", "theme": "<x>"})
    assert '<html lang="zh-CN" data-theme="dark">' in console.browser.get("/console/login").text


def test_assets_are_compressed_versioned_and_a_closed_list(console: Console) -> None:
    page = console.browser.get("/console/login").text
    for path in re.findall(r'(?:src|href)="(/console/static/[^"]+)"', page):
        reply = console.browser.get(path)
        assert (reply.status_code, reply.headers["content-encoding"]) == (200, "gzip")
        assert "immutable" in reply.headers["cache-control"]
    assert console.browser.get("/console/static/pages.py").status_code == 404
    assert console.browser.get("/console/static/console.css?v=old").headers["cache-control"] == "public, max-age=300"


def test_an_unknown_page_is_explained(operator: Console) -> None:
    reply = operator.browser.get("/console/nowhere")
    assert reply.status_code == 404
    assert "there is no such page" in reply.text
    assert operator.browser.put("/console/keys").status_code == 405


@pytest.mark.parametrize("charset", ["punycode", "unicode_escape", "undefined"])
@pytest.mark.parametrize("path", ["login", "setup", "preferences"])
def test_a_form_in_another_codec_is_refused_before_anything_of_it_is_read(
    console: Console, path: str, charset: str
) -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\naaaa\r\n--b--\r\n'
    headers = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
    reply = console.browser.post(f"/console/{path}", content=form, headers=headers)
    assert (reply.status_code, "read as UTF-8 only" in reply.text) == (400, True)


def test_a_stranger_sends_no_more_than_a_form_can_hold(console: Console) -> None:
    form = {"csrf": console.csrf(), "password": "x" * 17_000}
    assert console.browser.post("/console/login", data=form).status_code == 413
    assert console.browser.post("/console/tasks", data=form, follow_redirects=False).status_code == 303
