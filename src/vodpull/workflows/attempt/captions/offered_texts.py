"""Text tracks that a source offers, as captions of its video: which, in what language, and which is the default."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import replace

from vodpull import captions, media
from vodpull.errors import CaptionInvalid, NotAllowedNow, NotFound, ParameterError
from vodpull.jobs.model import Job, Sidecar
from vodpull.jobs.store.caption_rows import Caption, CaptionOrigin
from vodpull.workflows.attempt.captions.stored_caption_files import CaptionFiles, ShownCaption

UNKNOWN = "und"
"""A language that the file does not name (ISO 639-2)."""


async def keep_offered(
    files: CaptionFiles,
    job: Job,
    texts: Sequence[media.TextStream],
    *,
    given: Collection[Caption | Sidecar],
    read: Callable[[media.TextStream], Awaitable[captions.CueList]],
    without: int | None = None,
) -> list[tuple[media.TextStream, str]]:
    """
    Make text tracks captions of a job's video, which exists; return those that are left out, and why.

    Languages that somebody has given it stay as they are. One caption is the default: the one given as such, else the
    first kept track that says so. `without`: the stream that is seen anyway.
    """
    has_default = any(caption.is_default for caption in given)
    left_out = []
    for text, plain in wanted_of(texts, taken={caption.language for caption in given}, without=without):
        wanted = replace(plain, is_default=plain.is_default and not has_default)
        try:
            await files.put(job, wanted, await read(text))
        except (CaptionInvalid, NotAllowedNow, NotFound) as error:
            left_out.append((text, str(error)))
            continue
        has_default = has_default or wanted.is_default
    return left_out


def wanted_of(
    texts: Sequence[media.TextStream], *, taken: set[str], without: int | None = None
) -> Iterator[tuple[media.TextStream, ShownCaption]]:
    """Give the text tracks of a source that are to become captions, each with a tag of its own. Pure."""
    used: set[str] = set()
    for text in texts:
        language = language_of(text)
        if language in taken or text.index == without:
            continue
        tag = next(each for each in _tags(language, text) if each not in used)
        used.add(tag)
        label = text.title or (f"Track {text.index}" if language == UNKNOWN else "")
        yield (
            text,
            ShownCaption(
                language=tag,
                label=label,
                is_default=text.is_default,
                is_forced=text.is_forced,
                origin=CaptionOrigin.SOURCE,
            ),
        )


def _tags(language: str, text: media.TextStream) -> Iterator[str]:
    """Give tags for a track, the plainest first."""
    if text.is_for_deaf:  # players know it by this, so it has it also when it is the only one
        yield f"{language}{captions.FOR_DEAF}"
    else:
        yield language
    if text.is_forced:
        yield f"{language}-x-forced"
    yield f"{language}-x-{text.index}"


def language_of(text: media.TextStream) -> str:
    """Return the tag of the language of a text track."""
    try:
        return captions.language_tag(text.language or UNKNOWN)
    except ParameterError:
        return UNKNOWN
