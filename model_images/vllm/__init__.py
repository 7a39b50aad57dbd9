"""The model server: vLLM, started on verified weights alone, behind a proxy in its pod that knows six requests."""
