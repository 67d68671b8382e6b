"""How a page reaches the browser: templates, live updates, headers, files; nothing of what a page says."""
