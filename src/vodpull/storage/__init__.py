"""Bytes by key."""

from vodpull.storage.base import ObjectInfo, ObjectStore
from vodpull.storage.keys import asset_folder, original_name
from vodpull.storage.objects import open_store

__all__ = ["ObjectInfo", "ObjectStore", "asset_folder", "open_store", "original_name"]
