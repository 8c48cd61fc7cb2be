"""The first page: continue, runs in progress, or how to begin."""
