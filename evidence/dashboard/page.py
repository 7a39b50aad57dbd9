"""The page as one file: a table that reads without a script, and a script that filters and leads down.

Nothing is fetched, and nothing runs but the script whose hash the page's own policy names.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib import resources
from typing import Final
from urllib.parse import quote

from evidence.dashboard.data import Fleet, Judged, RuleFacts
from evidence.dashboard.payload import payload
from evidence.document.style import COLOURS
from evidence.papers.words import TONES, VERDICTS
from evidence.regulations import State
from policies.catalogue import Regulation

MARKS: Final = {
    State.REFUSED: "✗",
    State.NOT_EVALUATED: "?",
    State.EXEMPT: "~",
    State.NOTHING: "–",
    State.PASS: "✓",
    State.MANUAL: "·",
}
_SCRIPTS: Final = ("rows.js", "explore.js")


def page(fleet: Fleet, rules: Sequence[RuleFacts], regulations: Mapping[str, Regulation]) -> bytes:
    """The whole page; the same fleet gives the same bytes."""
    data = payload(fleet, rules, regulations)
    shown = [item for item in regulations.values() if any(item.id in stack.states for stack in fleet.stacks)]
    return ("\n".join(_page(fleet, shown, data)) + "\n").encode("utf-8", "replace")


def _page(fleet: Fleet, shown: Sequence[Regulation], data: str) -> Iterator[str]:
    style, script = COLOURS + _own("page.css"), "'use strict';\n" + "".join(_own(name) for name in _SCRIPTS)
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    title = "Compliance evidence: all stacks"
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{style}</style></head>"
    yield '<body><a class="skip" href="#content">Skip to the content</a>'
    commits = ", ".join(sorted({stack.commit for stack in fleet.stacks})) or "none"
    yield f"<header><h1>{title}</h1><p class=about>What would be deployed was planned and judged before it exists. "
    yield f"Judged as of {fleet.judged.isoformat()}, commit <code>{escape(commits)}</code>.</p>"
    yield from _tally(fleet)
    yield '</header><main id="content" tabindex="-1">'
    yield from _matrix(fleet, shown)
    yield from _unplanned(fleet)
    yield from _ending(fleet)
    yield _own("explore.html")
    yield "</main><footer>Written by bailiwick evidence --all. The manifest beside this file says whether it was "
    yield "changed since: bailiwick evidence verify.</footer>"
    yield f'<script type="application/json" id="data">{data}</script><script>{script}</script></body></html>'


def _tally(fleet: Fleet) -> Iterator[str]:
    words = {**{name: word for name, (word, _) in VERDICTS.items()}, "not-planned": "NOT PLANNED"}
    tones = {**{name: tone for name, (_, tone) in VERDICTS.items()}, "not-planned": "bad"}
    yield '<ul class="tally">'
    for name, count in fleet.verdicts.items():
        tone = tones[name] if count else "plain"
        yield f'<li><b>{count}</b> <span class="tone {tone}">{words[name]}</span></li>'
    yield "</ul>"


def _matrix(fleet: Fleet, shown: Sequence[Regulation]) -> Iterator[str]:
    yield '<section aria-labelledby="matrix"><h2 id="matrix">Stack by regulation</h2>'
    yield "<p>Each field says the worst that any of its articles comes to, then how many stand how. It leads to them."
    yield " <b>MANUAL</b> is for a person to attest; <b>NOTHING TO JUDGE</b> shows nothing either way: the plan holds "
    yield "nothing of what the rules of an article judge.</p>"
    yield '<div class="table" tabindex="0" role="region" aria-label="Matrix"><table class="matrix"><thead>'
    heads = "".join(f'<th scope="col" title="{escape(each.title)}">{escape(each.short)}</th>' for each in shown)
    yield f'<tr><th scope="col">Stack</th><th scope="col">Verdict</th>{heads}<th scope="col">No catalogue</th></tr>'
    yield "</thead><tbody>"
    for stack in fleet.stacks:
        word, tone = VERDICTS[stack.verdict]
        report = f"{quote(stack.stack)}/report.html"
        yield f'<tr><th scope="row"><a href="{report}">{escape(stack.stack)}</a>'
        yield f'<small>{escape(stack.jurisdiction)}</small></th><td><span class="tone {tone}">{word}</span></td>'
        yield from (_cell(stack, item, report) for item in shown)
        yield f"<td><small>{escape(', '.join(stack.unwritten)) or 'none'}</small></td></tr>"
    for item in fleet.unplanned:
        yield f'<tr><th scope="row"><a href="#fault-{quote(item.stack)}">{escape(item.stack)}</a></th>'
        yield f'<td><span class="tone bad">NOT PLANNED</span></td><td colspan="{len(shown) + 1}">'
        kept = ""
        if item.earlier is not None:
            kept = f'; <a href="{quote(item.stack)}/report.html">earlier evidence</a> is kept, of commit '
            kept += f"<code>{escape(item.earlier.commit)}</code>"
        yield f"<small>nothing could be judged: its faults are below{kept}</small></td></tr>"
    yield "</tbody></table></div></section>"


def _cell(stack: Judged, item: Regulation, report: str) -> str:
    found = stack.states.get(item.id)
    if found is None:
        return '<td class="none"><small>not in force</small></td>'
    counts = {state: found.count(state) for state in State if state in found}
    worst = next(iter(counts))
    rest = "".join(f"<small>{count} {state.value.lower()}</small>" for state, count in counts.items())
    link = f'href="{report}#reg-{item.id}" data-stack="{escape(stack.stack)}" data-regulation="{item.id}"'
    said = f'<span class="tone {TONES[worst]}">{MARKS[worst]} {worst.value}</span>'
    return f"<td><a {link}>{said}</a>{rest}</td>"


def _unplanned(fleet: Fleet) -> Iterator[str]:
    if not fleet.unplanned:
        return
    yield '<section aria-labelledby="unplanned"><h2 id="unplanned">Not planned</h2>'
    yield "<p>Nothing is known of these, so nothing holds for them.</p>"
    for item in fleet.unplanned:
        yield f'<h3 id="fault-{escape(item.stack)}">{escape(item.stack)}</h3>'
        yield f'<pre tabindex="0" role="region" aria-label="Faults of {escape(item.stack)}">{escape(item.faults)}</pre>'
        if item.earlier is not None:
            yield f"<p><b>Earlier evidence.</b> {escape(item.earlier.words)}</p>"
    yield "</section>"


def _ending(fleet: Fleet) -> Iterator[str]:
    yield '<section aria-labelledby="ending"><h2 id="ending">Ends within 90 days</h2>'
    if not fleet.ending:
        yield "<p>No exception and no exemption of any stack ends within 90 days of the judged day.</p></section>"
        return
    yield '<div class="table" tabindex="0" role="region" aria-label="What ends"><table><thead><tr>'
    yield "".join(f'<th scope="col">{name}</th>' for name in ("Last day", "Stack", "What", "Approved by"))
    yield "</tr></thead><tbody>"
    for each in fleet.ending:
        ended = ' <span class="tone bad">ENDED</span>' if each.until < fleet.judged else ""
        cells = "".join(f"<td>{escape(text)}</td>" for text in (each.stack, each.what, each.approver))
        yield f'<tr><th scope="row">{each.until.isoformat()}{ended}</th>{cells}</tr>'
    yield "</tbody></table></div></section>"


def _own(name: str) -> str:
    return (resources.files("evidence.dashboard") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
