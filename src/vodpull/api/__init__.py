"""The wire contract: requests in, replies out, and the HTTP around them."""
