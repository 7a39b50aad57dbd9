"""The real engine, where one is on PATH."""
