"""`/api/v1/videos` and `/api/v1/categories`: the library as its owners see and change it; no rules of its own."""
