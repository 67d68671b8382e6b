"""Paths that files come in by: forms, and the blocks of the vendor's uploaders; not tus, which is `v1/tus_uploads`."""
