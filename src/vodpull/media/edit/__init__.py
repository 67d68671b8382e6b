"""Cutting a video out of another one, and joining several: the plan, its commands, and the comparison of the result."""
