"""How often work may take down the process that does it before it is given up (`StepAbandoned`)."""

from __future__ import annotations

MAX_RECOVERIES_OF_PARENT = 1000
"""A parent only waits, and a turn of an import is short, so they outlive any number of restarts."""

MAX_RECOVERIES_OF_CHILD = 50
"""
A child works; one that took its process down this often is the cause. Not fewer: every child that runs when a process
dies is counted, and work of two seconds in a process that dies every two seconds needs many tries.
"""
