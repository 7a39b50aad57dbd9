"""Until when whom to tell after a breach: the clocks of the laws in force, counted from when it became known."""
