"""The calls about what has been pulled: videos, categories and lists; fetching and its status query are beside it."""
