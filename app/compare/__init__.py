"""Reading the answers of several subjects side by side; has no tables of its own."""
