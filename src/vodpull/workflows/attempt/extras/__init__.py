"""Small files that go with a film: fetched beside its source, posters of other clouds, pictures of watermarks."""
