"""Commands, being written."""
