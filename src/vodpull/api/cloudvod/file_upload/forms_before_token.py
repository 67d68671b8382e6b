"""What forms may bring before their token was seen, and how many such at once: nobody knows who sends them."""

from __future__ import annotations

from vodpull.errors import StorageUnavailable, UploadTokenInvalid

MAX_BYTES = 64 * 1024 * 1024
"""Of a form's file before its token was seen (spec cloud-vod-videos §8.3)."""

MAX_AT_ONCE = 16


def check_unknown(seen_bytes: int) -> None:
    """Raise UploadTokenInvalid for more bytes of a file than may come without a token."""
    if seen_bytes > MAX_BYTES:
        raise UploadTokenInvalid("Token Invalid")


class FormsBeforeToken:
    """Counts the forms of one process whose token was not seen yet."""

    def __init__(self) -> None:
        self._count = 0

    def begin(self) -> None:
        """
        Count one more.

        Raises:
            StorageUnavailable: there are too many.
        """
        if self._count >= MAX_AT_ONCE:
            raise StorageUnavailable("too many forms without a token are under way")
        self._count += 1

    def end(self) -> None:
        """Count one no more: its token was seen, or it has ended."""
        self._count -= 1
