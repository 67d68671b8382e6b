from __future__ import annotations

import re

from vodpull import errors
from vodpull.errors import Failure, Fault, Md5Mismatch, catalogue


def test_every_code_is_unique_and_says_what_to_do() -> None:
    codes = [kind.code for kind in catalogue()]
    assert len(codes) == len(set(codes))
    for kind in catalogue():
        assert re.fullmatch(r"[a-z0-9_]+", kind.code)
        assert kind.remedy.endswith(".")
        assert kind.__doc__


def test_the_drawn_tree_is_the_catalogue() -> None:
    drawn = set(re.findall(r"[├└]── (\w+) +([a-z0-9_]+)( \*)?$", errors.__doc__ or "", re.MULTILINE))
    assert drawn == {(kind.__name__, kind.code, " *" if kind.retryable else "") for kind in catalogue()}


def test_an_error_becomes_data() -> None:
    failure = Failure.of(Md5Mismatch("expected a, got b"), stage="fetch")
    assert (failure.code, failure.fault, failure.retryable, failure.stage) == (
        "md5_mismatch",
        Fault.SOURCE,
        False,
        "fetch",
    )


def test_the_whole_catalogue_is_imported_from_one_place() -> None:
    assert {kind.__name__: kind for kind in catalogue()}.items() <= vars(errors).items()
