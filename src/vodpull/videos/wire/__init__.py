"""Videos, clips, joins and materials as the wire contract has them, in replies and in callbacks; /api/v1 has views."""
