"""Suites against any endpoint in OpenAI's form: what a model gets right and what it refuses, signed, no content."""
