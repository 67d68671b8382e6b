"""What is drawn into every rendition, as a value: a watermark and its place, a text; `encode/filters.py` draws."""
