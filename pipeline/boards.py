"""Which pull request a run belongs to, by the variables that its orchestrator sets."""

import json
from collections.abc import Mapping
from pathlib import Path

from pipeline.azure_devops import AzureDevOps
from pipeline.comment import Board, NotPosted
from pipeline.github import GitHub

GITHUB = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_EVENT_PATH", "GITHUB_TOKEN")
"""docs.github.com/actions/reference/workflows-and-actions/variables; the token is handed over by the workflow."""
AZURE = (
    "SYSTEM_COLLECTIONURI",
    "SYSTEM_TEAMPROJECTID",
    "BUILD_REPOSITORY_ID",
    "SYSTEM_PULLREQUEST_PULLREQUESTID",
    "SYSTEM_ACCESSTOKEN",
)
"""learn.microsoft.com/azure/devops/pipelines/build/variables; the token is handed over by the pipeline."""


def board(variables: Mapping[str, str]) -> Board:
    """The pull request's board. Raises NotPosted where this is no run of one."""
    if all(variables.get(name) for name in GITHUB):
        return GitHub(
            api=variables["GITHUB_API_URL"],
            repository=variables["GITHUB_REPOSITORY"],
            number=_number(Path(variables["GITHUB_EVENT_PATH"])),
            token=variables["GITHUB_TOKEN"],
        )
    if all(variables.get(name) for name in AZURE):
        return AzureDevOps(
            collection=variables["SYSTEM_COLLECTIONURI"],
            project=variables["SYSTEM_TEAMPROJECTID"],
            repository=variables["BUILD_REPOSITORY_ID"],
            number=int(variables["SYSTEM_PULLREQUEST_PULLREQUESTID"]),
            token=variables["SYSTEM_ACCESSTOKEN"],
        )
    raise NotPosted(f"this is no run of a pull request: it has neither {', '.join(GITHUB)} nor {', '.join(AZURE)}")


def _number(event: Path) -> int:
    try:
        return int(json.loads(event.read_text(encoding="utf-8"))["pull_request"]["number"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotPosted(f"{event.name}: the event is of no pull request") from error
