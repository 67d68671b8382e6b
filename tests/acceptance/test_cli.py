"""The commands against a running service, as people and scripts use them."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.origin import Origin
from tests.services.vodpull import Vodpull

CLIP = "flower_faststart.mp4"


@pytest.fixture(autouse=True)
def _where(service: Vodpull, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command find the service by its environment, as a shell profile would."""
    monkeypatch.setitem(service._environment, "VODPULL_SERVER", service.url)


def submit(service: Vodpull, *words: str) -> str:
    return str(json.loads(service.run("pull", *words).stdout)["taskId"])


def test_several_items_are_followed_to_their_end(service: Vodpull, origin: Origin) -> None:
    urls = [origin.url(CLIP), origin.url("status/404"), origin.url(f"{CLIP}?2")]
    done = service.run("pull", *urls, "--template", "original", "--wait")
    assert done.returncode == 1, "one item failed"
    reply = json.loads(done.stdout)
    assert [item["pullStatus"] for item in reply["data"]["items"]] == [2, 3, 2]
    assert f"vodpull watch {reply['data']['taskId']}" in done.stderr
    assert len(re.findall(r"\bdone\b", done.stderr)) == 2
    assert "origin_missing" in done.stderr


def test_json_is_all_there_is_when_asked_for(service: Vodpull, origin: Origin) -> None:
    done = service.run("pull", origin.url(CLIP), "--template", "original", "--wait", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["data"]["status"] == 2


def test_a_task_is_watched_as_lines_of_json(service: Vodpull, origin: Origin) -> None:
    task = submit(service, origin.url(CLIP), "--template", "original")
    done = service.run("watch", task, "--json")
    states: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, states[-1]["batch_id"], states[-1]["is_final"]) == (0, task, True)


def test_tasks_are_cancelled_retried_and_listed(service: Vodpull, origin: Origin) -> None:
    task = submit(service, origin.url("never"), "--trans-no", "by command")
    assert service.run("cancel", task, "--item", "0").stdout.split()[4:6] == ["0", "cancelled"]
    assert service.run("watch", task).returncode == 1
    retried = json.loads(service.run("retry", task, "--json").stdout)
    assert retried["jobs"][0]["attempt"] == 2
    listed = service.run("list", "--trans-no", "by command", "--state", "running").stdout
    assert listed.splitlines()[1].split()[0] == task
    service.run("cancel", task)
    assert json.loads(service.run("list", "--state", "running", "--trans-no", "by command", "--json").stdout) == []


def test_a_task_is_deleted_after_a_question(service: Vodpull, origin: Origin) -> None:
    task = submit(service, origin.url("status/404"))
    asked = service.run("delete", task)  # nobody answers
    assert (asked.returncode, "for good?" in asked.stderr) == (1, True)
    assert service.run("query", "--task-id", task).returncode == 0
    assert service.run("delete", task, "--yes").returncode == 0
    assert service.run("query", "--task-id", task).returncode == 1


def test_a_terminal_shows_bars(service: Vodpull, origin: Origin) -> None:
    task = submit(service, origin.url(CLIP), "--template", "original")
    ours, theirs = pty.openpty()
    environment = service._environment | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    words = [sys.executable, "-m", "vodpull", "watch", task]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = read_all(ours)
    assert process.wait(timeout=60) == 0
    assert CLIP in shown
    assert "━" in shown
    assert re.search(r"done.*100%", shown)


def at_a_terminal(service: Vodpull, *words: str) -> tuple[int, str]:
    """Run a command whose stdout is a terminal; return its exit code and what it printed there."""
    ours, theirs = pty.openpty()
    program = [sys.executable, "-m", "vodpull", *words]
    process = subprocess.Popen(program, env=service._environment, stdout=theirs, stderr=subprocess.DEVNULL)
    os.close(theirs)
    shown = read_all(ours)
    return process.wait(timeout=60), shown


def test_at_a_terminal_a_line_per_item_says_what_became_of_it(service: Vodpull, origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "list").write_text(f"{origin.url(CLIP)}\n{origin.url('status/404')}\n")
    code, shown = at_a_terminal(service, "pull", f"@{tmp_path}/list", "--template", "original", "--wait")
    good, bad = shown.splitlines()
    assert code == 1
    assert re.fullmatch(rf"done +{CLIP}  1.1 MB  0:05  {service.url}/media/pullvideo/\S+", good)
    assert re.fullmatch(r"failed +404  origin_missing: .* 404  Fix: .*\.", bad)
    task = json.loads(service.run("list", "--state", "failed", "--limit", "1", "--json").stdout)[0]["batch_id"]
    assert service.run("show", task).stdout.splitlines() == [good, bad]
    assert json.loads(service.run("show", task, "--json").stdout)["batch_id"] == task


def test_a_source_that_can_never_be_fetched_is_refused_before_anything_is_sent(service: Vodpull) -> None:
    newest = newest_task(service)
    for source in ("ftp://a/b", "./clip.mp4", "clip.mp4", "@nothing"):
        refused = service.run("pull", "http://a.example/1", source)
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 2), refused.stderr
    assert service.run("pull", "http://a.example/1", "--md5", "zz").stderr.startswith(
        "Error (configuration_error): --md5"
    )
    many = service.run("pull", *[f"http://a.example/{number}" for number in range(51)])
    assert "at most 50" in many.stderr
    assert newest_task(service) == newest


