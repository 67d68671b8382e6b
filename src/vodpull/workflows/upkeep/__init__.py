"""What goes through the store: by the clock, sweeps and manifests; by command, rebuilds and copies for an export."""
