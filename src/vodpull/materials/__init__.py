"""Files that accounts keep for use in their videos: pictures, subtitles, sound; nothing is made of them."""