def newest_task(service: Vodpull) -> str:
    return str([task["batch_id"] for task in json.loads(service.run("list", "--limit", "1", "--json").stdout)])


def test_errors_of_a_command_are_in_its_language(service: Vodpull) -> None:
    for words in (("query", "--task-id", "0" * 32), ("query", "--trans-no", "nobody's"), ("show", "0" * 32)):
        said = service.run(*words, VODPULL_LANGUAGE="zh").stderr
        assert said.isascii()
        assert "not_found" in said


def test_a_service_that_is_not_there_is_told_at_once(service: Vodpull) -> None:
    for words in (("pull", "http://a.example/1", "--wait"), ("watch", "0" * 32), ("show", "0" * 32)):
        done = service.run(*words, "--server", "http://127.0.0.1:9")
        assert (done.returncode, "connection refused" in done.stderr) == (75, True)


@pytest.mark.parametrize("server", ["localhost:8080", "http://", "http://[::1", "http://a:b"])
def test_an_address_that_is_none_is_refused(service: Vodpull, server: str) -> None:
    done = service.run("list", "--server", server)
    assert (done.returncode, done.stderr.count("\n"), "Write http://HOST:PORT" in done.stderr) == (1, 2, True)


def test_the_data_folders_own_key_can_be_revoked(service: Vodpull) -> None:
    path = service.data_dir / "local-key.json"
    first = json.loads(path.read_text())["access_key"]
    revoked = service.run("keys", "revoke", first)
    assert (revoked.returncode, "Warning" in revoked.stderr) == (0, True)
    assert json.loads(path.read_text())["access_key"] != first
    assert service.run("list").returncode == 0


def test_a_short_option_helps_too(service: Vodpull) -> None:
    for words in ((), ("pull",), ("keys",), ("keys", "create")):
        assert service.run(*words, "-h").stdout == service.run(*words, "--help").stdout != ""


def read_all(terminal: int) -> str:
    blocks = []
    try:
        while block := os.read(terminal, 65536):
            blocks.append(block)
    except OSError:  # Linux: the other side is closed
        pass
    os.close(terminal)
    return b"".join(blocks).decode()


def test_an_interrupted_watch_leaves_the_task_running(service: Vodpull, origin: Origin) -> None:
    task = submit(service, origin.url("never"))
    heard = ["env", "--default-signal=INT"]  # who runs tests in the background may have the signal ignored
    words = [*heard, sys.executable, "-m", "vodpull", "watch", task]
    with subprocess.Popen(words, env=service._environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert task in process.stderr.readline()
        process.stderr.readline()  # the first state: the stream is open
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert "Traceback" not in process.stderr.read()
    assert json.loads(service.run("query", "--task-id", task).stdout)["data"]["status"] == 1
    service.run("cancel", task)


def test_an_error_is_two_lines_and_its_exit_code_tells_whether_to_try_again(service: Vodpull) -> None:
    wrong = service.run("watch", "0" * 32)
    assert wrong.returncode == 1
    assert [line.split()[0] for line in wrong.stderr.splitlines()[-2:]] == ["Error", "Fix:"]
    assert service.run("list", "--server", "http://127.0.0.1:9").returncode == 75
    assert service.run("list", "--nonsense").returncode == 2
    refused = service.run("list", VODPULL_ACCESS_KEY="AK", VODPULL_SECRET_KEY="x")
    assert (refused.returncode, "not_authenticated" in refused.stderr) == (1, True)


def test_keys_come_from_the_file_of_settings_too(service: Vodpull, tmp_path: Path) -> None:
    key = service.own_key
    lines = f'access_key = "{key.access_key}"\nsecret_key = "{key.secret}"\n'
    (tmp_path / "vodpull.toml").write_text(lines)
    assert service.run("list", VODPULL_DATA_DIR=str(tmp_path)).returncode == 0
    (tmp_path / "vodpull.toml").unlink()
    nobody = service.run("list", VODPULL_DATA_DIR=str(tmp_path))
    assert (nobody.returncode, "VODPULL_ACCESS_KEY" in nobody.stderr) == (1, True)


def test_hostile_names_do_not_reach_the_terminal(service: Vodpull, origin: Origin) -> None:
    task = submit(service, origin.url("status/404"), "--name", "a\x1b[2Jb")
    assert service.run("watch", task).returncode == 1
    assert "\x1b" not in service.run("list", "--limit", "100").stdout


def test_the_shell_completes_commands(service: Vodpull) -> None:
    done = service.run("--show-completion", "bash")
    # Where no shell is above the process, that is said.
    assert done.returncode == 0 or "completion" in done.stderr.lower() or "not supported" in done.stderr
    words = {"_VODPULL_COMPLETE": "complete_bash", "COMP_WORDS": "vodpull wat", "COMP_CWORD": "1"}
    program = [str(Path(sys.executable).parent / "vodpull")]
    done = subprocess.run(
        program, env=service._environment | words, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["watch"]
