"""Benchmarks: one file per group of goals, each with its own data, its own floor and its own mock endpoint."""
