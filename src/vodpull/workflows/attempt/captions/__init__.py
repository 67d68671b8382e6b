"""Text tracks of a video in the making: where they come from, what is stored of them; no parser of captions."""
