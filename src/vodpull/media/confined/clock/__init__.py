"""Scripts that write a source anew whose clock starts again, jumps or wraps, or whose sound changes its kind."""
