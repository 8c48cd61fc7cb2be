"""The seed of each call: independent from draw to draw, and the same again where a run asks for it."""

import hashlib
import json


def seed_of(
    base: int | None, run: int, prompt: str, subject: str, temperature_milli: int, repeat: int, turn: int
) -> int | None:
    """Return the seed to send, 0 to 2³¹ − 1; None where the subject has no base, so that none is sent.

    It is the first four bytes, big-endian, without the sign bit, of the SHA-256 of these seven as a JSON array.
    `prompt` is "battery/key", `subject` a slug, repeats and turns count from 1; `run` is the run whose seeds
    are wanted, its own or the one named by `same_seeds`.
    """
    if base is None:
        return None
    named = [base, run, prompt, subject, temperature_milli, repeat, turn]
    text = json.dumps(named, ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") & 0x7FFFFFFF
