"""Sources by their URL: pullVideo takes them in, pullVideoQuery tells where they are."""
