"""Independent eyes on everything that is written here: scanners by their own packages, one list of what is accepted.

`python -m scanners` runs them; `make scan` brings them first. A scanner that is missing, or that errs, fails the scan.
"""
