"""What is measured of a file: starts the children of `confined` and types their answers; decides nothing."""
