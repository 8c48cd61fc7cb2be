"""Frozen, numbered lists of prompts."""
