"""A question, with its runs."""
