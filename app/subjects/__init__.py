"""Styles, endpoints and subjects: what is studied, in frozen versions."""
