"""What one answer of an origin or a store means, and its bytes; who asks, and how often, is in `transfer`."""
