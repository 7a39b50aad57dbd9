"""The evidence pack: what a reviewer signs, from the plan, the verdict and git."""
