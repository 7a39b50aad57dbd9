"""Exit codes, the same for every verb."""

import click

OK = 0
FAILED = 1
"""The tool itself failed."""
USAGE = 2
"""Bad input: a wrong word, a faulty stack file, a plan file that can't be read."""
REFUSED = 3
NOT_EVALUATED = 4
DRIFT = 5

OF_VERDICT = {"compliant": OK, "refused": REFUSED, "not-evaluated": NOT_EVALUATED}


class ToolFailed(click.ClickException):
    """The tool itself failed; the user's words were fine."""
