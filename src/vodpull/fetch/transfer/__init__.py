"""One file over HTTP: requests, responses, parallel connections, resume and limits; no playlists."""
