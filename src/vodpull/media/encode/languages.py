"""Names of languages as MP4 and as playlists write them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

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
# ISO 639-2/B, as Matroska and old files write them.
_BIBLIOGRAPHIC = """
albsq armhy baqeu burmy chizh czecs dutnl frefr geoka gerde greel iceis macmk maomi mayms perfa rumro slosk tibbo welcy
"""
_SHORT = {
    **{long: short for short, long in _LONG.items()},
    **{pair[:_LONG_LETTERS]: pair[_LONG_LETTERS:] for pair in _BIBLIOGRAPHIC.split()},
}
# What languages call themselves, those that most films are spoken in.
_OWN_NAMES = {
    "ar": "العربية", "bg": "български", "bn": "বাংলা", "ca": "català", "cs": "čeština", "da": "dansk", "de": "Deutsch",
    "el": "Ελληνικά", "en": "English", "es": "español", "et": "eesti", "fa": "فارسی", "fi": "suomi", "fr": "français",
    "he": "עברית", "hi": "हिन्दी", "hr": "hrvatski", "hu": "magyar", "id": "Indonesia", "it": "italiano", "ja": "日本語",
    "ko": "한국어", "lt": "lietuvių", "lv": "latviešu", "ms": "Melayu", "nb": "norsk", "nl": "Nederlands",
    "no": "norsk", "pl": "polski", "pt": "português", "ro": "română", "ru": "русский", "sk": "slovenčina",
    "sl": "slovenščina", "sr": "српски", "sv": "svenska", "ta": "தமிழ்", "te": "తెలుగు", "th": "ไทย", "tr": "Türkçe",
    "uk": "українська", "ur": "اردو", "vi": "Tiếng Việt", "yue": "粵語", "zh": "中文",
}  # fmt: skip
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
    tag = f"{_SHORT.get(primary, primary)}{dash}{rest}"
    if not _TAG.fullmatch(tag) or primary in _NO_LANGUAGE:
        return None
    # Scripts and regions as people write them; readers take any.
    first, *others = tag.split("-")
    return "-".join([first, *(_CASES.get(len(part), str.lower)(part) for part in others)])


def own_name(said: str) -> str | None:
    """Return what a language calls itself, else its tag, for menus; None: it is none."""
    tag = bcp_47(said)
    if tag is None:
        return None
    primary, dash, rest = tag.partition("-")
    return f"{_OWN_NAMES.get(primary, primary)}{f' ({rest})' if dash else ''}"
