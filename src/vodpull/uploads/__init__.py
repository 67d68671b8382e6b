"""Files that clients send: what was reserved for whom, the tokens that let it in, and the parts that have arrived."""
