"""`python -m vodpull`: the same as the command `vodpull`."""

from vodpull.cli import main

if __name__ == "__main__":
    main()
