"""From file to renditions: probe, plan, encode, package, verify."""
