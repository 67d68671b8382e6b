"""HLS playlists as sources: read, limited, and their segments brought here; written playlists are `media.package`."""
