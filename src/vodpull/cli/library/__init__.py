"""Commands about what an account has, over a running service: videos, captions, uploads, imports; not tasks."""
