"""Datasets out of a study, one file per format, streamed and never half-written."""
