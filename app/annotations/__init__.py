"""Codebooks, tags, spans, passes, notes, queues, agreement."""
