"""Tests against a real vLLM: `make test-serving`. What runs in vLLM's own environment is in `tiny.py`."""
