"""Differences of plans."""
