"""The calls about files that are kept as they came: materials and sound; their bytes come to `file_upload`."""
