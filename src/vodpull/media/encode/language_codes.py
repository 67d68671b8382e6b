"""Codes of languages as MP4 (ISO 639-2) and playlists (BCP 47) have them; of captions: `captions/languages.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from babel.core import Locale, UnknownLocaleError, get_global

# ISO 639-1 and behind it ISO 639-2/T, as the registration authority pairs them.
_PAIRS = """
aaaar ababk aeave afafr akaka amamh anarg arara asasm avava ayaym azaze babak bebel bgbul bhbih bibis bmbam
bnben bobod brbre bsbos cacat ceche chcha cocos crcre csces cuchu cvchv cycym dadan dedeu dvdiv dzdzo eeewe
elell eneng eoepo esspa etest eueus fafas ffful fifin fjfij fofao frfra fyfry gagle gdgla glglg gngrn guguj
gvglv hahau heheb hihin hohmo hrhrv hthat huhun hyhye hzher iaina idind ieile igibo iiiii ikipk ioido isisl
itita iuiku jajpn jvjav kakat kgkon kikik kjkua kkkaz klkal kmkhm knkan kokor krkau kskas kukur kvkom kwcor
kykir lalat lbltz lglug lilim lnlin lolao ltlit lulub lvlav mgmlg mhmah mimri mkmkd mlmal mnmon mrmar msmsa
mtmlt mymya nanau nbnob ndnde nenep ngndo nlnld nnnno nonor nrnbl nvnav nynya ococi ojoji omorm orori ososs
papan pipli plpol pspus ptpor quque rmroh rnrun roron rurus rwkin sasan scsrd sdsnd sesme sgsag sisin skslk
slslv smsmo snsna sosom sqsqi srsrp ssssw stsot susun svswe swswa tatam tetel tgtgk ththa titir tktuk tltgl
tntsn toton trtur tstso tttat twtwi tytah uguig ukukr ururd uzuzb veven vivie vovol wawln wowol xhxho yiyid
yoyor zazha zhzho zuzul
"""
_LONG = {pair[:2]: pair[2:] for pair in _PAIRS.split()}
_LONG_LETTERS = 3
# Not known, several, none, and not coded.
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})
_CASES: Mapping[int, Callable[[str], str]] = {2: str.upper, 4: str.title}
_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,4}", re.ASCII)


def iso_639_2(tag: str) -> str | None:
    """Return the three letters for a tag of BCP 47 (`pt-BR` is `por`); None: it names no language that has them."""
    primary = tag.replace("_", "-").partition("-")[0].strip().lower()
    is_long = len(primary) == _LONG_LETTERS and primary.isascii() and primary.isalpha()
    return primary if is_long else _LONG.get(primary)


def bcp_47(said: str) -> str | None:
    """Return the tag for playlists and manifests, with the shortest code of a language (`eng` is `en`); None: none."""
    primary, dash, rest = said.replace("_", "-").strip().lower().partition("-")
    shorter = get_global("language_aliases").get(primary, primary)
    tag = f"{shorter if isinstance(shorter, str) else primary}{dash}{rest}"
    if not _TAG.fullmatch(tag) or primary in _NO_LANGUAGE:
        return None
    # Scripts and regions as people write them; readers take any.
    first, *others = tag.split("-")
    return "-".join([first, *(_CASES.get(len(part), str.lower)(part) for part in others)])


def own_name(said: str) -> str | None:
    """Return what those who speak a language call it, else its tag, for menus; None: it is none."""
    tag = bcp_47(said)
    if tag is None:
        return None
    try:
        name = Locale.parse(tag, sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag
    return f"{name[0].upper()}{name[1:]}"
