"""What the law wants written down, filled from the plan."""
