"""What `preview` and `check` share: judge, print, and the exit code that follows."""

import json
import sys
from collections.abc import Mapping, Sequence

import click

from cli import exits
from evidence.findings import as_json
from evidence.terminal import print_report
from jurisdictions import JurisdictionError
from plan.model import Plan
from policies.review import Report, review
from policies.rules import ALL


def judge_plan(plan: Plan) -> Report:
    """The verdict of all packs; click.ClickException where the plan's law is not known."""
    try:
        return review(plan, ALL)
    except JurisdictionError as error:
        raise click.ClickException(
            f"{error}\nhint: the plan's 'jurisdiction' names a file of jurisdictions/"
        ) from error


def show(
    reports: Sequence[Report],
    *,
    as_text_json: bool,
    beside: Mapping[str, object] | None = None,
    fixes: bool = False,
) -> int:
    """Print each report; the exit code of the worst verdict.

    `beside` is more keys for JSON; with `fixes`, what would mend each refusal comes first.
    """
    if as_text_json:
        documents = [{**as_json(report), **_fixes(report, wanted=fixes), **(beside or {})} for report in reports]
        json.dump(documents[0] if len(documents) == 1 else documents, sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        for report in reports:
            if fixes:
                from evidence.suggestions import print_suggestions

                print_suggestions(report)
            print_report(report)
    verdicts = {report.verdict for report in reports}
    return next((exits.OF_VERDICT[word] for word in ("refused", "not-evaluated") if word in verdicts), exits.OK)


def _fixes(report: Report, *, wanted: bool) -> dict[str, object]:
    if not wanted:
        return {}
    from evidence.suggestions import as_json as suggested

    return {"suggestions": suggested(report)}
