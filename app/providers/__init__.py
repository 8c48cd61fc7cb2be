"""One file per wire format; httpx only, no SQL, no FastAPI."""
