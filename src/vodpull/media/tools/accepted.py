"""
Which containers and codecs are taken, as data: each with FFmpeg's name, what people call it, and why it is there.

Every entry is code that runs on hostile bytes, so what nobody sends is refused instead of tried. What is `boxed` is
taken only where the sandbox works, and passed the mutated files of `tests/fuzz` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

Kind = Literal["format", "video", "audio", "text"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """One demuxer or decoder of FFmpeg."""

    kind: Kind
    name: str
    """FFmpeg's name; of a demuxer, all of its names."""
    title: str
    """What people call it."""
    reason: str
    boxed: bool = False
    """Only in the sandbox."""


def _rows(kind: Kind, text: str, *, boxed: bool = False) -> tuple[Accepted, ...]:
    """Read lines of `name | title | reason`."""
    rows = (tuple(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines())
    return tuple(Accepted(kind=kind, name=name, title=title, reason=why, boxed=boxed) for name, title, why in rows)


# Playlists, scripts and network formats (hls, dash, concat, sdp, rtsp, image2) stay out: they open other files. Raw
# still pictures stay out too.
_FORMATS = _rows("format", """
    mov,mp4,m4a,3gp,3g2,mj2 | MP4, MOV, 3GP | phones, cameras, editors
    matroska,webm | Matroska, WebM | recorders, browsers
    avi | AVI | older cameras, screen recorders
    flv | FLV | live servers
    mpegts | MPEG-TS, M2TS | broadcast, AVCHD cameras, HLS
    mpeg | MPEG-PS | DVD, older cameras
    asf | ASF, WMV, WMA | Windows Media
    ogg | Ogg | Theora, Vorbis, Opus
    wav | WAV | recorders
    mp3 | MP3 | music, podcasts
    aac | AAC (ADTS) | radio, HLS
    flac | FLAC | music
""")  # fmt: skip
_VIDEO = _rows("video", """
    h264 | H.264 | nearly everything
    hevc | HEVC, H.265 | phones, cameras
    vp8 | VP8 | WebM
    vp9 | VP9 | WebM, video platforms
    av1 | AV1 | video platforms
    libdav1d | AV1 | video platforms
    mpeg4 | MPEG-4 ASP, Xvid, DivX | older cameras, AVI
    msmpeg4 | DivX 3 | older AVI
    mpeg1video | MPEG-1 | Video CD
    mpeg2video | MPEG-2 | broadcast, DVD, XDCAM
    prores | ProRes | editors
    mjpeg | Motion JPEG | older cameras
    flv | Sorenson Spark | Flash
    vc1 | VC-1 | Windows Media, Blu-ray
    wmv3 | WMV 9 | Windows Media
""")  # fmt: skip
_AUDIO = _rows("audio", """
    aac | AAC | nearly everything
    aac_latm | AAC in LATM | broadcast
    mp3 | MP3 | music
    mp3float | MP3 | music
    mp2 | MPEG-1 layer II | broadcast
    mp2float | MPEG-1 layer II | broadcast
    ac3 | Dolby Digital | DVD, broadcast
    eac3 | Dolby Digital Plus | broadcast, streaming
    opus | Opus | WebM, calls
    libopus | Opus | WebM, calls
    vorbis | Vorbis | Ogg, WebM
    flac | FLAC | music
    alac | Apple Lossless | music
    wmav2 | WMA 2 | Windows Media
    amrnb | AMR | phones
    amrwb | AMR-WB | phones
    pcm_s16le | PCM | WAV, AVI, MOV
    pcm_s16be | PCM | MOV, MXF
    pcm_s24le | PCM | WAV, MOV, MXF
    pcm_s24be | PCM | MOV
    pcm_s32le | PCM | WAV
    pcm_f32le | PCM | WAV, editors
    pcm_u8 | PCM | AVI
    pcm_alaw | A-law | calls
    pcm_mulaw | mu-law | calls
""")  # fmt: skip
_BOXED_FORMATS = _rows("format", """
    mxf | MXF | broadcast cameras, editors, digital cinema
    ivf | IVF | output of encoders and calls
    rm | RealMedia | archives
    dv | DV | tape cameras
    aiff | AIFF | music, editors
    caf | Core Audio | Apple's recorders
    w64 | Wave64 | editors, long recordings
    amr | AMR | voice recorders
""", boxed=True)  # fmt: skip
_BOXED_VIDEO = _rows("video", """
    dnxhd | DNxHD, DNxHR | editors, broadcast
    cfhd | CineForm | editors, action cameras
    h263 | H.263 | phones of the 2000s (3GP)
    wmv1 | WMV 7 | Windows Media
    wmv2 | WMV 8 | Windows Media
    msmpeg4v2 | MS MPEG-4 v2 | older AVI
    theora | Theora | Ogg
    vvc | VVC, H.266 | new broadcast
    hap | HAP | stage and installations
    ffv1 | FFV1 | archives
    huffyuv | HuffYUV | capture cards
    ffvhuff | HuffYUV of FFmpeg | capture cards
    qtrle | QuickTime Animation | editors, with transparency
    svq1 | Sorenson Video 1 | older MOV
    cinepak | Cinepak | older MOV and AVI
    rv10 | RealVideo 1 | archives
    rv20 | RealVideo G2 | archives
    dvvideo | DV | tape cameras
    rawvideo | uncompressed | capture cards, screen recorders
    v210 | uncompressed, 10 bit | capture cards
    png | PNG in MOV | editors, with transparency
""", boxed=True)  # fmt: skip
_BOXED_AUDIO = _rows("audio", """
    wmav1 | WMA 1 | Windows Media
    wmapro | WMA Pro | Windows Media
    dca | DTS | Blu-ray, DVD
    truehd | Dolby TrueHD | Blu-ray
    pcm_bluray | PCM | Blu-ray, AVCHD
    pcm_s8 | PCM | AIFF
    pcm_s32be | PCM | MOV, AIFF
    pcm_f32be | PCM | MOV
    pcm_f64le | PCM | WAV, editors
    adpcm_ima_qt | IMA ADPCM | older MOV
    adpcm_ima_wav | IMA ADPCM | older AVI and WAV
    adpcm_ms | MS ADPCM | older AVI and WAV
    adpcm_swf | Flash ADPCM | FLV
    nellymoser | Nellymoser | FLV
    real_144 | RealAudio 1 | archives
    s302m | SMPTE 302M | broadcast MPEG-TS
""", boxed=True)  # fmt: skip
_BOXED_TEXT = _rows("text", """
    subrip | SubRip | films in Matroska
    srt | SubRip | films in Matroska
    ass | ASS | films in Matroska
    ssa | SSA | films in Matroska
    webvtt | WebVTT | WebM
    mov_text | MP4 timed text | phones, editors, shops
    text | plain text | older Matroska
""", boxed=True)  # fmt: skip
# Read by `media/confined/mp4_texts.py`: FFmpeg knows neither.
_OWN_TEXT = _rows("text", """
    wvtt | WebVTT in MP4 | CMAF, DASH
    ttml | TTML in MP4 | CMAF, DASH, broadcast
""", boxed=True)  # fmt: skip

ACCEPTED = (*_FORMATS, *_BOXED_FORMATS, *_VIDEO, *_BOXED_VIDEO, *_AUDIO, *_BOXED_AUDIO, *_BOXED_TEXT, *_OWN_TEXT)
"""All that is taken, containers first."""


@cache
def names(kind: Kind, *, boxed: bool) -> tuple[str, ...]:
    """Return FFmpeg's names of one kind; with `boxed`, what is taken in the sandbox, too."""
    return tuple(entry.name for entry in ACCEPTED if entry.kind == kind and (boxed or not entry.boxed))


def titles(kind: Kind, *, boxed: bool) -> str:
    """Return what people call one kind, as a list in a sentence."""
    known = dict.fromkeys(entry.title for entry in ACCEPTED if entry.kind == kind and (boxed or not entry.boxed))
    return ", ".join(known)
