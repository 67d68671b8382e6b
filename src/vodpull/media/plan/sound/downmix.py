"""How the channels of a sound track are mixed into stereo or 5.1, by FFmpeg; which: `sound_plans.py`. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from vodpull.media.inspect.media_info import STEREO

# What goes to the left, to the right and to both ears (ITU-R BS.775, which leaves the bass of LFE out).
LEFT: Mapping[str, float] = {
    "FL": 1,
    "FLC": 1,
    "DL": 1,
    "BL": 0.707,
    "SL": 0.707,
    "WL": 0.707,
    "TFL": 0.707,
    "TBL": 0.5,
}
RIGHT: Mapping[str, float] = {f"{name[:-1]}R" if name != "FLC" else "FRC": gain for name, gain in LEFT.items()}
BOTH: Mapping[str, float] = {"FC": 0.707, "BC": 0.5, "TC": 0.5, "TFC": 0.5, "TBC": 0.5, "LFE": 0, "LFE2": 0}
# The order in which FFmpeg keeps them.
SPEAKERS = ("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR", "TC", "TFL", "TFC", "TFR", "TBL",
            "TBC", "TBR", "DL", "DR", "WL", "WR", "LFE2")  # fmt: skip
# Without names, so many channels mean 5.1 and 7.1 to most programs; the fourth is in both ears, should it be no bass.
USUAL = {6: ("FL", "FR", "FC", "TC", "BL", "BR"), 8: ("FL", "FR", "FC", "TC", "BL", "BR", "SL", "SR")}
SURROUND = {"5.1": 6, "7.1": 8}
# Encoders overshoot a little: decoded peaks stay below full scale.
LIMIT = 0.89


def stereo_mix(channels: int, speakers: Sequence[str]) -> str:
    """
    Return the filters that make stereo of so many channels; `speakers` names them, or is empty.

    Nothing clips, a single channel is as loud in each ear as it was, and every channel is heard.
    """
    known = [name for name in speakers if name in SPEAKERS]
    # Where there is nothing but bass, the bass is heard.
    known = known if any(LEFT.get(name) or RIGHT.get(name) or BOTH.get(name) for name in known) else []
    if len(known) == channels and known == sorted(set(known), key=SPEAKERS.index):
        return _limited(_by_name(FC=1.0 if channels <= STEREO else 0.707), channels)
    names = known if len(known) == channels else USUAL.get(channels, ())
    return _limited(_by_number(channels, names), channels)


def surround_mix(channels: int, speakers: Sequence[str]) -> str | None:
    """Return the filters that make 5.1 of so many channels, by name or in their usual order; None: they are not it."""
    if channels not in SURROUND.values():
        return None
    known = [name for name in speakers if name in SPEAKERS]
    named = len(set(known)) == channels
    if named and not {"FL", "FR", "FC", "LFE"} <= set(known):
        return None
    # Both pairs behind become one, as loud as they were together.
    gain = 0.707 if channels > SURROUND["5.1"] else 1
    if named:
        back = (f"B{side}={gain:g}*B{side}+{gain:g}*S{side}" for side in "LR")
        return f"pan=5.1|FL=FL|FR=FR|FC=FC|LFE=LFE|{'|'.join(back)}"
    sides = [
        f"c{at}={gain:g}*c{at}+{gain:g}*c{at + 2}" if channels > SURROUND["5.1"] else f"c{at}=c{at}" for at in (4, 5)
    ]
    return f"pan=5.1|c0=c0|c1=c1|c2=c2|c3=c3|{'|'.join(sides)}"


def _by_name(**own: float) -> str:
    """Mix by names: what is not there is passed over, so that a track may change its channels on the way."""
    sides = ({**side, **BOTH, **own} for side in (LEFT, RIGHT))
    left, right = ("+".join(f"{gain:g}*{name}" for name, gain in side.items() if gain) for side in sides)
    return f"pan=stereo|FL={left}|FR={right}"


def _by_number(channels: int, names: Sequence[str]) -> str:
    left, right = _parts(channels, LEFT, names, parity=0), _parts(channels, RIGHT, names, parity=1)
    return f"pan=stereo|c0={'+'.join(left or right)}|c1={'+'.join(right or left)}"


def _parts(channels: int, side: Mapping[str, float], names: Sequence[str], *, parity: int) -> list[str]:
    if names:
        gains = {
            number: ({**side, **BOTH}).get(name, 0) / math.sqrt(names.count(name)) for number, name in enumerate(names)
        }
    else:
        # By turns; the last one of an odd number is in both ears. Together they are as loud as one.
        heard = [
            number for number in range(channels) if number % 2 == parity or (number == channels - 1 and channels % 2)
        ]
        gains = dict.fromkeys(heard, 1 / math.sqrt(len(heard)) if heard else 0)
    return [f"{gain:.3f}*c{number}" for number, gain in gains.items() if gain]


def _limited(mix: str, channels: int) -> str:
    # level: no gain of its own; latency: the look-ahead does not shift the sound against the picture.
    return f"{mix},alimiter=limit={LIMIT}:level=disabled:latency=1" if channels > STEREO else mix
