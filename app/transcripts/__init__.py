"""Plans, collects and keeps what the models said; run progress pages."""
