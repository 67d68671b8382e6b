"""Where a film is cut: segments, chunks, the place that a chunk is read from, and the grid of frames below them."""
