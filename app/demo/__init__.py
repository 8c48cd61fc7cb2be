"""The small local models and the demo study."""
