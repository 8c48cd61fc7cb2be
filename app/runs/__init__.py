"""What is wanted: which batteries, subjects, repeats and budget."""
