"""A picture that is burnt into every rendition, and where it lies in each. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from vodpull.media.inspect.watermark_picture import StillPicture

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]
# 4:2:0 pictures have no colour of their own at odd places.
EVEN = 2


@dataclass(frozen=True, kw_only=True)
class Watermark:
    """A picture in a corner, as a TOML file says it."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    file: Annotated[str, Field(pattern=r"^([^/\\\x00-\x1f]{1,200})?$")] = ""
    """Name of a PNG or JPEG file in the folder of watermarks; empty: it is a material."""
    material: Annotated[str, Field(pattern=r"^([0-9a-f]{32})?$")] = ""
    """Id of a picture that is kept as a material, in the place of a file."""
    corner: Corner = "top-right"
    margin_percent: Annotated[float, Field(ge=0, le=40)] = 3.0
    """Distance from both edges, of the shorter side of the picture."""
    width_percent: Annotated[float, Field(ge=1, le=50)] = 12.0
    """Of the width of the picture; narrower where it would be higher than half of it."""
    opacity: Annotated[float, Field(ge=0.05, le=1)] = 1.0
    """1: covers what is below it."""
    picture: StillPicture | None = None
    """What the file or the material holds; set by who reads it."""

    @property
    def still(self) -> StillPicture:
        """What the file or the material holds, in a plan."""
        if self.picture is None:
            raise ValueError(f"the picture {self.file or self.material} was not read")
        return self.picture


@dataclass(frozen=True, kw_only=True)
class Rectangle:
    """A rectangle of a picture, in even pixels from its upper left corner."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


def place_watermark(mark: Watermark, size: tuple[int, int]) -> Rectangle:
    """Return where a watermark lies in a picture of a size."""
    width, height = size
    aspect = mark.still.width_px / mark.still.height_px
    across = min(width * mark.width_percent / 100, height / 2 * aspect)
    own = _even(across), _even(across / aspect)
    margin = EVEN * round(min(size) * mark.margin_percent / 100 / EVEN)
    left = margin if mark.corner.endswith("left") else width - margin - own[0]
    top = margin if mark.corner.startswith("top") else height - margin - own[1]
    return Rectangle(
        left_px=min(max(left, 0), width - own[0]),
        top_px=min(max(top, 0), height - own[1]),
        width_px=own[0],
        height_px=own[1],
    )


def _even(length_px: float) -> int:
    return max(EVEN, EVEN * round(length_px / EVEN))
