"""What becomes of entries: ended, failed, an id or a change kept, metadata applied; not what is listed, nor when."""
