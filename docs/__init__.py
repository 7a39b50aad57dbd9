"""Documentation; `generate.py` writes the reference from the code."""
