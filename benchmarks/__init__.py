"""Times and memory, printed and never asserted."""
