"""Who may watch: what a video asks for, the tokens that its viewers bring, and who is let in; no queries on videos."""
