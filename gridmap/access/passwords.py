"""Passwords: how they are kept, what a good one is, and the one-time ones that start an account."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gridmap.errors import BadInput

SHORTEST, LONGEST = 8, 1000
FEWEST_CHARACTERS = 4
# Argon2id: 32 MiB and about 60 ms a try; sixteen threads that check at once stay below 512 MiB.
_HASHER = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
#: Left out: what is mistaken for another sign when it is read aloud or from paper.
_ONE_TIME_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_RUNS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm")
_OWN_WORDS = ("gridmap", "社区", "网格地图")


def hashed(password: str) -> str:
    """Return what is kept of a password: Argon2id over its NFKC form, each with its own salt."""
    return _HASHER.hash(_normal(password))


def matches(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one that was kept; takes as long when there is none to compare with.

    Parameters
    ----------
    password
        What somebody typed.
    password_hash
        What `hashed` returned; None when the account does not exist.
    """
    try:
        return _HASHER.verify(password_hash or _nobodys_hash(), _normal(password)) and password_hash is not None
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def one_time_password() -> str:
    """Return a random password of 59 bits, in groups that are easy to read out."""
    return "-".join("".join(secrets.choice(_ONE_TIME_SIGNS) for _ in range(4)) for _ in range(3))


def check_password(password: str, *, words: tuple[str, ...] = (), field: str = "new") -> None:
    """Refuse a password that others would guess; length is what counts, no sign is demanded.

    Parameters
    ----------
    password
        The new password; spaces and Chinese are as good as any sign.
    words
        What everybody knows of this account: the user's name, the names of the communities.
    field
        The form field that an error points at.

    Raises
    ------
    BadInput
        It is short, widely used, a run of keys, or holds one of the words.
    """
    normal = _normal(password).casefold()
    if len(normal) < SHORTEST:
        raise BadInput("The new password needs at least {least} characters.", field=field, least=SHORTEST)
    if len(normal) > LONGEST:
        raise BadInput("The new password is longer than {most} characters.", field=field, most=LONGEST)
    for word in (*_OWN_WORDS, *words):
        known = _normal(word).casefold()
        # A name of two letters is part of many good passwords; it is only refused when it is all there is.
        long_enough = len(known) >= (2 if not known.isascii() else 4)
        if known and (known in normal if long_enough else known == normal):
            raise BadInput("The new password holds “{word}”, which others guess first.", field=field, word=word)
    if len(set(normal)) < FEWEST_CHARACTERS or _is_run(normal) or normal in _common():
        raise BadInput(
            "The new password is one of those that are tried first. Take a few words that only you put together.",
            field=field,
        )


def _normal(password: str) -> str:
    # Full-width and half-width forms of one key are one password, whatever input method is on.
    return unicodedata.normalize("NFKC", password)


def _is_run(password: str) -> bool:
    """Whether it follows the keyboard or the alphabet, or repeats something short."""
    period = (password + password).find(password, 1)
    return period < min(len(password), SHORTEST) or any(
        password in run * 2 or password in run[::-1] * 2 for run in _RUNS
    )


@cache
def _common() -> frozenset[str]:
    return frozenset(files("gridmap.access").joinpath("common_passwords.txt").read_text("utf-8").split("\n"))


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_hex())
