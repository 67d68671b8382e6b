"""What a label of videos may be called (spec cloud-vod-videos §9). The tree of labels: `category_tree.py`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Letters, digits, underscore and blank, of the basic plane's CJK block as well; it does not begin with a blank.
_NAME = re.compile(r"[A-Za-z0-9_一-鿿㐀-䶿][A-Za-z0-9_ 一-鿿㐀-䶿]{0,31}")


@dataclass(frozen=True, kw_only=True)
class CategoryName:
    """A label by its names, as a client writes it; a missing part is empty."""

    parent: str = ""
    child: str = ""


def is_category_name(text: str) -> bool:
    """Tell whether a category may have this name: 1 to 32 letters, digits, `_`, blanks or CJK characters."""
    return _NAME.fullmatch(text) is not None
