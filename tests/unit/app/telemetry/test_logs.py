from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from vodpull.app.telemetry.log_redaction import without_secrets
from vodpull.app.telemetry.logs import configure_logging
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.job_refs import JobRef
from vodpull.workflows.attempt.telemetry.meters import Watch

REF = JobRef(job_id="j1", attempt=2)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Log as JSON into a text, and put everything back afterwards."""
    kept = structlog.get_config()
    loggers = [logging.getLogger(name) for name in (None, "dbos")]
    before = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    stream = io.StringIO()
    configure_logging("json", stream=stream)
    yield stream
    structlog.configure(**kept)
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.level, logger.propagate = handlers, level, propagate


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_full_disk_below_the_log_fails_nobody(written: io.StringIO) -> None:
    full = open("/dev/full", "w")  # noqa: PTH123, SIM115 - closing it would raise, which is the point
    configure_logging("json", stream=full)
    structlog.get_logger().info("a line that is lost")
    logging.getLogger("dbos").warning("another one")
    with pytest.raises(OSError, match="No space left"):
        full.close()
    assert written.getvalue() == ""


SECRET = "hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f"https://origin.test/a.mp4?sig={SECRET}",
        f"GET /a.mp4?X-Amz-Signature={SECRET}&X-Amz-Date=1 HTTP/1.1",
        f"s3://key:{SECRET}@bucket/prefix",
        f"postgresql+psycopg://me:p@ss{SECRET}@db.test:5433/vod",
        f"Authorization: Bearer AK.{SECRET}",
        f"authorization: basic {SECRET}==",
        f"from=-https://me:{SECRET}@origin.test/a.mp4",
        f"the answer: token={SECRET}",
        f"CNC-HMAC-SHA256 Credential=AK, SignedHeaders=content-type;host, Signature={SECRET}",
        f"{{'Authorization': '{SECRET} with words'}}",
        f'{{"secretKey": "{SECRET} with words"}}',
        f"password={SECRET} token={SECRET}",
        f"VODPULL_SECRET_KEY={SECRET}",
        f"Set-Cookie: {SECRET}",
        f"whsec_{SECRET}",
        f"HTTPS://Origin.test/%00?a=1&token={SECRET}#t={SECRET}",
    ],
)
def test_no_secret_is_left_in_a_text(text: str) -> None:
    assert SECRET not in without_secrets(text)


@pytest.mark.parametrize(
    "text",
    ["https://origin.test/a%20b.mp4", "the signature does not match", "is it done? yes", "10:32:01 rung=720 cpu_s=1.5"],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize("name", ["authorization", "secret_key", "X-Amz-Signature", "access_token", "Cookie", "passwd"])
def test_a_field_that_is_named_like_a_secret_has_no_value(name: str, written: io.StringIO) -> None:
    structlog.get_logger().warning("x", **{name: SECRET, "inside": {name: [SECRET]}})
    [line] = lines(written)
    assert line[name] == "***"
    assert SECRET not in written.getvalue()


def test_an_exception_is_logged_without_the_query_that_it_names(written: io.StringIO) -> None:
    try:
        int(f"https://me:{SECRET}@origin.test/a?sig={SECRET}")
    except ValueError:
        structlog.get_logger().exception("job failed")
        logging.getLogger("some.library").exception("failed: %s", f"Bearer {SECRET}")
        logging.getLogger("dbos").warning("gave up https://origin.test/?k=%s", SECRET)
    assert SECRET not in written.getvalue()
    assert [("ValueError" in line.get("exception", ""), line["level"]) for line in lines(written)] == [
        (True, "error"),
        (True, "error"),
        (False, "warning"),
    ]


def test_a_hostile_name_forges_no_line_and_repaints_nothing(written: io.StringIO) -> None:
    structlog.get_logger().info("x", name="a\x1b[2J\u202e\r\n{}", raw=b"\xff\x00", odd=object)
    [line] = lines(written)
    assert line["name"] == "a\ufffd[2J\ufffd\ufffd\n{}"
    assert "\x1b" not in written.getvalue()


def test_values_keep_their_kind(written: io.StringIO) -> None:
    structlog.get_logger().info("x", number=1, share=0.5, yes=True, none=None, many=("a", 2))
    [line] = lines(written)
    assert (line["number"], line["share"], line["yes"], line["none"], line["many"]) == (1, 0.5, True, None, ["a", 2])


def test_a_value_that_holds_itself_is_cut(written: io.StringIO) -> None:
    endless: list[Any] = []
    endless.append(endless)
    structlog.get_logger().info("x", value=endless)
    assert "***" in written.getvalue()


def test_every_line_of_a_job_names_it_and_no_other_does(written: io.StringIO) -> None:
    with Watch().stage(REF, Stage.ENCODE):
        structlog.get_logger().info("inside")
        logging.getLogger("some.library").warning("inside")
    structlog.get_logger().info("outside")
    assert [(line.get("job"), line.get("attempt")) for line in lines(written)] == [("j1", 2), ("j1", 2), (None, None)]
