"""What people show to come in: passwords hashed by Argon2id, and random tokens kept as keyed hashes."""

import hashlib
import hmac
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.web import Invalid

SHORTEST = 10  # characters of a password
LONGEST = 200
_hasher = (
    PasswordHasher()
)  # the library's own choice: Argon2id, 64 MiB, three passes (RFC 9106, second choice)


def hash_of(password: str) -> str:
    """Return the hash of a new password; raise Invalid where it is too short or too long. Slow on purpose."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"password: found {len(password)} characters, expected {SHORTEST} to {LONGEST}")
    return _hasher.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Tell whether a password is the one that was hashed. It takes as long where there is none to compare with."""
    try:
        found = _hasher.verify(kept or _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return found and kept is not None


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe())


def token() -> str:
    """Return a new secret that cannot be guessed: 256 random bits."""
    return secrets.token_urlsafe(32)


def keyed(found: str, secret_key: str) -> str:
    """Return what is kept of a token: HMAC-SHA256 under the server's key, so a stolen database opens nothing."""
    return hmac.new(secret_key.encode(), found.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
