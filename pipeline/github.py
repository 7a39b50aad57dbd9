"""Comments of a pull request on GitHub.

docs.github.com/rest/issues/comments: a pull request's comments are those of its issue.
"""

import json
from typing import Any

from delivery.web import Unreachable, ask
from pipeline.comment import NotPosted

PAGE = 100
AUTHOR = "github-actions[bot]"
"""Who GITHUB_TOKEN writes as. A comment of anybody else is not ours, whatever it starts with."""


class GitHub:
    """One pull request."""

    def __init__(self, *, api: str, repository: str, number: int, token: str) -> None:
        self._api, self._number, self._token = f"{api}/repos/{repository}", number, token

    def find(self, mark: str) -> str | None:
        """The address of our comment."""
        page = 1
        while True:
            found = self._ask("GET", f"{self._issue}?per_page={PAGE}&page={page}")
            for comment in found:
                if comment["body"].startswith(mark) and comment["user"]["login"] == AUTHOR:
                    return f"{self._api}/issues/comments/{int(comment['id'])}"
            if len(found) < PAGE:
                return None
            page += 1

    def create(self, text: str) -> None:
        """A new comment."""
        self._ask("POST", self._issue, text)

    def edit(self, address: str, text: str) -> None:
        """Another text."""
        self._ask("PATCH", address, text)

    @property
    def _issue(self) -> str:
        return f"{self._api}/issues/{self._number}/comments"

    def _ask(self, method: str, url: str, text: str | None = None) -> Any:  # noqa: ANN401 JSON of others
        body = None if text is None else json.dumps({"body": text}).encode()
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        try:
            return ask(method, url, body=body, headers=headers, token=self._token)
        except Unreachable as error:
            raise NotPosted(str(error)) from error
