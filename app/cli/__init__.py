"""The `styloscope` command: one file per group of commands, imports inside commands."""
