"""The composition root: the only place that builds the parts and joins them; no part's own rules."""
