"""What a reader gets: one writer per format, all from the same plan and report."""
