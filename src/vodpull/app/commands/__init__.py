"""What the commands `doctor`, `backup`, `restore`, `rebuild` and `export` do; what joins a service is beside it."""
