"""Who may watch: what a video asks for, and the tokens that its viewers bring. Queries about videos are not here."""
