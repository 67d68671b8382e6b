"""What players read before media, as text: HLS playlists and the MPD, from one presentation; no segments."""
