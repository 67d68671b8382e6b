"""The pages of the library: its list, one video with its captions and edits, materials, and what is sent to it."""
