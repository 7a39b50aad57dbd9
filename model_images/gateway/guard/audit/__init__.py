"""The guard `audit`: what was asked and decided is on disk before a byte leaves, or nothing leaves."""
