"""People; until accounts exist, the one local person."""
