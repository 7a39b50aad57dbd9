"""The documents of the pack, as blocks: what a reviewer reads and signs."""
