"""Drafts of what is asked and of whom, written in the browser until they are published."""
