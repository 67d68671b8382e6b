"""From fact to receiver."""
