"""The pages of the library: its list, one video, captions, edits, materials, uploads; tasks are beside it."""
