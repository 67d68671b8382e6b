"""The kinds of library that may be imported: which fields say where each is, which are secret, who reads its list."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vodpull import fetch, storage
from vodpull.imports.entries import Lister
from vodpull.imports.kind_checks import LibraryKind, Texts
from vodpull.imports.listers.buckets_and_folders import StoreLister
from vodpull.imports.listers.bunny import BunnyLister
from vodpull.imports.listers.cloudflare import CloudflareLister
from vodpull.imports.listers.cloudvod import CloudVodLister
from vodpull.imports.listers.mux import MuxLister


def import_kinds(
    guard: fetch.AddressGuard, stores_of: Callable[[str], storage.AccountStores]
) -> Mapping[str, LibraryKind]:
    """Return every kind of library by its name."""

    def of_api(
        lister: Callable[[fetch.AddressGuard, Texts, Texts], Lister],
    ) -> Callable[[Texts, Texts, str], Lister]:
        return lambda place, secret, _account_id: lister(guard, place, secret)

    return {
        "list": LibraryKind(open=None, place=frozenset(), optional=frozenset({"library"})),
        "cloud-vod": LibraryKind(
            open=of_api(CloudVodLister),
            place=frozenset({"url", "access_key"}),
            optional=frozenset({"category", "zone"}),
            identity=frozenset({"url"}),
            secret=frozenset({"secret_key"}),
            may_repeat=True,
        ),
        "mux": LibraryKind(
            open=of_api(MuxLister),
            place=frozenset({"token_id"}),
            optional=frozenset({"url", "stream_url", "image_url"}),
            identity=frozenset({"url"}),
            secret=frozenset({"token_secret"}),
            may_repeat=True,
        ),
        "cloudflare": LibraryKind(
            open=of_api(CloudflareLister),
            place=frozenset({"account_id"}),
            optional=frozenset({"url"}),
            secret=frozenset({"api_token"}),
            may_repeat=True,
        ),
        "bunny": LibraryKind(
            open=of_api(BunnyLister),
            place=frozenset({"library", "host"}),
            optional=frozenset({"url"}),
            identity=frozenset({"library", "url"}),
            secret=frozenset({"access_key"}),
            may_repeat=True,
        ),
        "s3": LibraryKind(
            open=lambda place, _secret, account_id: StoreLister(stores_of, place, account_id),
            place=frozenset({"store"}),
            optional=frozenset({"prefix"}),
            identity=frozenset({"store"}),
        ),
    }
