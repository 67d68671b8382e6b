"""The call that lets a file in; its bytes come to `api/cloudvod/file_upload`, tus is `v1/tus_uploads`."""
