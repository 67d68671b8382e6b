from __future__ import annotations

import signal
from pathlib import Path

import pytest

from vodpull.errors import EncodeFailed, EncodeInterrupted, OutputInvalid, StorageFull
from vodpull.media.tools import outcome
from vodpull.media.tools.outcome import Finished, check, check_alive, incomplete


def ended(returncode: int, said: str = "", *, starved: bool = False) -> Finished:
    return Finished(
        returncode=returncode, stdout=b"", stderr_tail=said, wall_s=1, cpu_s=1, peak_memory_bytes=1, starved=starved
    )


def test_a_good_end_is_no_error() -> None:
    check(ended(0, "No space left on device"), "encoding")


@pytest.mark.parametrize(
    ("finished", "cause"),
    [
        (ended(1, "Cannot allocate memory"), "FFmpeg needed more memory than it may have while encoding"),
        (ended(187), "FFmpeg ended with code 187 while encoding"),
        (ended(-signal.SIGXCPU), "FFmpeg used up its processor time while encoding"),
        (ended(-signal.SIGXFSZ), "FFmpeg wrote a larger file than it may while encoding"),
        (ended(-signal.SIGSEGV), "FFmpeg was ended by signal 11 while encoding"),
    ],
)
def test_a_failure_says_its_cause(finished: Finished, cause: str) -> None:
    with pytest.raises(EncodeFailed) as caught:
        check(finished, "encoding")
    assert str(caught.value) == cause


def test_what_it_wrote_last_goes_with_the_error_without_what_databases_refuse() -> None:
    with pytest.raises(EncodeFailed) as caught:
        check(ended(1, "x" * 9000 + "\0the end"), "encoding")
    assert caught.value.log_tail.endswith("xthe end")
    assert len(caught.value.log_tail) < 4200


def test_a_full_disk_is_one_whatever_the_code() -> None:
    with pytest.raises(StorageFull):
        check(ended(1, "av_interleaved_write_frame(): No space left on device"), "encoding")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_who_was_killed_is_not_at_fault(number: int) -> None:
    for judge in (check, check_alive):
        with pytest.raises(EncodeInterrupted) as caught:
            judge(ended(-number, starved=True), "encoding")
        assert caught.value.retryable
    check_alive(ended(-signal.SIGSEGV), "measuring")


def test_a_file_that_just_ends_is_a_full_disk_where_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(incomplete(tmp_path, "cut"), OutputInvalid)
    monkeypatch.setattr(outcome, "FULL_DISK_BYTES", 1 << 62)
    assert isinstance(incomplete(tmp_path, "cut"), StorageFull)
