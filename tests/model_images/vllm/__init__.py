"""Tests of the model server's image but for vLLM itself, which is in tests/serving."""
