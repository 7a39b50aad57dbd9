"""An approved host as a source: HTTPS alone, redirects to approved hosts alone, and gone on with by range.

A range is asked for with `If-Match` of the entity tag that the first bytes came with (rfc-editor.org/rfc/rfc9110,
sections 13.1.1 and 14.2): a file that changed meanwhile is fetched from its beginning, not stitched together. A weak
tag stands for no bytes, so without a strong one every break begins anew.
"""

import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Mapping, Sequence
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

from intake.refusal import Interrupted, Refused

BUFFER = 2**20
SECONDS = 60
Told = Callable[[int], None]
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class _ApprovedOnly(urllib.request.HTTPRedirectHandler):
    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = hosts

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """To an approved host only, and there without the token."""
        approved(newurl, self._hosts)
        found = super().redirect_request(req, fp, code, msg, headers, newurl)
        if found is not None and urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            found.remove_header("Authorization")
        return found


def approved(url: str, hosts: Collection[str]) -> None:
    """Raises Refused unless the address is https, of an approved host, at https' own port."""
    parts = urlsplit(url)
    # With its port and whoever it names before an @: what is not exactly the host is not the host.
    if parts.scheme != "https" or parts.netloc not in hosts:
        known = ", ".join(sorted(hosts))
        why = f"is no approved source (`sources` of models/models.yaml): {known}, by https"
        raise Refused([f"{parts.scheme}://{parts.hostname} {why}"])


class ApprovedHost:
    """Files below one address, whose names and checksums are known beforehand."""

    def __init__(
        self,
        url: str,
        names: Mapping[str, str],
        hosts: Collection[str],
        *,
        token: str | None = None,
        tls: Any = None,  # noqa: ANN401 ssl's context
    ) -> None:
        approved(url, hosts)
        self._url, self._names, self._token = url.rstrip("/"), names, token
        # No proxy: whoever sets a variable of the environment would choose where weights come from.
        handlers: list[Any] = [urllib.request.ProxyHandler({}), _ApprovedOnly(hosts)]
        handlers.append(urllib.request.HTTPSHandler(context=tls))
        self._opener = urllib.request.build_opener(*handlers)
        self.described = self._url
        """For the record of where it came from."""

    def paths(self) -> Sequence[str]:
        """Every file that is expected of it."""
        return sorted(self._names)

    def fetch(self, path: str, part: Path, told: Told) -> None:
        """Fetch one file to `part`, after the bytes of it that are there. Raises Interrupted, and Refused."""
        tag_file = part.with_name(part.name + ".etag")
        have = part.stat().st_size if part.exists() else 0
        tag = tag_file.read_text(encoding="ascii") if have and tag_file.exists() else ""
        headers = {"Accept-Encoding": "identity"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if have and tag:
            headers |= {"Range": f"bytes={have}-", "If-Match": tag}
        asked = urllib.request.Request(f"{self._url}/{quote(path)}", headers=headers)  # noqa: S310 approved above
        try:
            with self._opener.open(asked, timeout=SECONDS) as answer:
                self._write(answer, part, tag_file, told)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (412, 416) and have:
                # Another file by now, or not as long as what is here: from the beginning.
                part.unlink()
                self.fetch(path, part, told)
                return
            raise Interrupted(f"{urlsplit(self._url).hostname} answered {error.code} for {path}") from error
        except (OSError, HTTPException) as error:
            raise Interrupted(f"{path} broke off: {type(error).__name__}: {error}") from error

    def _write(self, answer: Any, part: Path, tag_file: Path, told: Told) -> None:  # noqa: ANN401 urllib's answer
        begins = 0
        if answer.status == 206:
            span = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            begins = int(span[1]) if span is not None else -1
            if begins != part.stat().st_size:
                raise Interrupted(f"asked for bytes from {part.stat().st_size}, and was given {begins}")
            told(begins)
        tag = answer.headers.get("ETag", "")
        with part.open("r+b" if begins else "wb") as copy:
            tag_file.write_text(tag if tag.startswith('"') else "", encoding="ascii")
            copy.seek(begins)
            length = answer.headers.get("Content-Length")
            got = 0
            while chunk := answer.read(BUFFER):
                copy.write(chunk)
                got += len(chunk)
                told(len(chunk))
            copy.truncate()
            copy.flush()
            os.fsync(copy.fileno())
        if length is not None and got != int(length):
            raise Interrupted(f"{part.name} broke off after {got} of {length} bytes")
