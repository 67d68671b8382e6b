"""What every HTTP call passes through: access, limits, errors, documents and files; nothing of a single call."""
