"""Comments of a pull request on Azure DevOps: a thread each.

learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads and pull-request-thread-comments, 7.1.
"""

import json
from typing import Any

from delivery.web import Unreachable, ask
from pipeline.comment import NotPosted

VERSION = "api-version=7.1"


class AzureDevOps:
    """One pull request."""

    def __init__(self, *, collection: str, project: str, repository: str, number: int, token: str) -> None:
        self._threads = (
            f"{collection.rstrip('/')}/{project}/_apis/git/repositories/{repository}/pullRequests/{number}/threads"
        )
        self._token = token

    def find(self, mark: str) -> str | None:
        """The address of the comment that opens our thread.

        Whose it is, the service decides: who may not edit it is refused.
        """
        for thread in self._ask("GET", f"{self._threads}?{VERSION}")["value"]:
            comments = [each for each in thread.get("comments", ()) if not each.get("isDeleted")]
            if comments and str(comments[0].get("content", "")).startswith(mark):
                return f"{self._threads}/{int(thread['id'])}/comments/{int(comments[0]['id'])}"
        return None

    def create(self, text: str) -> None:
        """A thread, closed: it asks nobody for anything, and must not hold a merge up."""
        comments = [{"parentCommentId": 0, "content": text, "commentType": "text"}]
        self._ask("POST", f"{self._threads}?{VERSION}", {"comments": comments, "status": "closed"})

    def edit(self, address: str, text: str) -> None:
        """Another text."""
        self._ask("PATCH", f"{address}?{VERSION}", {"content": text})

    def _ask(self, method: str, url: str, document: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 as in github.py
        body = None if document is None else json.dumps(document).encode()
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        try:
            return ask(method, url, body=body, headers=headers, token=self._token)
        except Unreachable as error:
            raise NotPosted(str(error)) from error
