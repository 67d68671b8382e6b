"""The library: videos with their whole life, their categories and what is told of them; jobs make them, elsewhere."""
