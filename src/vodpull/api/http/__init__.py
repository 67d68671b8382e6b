"""What every HTTP call passes through: access, limits of the exchange, errors, documents and files."""
