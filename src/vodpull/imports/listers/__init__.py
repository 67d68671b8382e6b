"""Who reads the lists of libraries: one module for each kind, with the ids that its videos keep; no queries."""
