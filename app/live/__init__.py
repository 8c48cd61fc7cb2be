"""The append-only event log and its stream; knows no domain."""
