"""The call that lets a file in; the bytes themselves come to `api/cloudvod/file_upload`."""
