from __future__ import annotations

from vodpull.accounts.people.passwords import _NOBODYS, Passwords

PASSWORD = "correct horse battery"


def cost(password_hash: str) -> list[str]:
    """Return algorithm, version and parameters; salt and digest come last."""
    return password_hash.split("$")[1:-2]


def test_a_guess_at_nobody_costs_what_one_at_a_password_costs() -> None:
    assert cost(Passwords().hash(PASSWORD)) == cost(_NOBODYS) == ["argon2id", "v=19", "m=65536,t=3,p=4"]


def test_only_the_password_fits_and_none_fits_nobody() -> None:
    passwords = Passwords()
    known = passwords.hash(PASSWORD)
    assert [passwords.fits(guess, known) for guess in (PASSWORD, "another password")] == [True, False]
    assert not passwords.fits(PASSWORD, "")
