"""What FFmpeg is allowed to open and decode, as one list for the encoder, the packager and the probe."""

from __future__ import annotations

from collections.abc import Sequence

from vodpull.media.source_limits import MAX_PIXELS, MAX_STREAMS
from vodpull.media.tools.accepted import names

# Input options for pictures from our own renditions: the others are neither read nor decoded.
KEYFRAMES_ONLY = (
    "-discard", "nokey", "-skip_frame", "nokey",
    # Frame threads would each want a picture of their own to decode.
    "-threads", "1",
)  # fmt: skip

# Local files only: nothing in a file may lead to the network.
PROTOCOLS = "file,pipe"
# How much may be read before the streams are known: late audio in a transport stream, not a whole film.
PROBE_BYTES = 32 * 1024 * 1024
ANALYZE_US = 30 * 1_000_000
# One allocation; an 8K picture in 32-bit float planes needs 135 MB a plane.
MAX_ALLOC_BYTES = 1024 * 1024 * 1024


def format_options() -> dict[str, str]:
    """Return the options with which any media file is opened, in FFmpeg's names."""
    return {
        "protocol_whitelist": PROTOCOLS,
        # Without it, a playlist that is named like a video still reads other local files.
        "format_whitelist": _listed("format", boxed=False),
        "codec_whitelist": _listed("codec", boxed=False),
        # Refuses a picture that asks for gigabytes before it is decoded.
        "max_pixels": str(MAX_PIXELS),
        "max_streams": str(MAX_STREAMS),
        "probesize": str(PROBE_BYTES),
        "analyzeduration": str(ANALYZE_US),
    }


def boxed(token: str) -> str:
    """
    Return a token of a command, or its JSON, that allows what the sandbox allows.

    Commands are written with the short lists, as they are run without a sandbox, and have their names from that.
    """
    for kind in ("format", "codec"):
        token = token.replace(_listed(kind, boxed=False), _listed(kind, boxed=True))
    return token


def _listed(kind: str, *, boxed: bool) -> str:
    """Return a whitelist in FFmpeg's words."""
    if kind == "format":
        return ",".join(names("format", boxed=boxed))
    return ",".join(names("video", boxed=boxed) + names("audio", boxed=boxed))


def decoders(*, boxed: bool) -> dict[str, tuple[str, ...]]:
    """Return FFmpeg's names of the decoders, by kind of stream."""
    return {kind: names(kind, boxed=boxed) for kind in ("video", "audio", "text")}


def text_option() -> tuple[str, ...]:
    """Return the input option that allows the decoders of text, too; they are taken in the sandbox only."""
    return ("-codec_whitelist", ",".join((_listed("codec", boxed=False), *names("text", boxed=True))))


def global_flags() -> tuple[str, ...]:
    """Return the flags that open every FFmpeg command."""
    return (
        "ffmpeg",
        # Nobody is there to answer a question.
        "-nostdin",
        "-hide_banner",
        # Only errors: the tail of stderr is for the operator, progress has its own channel.
        "-v", "error",
        # Machine-readable progress; twice a second is what a progress bar can show.
        "-progress", "pipe:1", "-stats_period", "0.5",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        # The output folder is fresh; without the flag an existing name would be a question.
        "-y",
    )  # fmt: skip


def ending_at(url: str, stop_bytes: int) -> str:
    """Return the URL of a file that ends with a byte of another one; needs `subfile` among the protocols."""
    return f"subfile,,start,0,end,{stop_bytes},,:{url}"


def cut_input(argv: Sequence[str], name: str, stop_bytes: int) -> list[str]:
    """Return a command to which the input `/in/<name>` ends with a byte, whatever comes behind it."""
    whole = f"file:/in/{name}"
    cut = {whole: ending_at(whole, stop_bytes), PROTOCOLS: f"{PROTOCOLS},subfile"}
    return [cut.get(token, token) for token in argv]


def input_flags(name: str, *options: str) -> tuple[str, ...]:
    """Return the hardened flags that open the input `/in/<name>`; further input options come before `-i`."""
    hardened = [token for key, value in format_options().items() for token in (f"-{key}", value)]
    # The `file:` prefix keeps a name with a colon from being taken for a URL.
    return (*hardened, *options, "-i", f"file:/in/{name}")
