"""Tests of weights: the manifest, its signature, what may lie beside it, and the hash."""
