"""Styloscope: compare how language models behave across alignment styles, and read the texts."""

__version__ = "0.1.0"
