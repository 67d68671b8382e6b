"""What a person sends: who they are, the language they read, the forms they fill in; nothing of replies."""
