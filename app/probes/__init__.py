"""Probing: what an endpoint can do, asked with a handful of tiny calls, each of which proves an effect."""
