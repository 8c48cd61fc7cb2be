"""What a person finds, has seen, keeps and cites."""
