"""Figures of the whole installation, for gauges and charts; of no single job."""
