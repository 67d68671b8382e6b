"""Blocks of uploads: what of them has arrived, where its bytes lie, and how a client says where more belong."""
