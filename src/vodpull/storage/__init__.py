"""Bytes by key in an object store, and how keys are made; not what the bytes mean."""

from vodpull.storage.contract import ListedObject, ObjectInfo, ObjectStore, UnfinishedUploads, exists
from vodpull.storage.export_destination import open_destination
from vodpull.storage.object_keys import (
    MANIFESTS,
    MATERIAL_ROOTS,
    OWN_ROOT,
    ROOT,
    UPLOADS,
    VIDEO_ROOTS,
    WORK,
    asset_folder,
    captions_folder,
    manifest_key,
    material_key,
    material_of,
    own_poster_key,
    place_of,
    upload_key,
    work_key,
)
from vodpull.storage.object_store import open_store
from vodpull.storage.original_names import original_name
from vodpull.storage.own_places import folders_overlap, stores_overlap
from vodpull.storage.self_test import prove_store, store_answers
from vodpull.storage.source_stores import AccountStores, SourceStores

__all__ = [
    "MANIFESTS",
    "MATERIAL_ROOTS",
    "OWN_ROOT",
    "ROOT",
    "UPLOADS",
    "VIDEO_ROOTS",
    "WORK",
    "AccountStores",
    "ListedObject",
    "ObjectInfo",
    "ObjectStore",
    "SourceStores",
    "UnfinishedUploads",
    "asset_folder",
    "captions_folder",
    "exists",
    "folders_overlap",
    "manifest_key",
    "material_key",
    "material_of",
    "open_destination",
    "open_store",
    "original_name",
    "own_poster_key",
    "place_of",
    "prove_store",
    "store_answers",
    "stores_overlap",
    "upload_key",
    "work_key",
]
