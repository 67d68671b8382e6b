"""Who reads the lists of libraries: one module for each kind."""
