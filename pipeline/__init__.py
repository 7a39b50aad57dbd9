"""What both pipelines do that is more than a make verb: which stacks a change touches, and one comment for each.

.github/workflows/ and azure-pipelines.yml call `python -m pipeline`; docs/guides/ci.md tells how they are set up.
"""
