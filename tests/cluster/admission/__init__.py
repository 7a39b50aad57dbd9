"""What admission refuses and takes: objects of the stack's own plan, each with one thing changed."""
