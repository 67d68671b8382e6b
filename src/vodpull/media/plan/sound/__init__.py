"""How each sound track of a source is made, and how its channels are mixed; no commands but filters as text."""
