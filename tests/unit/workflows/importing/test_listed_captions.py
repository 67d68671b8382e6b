from __future__ import annotations

from vodpull.imports.entries import Entry, EntryCaption
from vodpull.workflows.importing.submission import sidecars


def caption(language: str, label: str = "", *, default: bool = False) -> EntryCaption:
    return EntryCaption(url="https://user:hunter2@h.test/a.vtt", language=language, label=label, default=default)


def test_captions_that_cannot_be_used_are_told_and_the_others_come() -> None:
    texts = (caption("en", "x" * 300, default=True), caption("??"), caption("en"), caption("de", default=True))
    kept, reasons = sidecars(Entry("1", "https://h.test/a.mp4", captions=(*texts, caption("fr"))))
    assert [(each.language, len(each.label)) for each in kept] == [("en", 100), ("fr", 0)]
    assert "hunter2" not in kept[0].url
    told = ["the caption ?? is left out", "the caption en is left out", "the caption de is left out"]
    assert [reason.partition(":")[0] for reason in reasons] == told
