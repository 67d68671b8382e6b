"""One file over HTTP: requests, tries, parallel connections and limits; one answer, in `answers`; no playlists."""
