"""How a prompt is put to a subject: one file per mode, pure, no SQL."""
