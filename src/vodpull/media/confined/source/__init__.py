"""Scripts that say what a source is: its tracks and length, whether it is cut, how far a part of it can be used."""
