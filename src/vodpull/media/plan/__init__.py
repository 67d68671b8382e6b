"""Decisions as values: template, ladder, what is copied, where it is cut; pure, and no commands."""
