"""The comment on a pull request: the verdict first, the rest folded, and never longer than a code host takes.

GitHub refuses a comment over 65,536 characters: docs.github.com/rest/issues/comments (not stated there; the service's
answer says it). A reader of a shortened one is told how much is left out and where all of it lies.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from evidence.diff_markdown import as_markdown
from evidence.document.markdown import escape, table
from evidence.formats.findings_csv import until
from evidence.pack.against import Against
from evidence.pack.locating import places
from evidence.pack.subject import Subject
from evidence.regulations import State
from policies.catalogue import controls_of
from policies.exempting import ground
from policies.packs import PACKS, pack_of
from policies.review import Finding

MOST: Final = 60_000
"""Characters, with room for what a pipeline adds."""
_SHOWN: Final = 20
_CITED: Final = 6
WORDS: Final = {"compliant": "✅ compliant", "refused": "❌ refused", "not-evaluated": "❔ not evaluated"}


def marker(stack: str) -> str:
    """The comment's first line, by which a pipeline finds it again to edit it in place."""
    return f"<!-- bailiwick:{stack} -->"


def summary(subject: Subject) -> bytes:
    """Markdown; the marker, the verdict, refusals, then folded tables."""
    kept, left_out = [], 0
    room = MOST
    for block in _blocks(subject):
        if len(block) + 2 > room:
            left_out += 1
            continue
        kept.append(block)
        room -= len(block) + 2
    if left_out:
        kept.append(f"_{left_out} parts are left out for length: report.html and findings.csv have all._")
    return ("\n\n".join(kept) + "\n").encode()


def _blocks(subject: Subject) -> Iterator[str]:
    report = subject.report
    yield marker(subject.name)
    counts = {state: len(report.of_state(state)) for state in ("refused", "not-evaluated", "exempt")}
    told = ", ".join(f"{count} {state.replace('-', ' ')}" for state, count in counts.items())
    yield f"## {WORDS[report.verdict]}: `{subject.name}`"
    yield (
        f"{len(report.rules)} rules, {report.evaluations} evaluations: {told}. "
        f"Commit `{subject.provenance.reference}`, judged as of {subject.judged.isoformat()}; "
        f"law of {escape(subject.stack.jurisdiction.name)}."
    )
    commit = subject.provenance.commit
    if commit is not None and commit.dirty:
        yield f"⚠️ {len(commit.dirty)} files differ from that commit: this is evidence of no commit."
    for state, words in (("refused", "❌"), ("not-evaluated", "❔ NOT EVALUATED")):
        for _, group in groupby(report.of_state(state), key=lambda finding: finding.rule.id):
            yield _refusal(list(group), words, subject)
    if subject.against is not None:
        yield _change(subject.against)
    if counts["exempt"]:
        yield _folded(f"{counts['exempt']} exempt", _exempt(report.of_state("exempt"), subject))
    yield _folded("By pack", _packs(subject))
    yield _folded("By regulation", _regulations(subject))


def _change(against: Against) -> str:
    """What differs from an earlier state: what loses data in sight, the rest folded, at most half of the comment."""
    title = f"against {against.base}"
    if against.difference is None or against.verdict is None:
        return f"### Not compared {escape(title)}\n\n{escape(against.why_not)}"
    # Its own mark is left out: this comment has one, by which it is found again.
    return as_markdown(against.difference, title, against.verdict, largest=MOST // 2).partition("\n")[2].rstrip()


def _refusal(found: Sequence[Finding], words: str, subject: Subject) -> str:
    rule, place = found[0].rule, places(subject, found[0])[0]
    controls = controls_of(rule.id, subject.stack.frameworks)
    more = f" · +{len(controls) - _CITED}" if len(controls) > _CITED else ""
    lines = [
        f"### {words} `{rule.id}` ({rule.severity.value})",
        f"{escape(rule.title)}. {' · '.join(controls[:_CITED])}{more}",
        "",
        *(f"- {escape(finding.resource)}: {escape(finding.message)}" for finding in found[:_SHOWN]),
    ]
    if len(found) > _SHOWN:
        lines.append(f"- and {len(found) - _SHOWN} more (findings.csv)")
    fix = rule.fix.replace("<stack>", subject.name)
    lines += ["", f"**Fix**: {escape(fix)} (`{place.file}:{place.line}`)"]
    return "\n".join(lines)


def _exempt(found: Sequence[Finding], subject: Subject) -> str:
    rows = [
        (
            f"`{item.rule.id}`",
            escape(item.resource),
            escape(ground(item, subject.stack.jurisdiction)),
            until(item, subject),
        )
        for item in found
    ]
    return table(("rule", "resource", "on whose word", "until"), rows)


def _packs(subject: Subject) -> str:
    rows = []
    for pack in PACKS.values():
        rules = [rule for rule in subject.report.rules if pack_of(rule).id == pack.id]
        found = [finding for finding in subject.report.findings if pack_of(finding.rule).id == pack.id]
        states = [sum(each.state == state for each in found) for state in ("refused", "not-evaluated", "exempt")]
        rows.append((escape(pack.id), pack.owner, str(len(rules)), *map(str, states)))
    return table(("pack", "owner", "rules", "refused", "not evaluated", "exempt"), rows)


def _regulations(subject: Subject) -> str:
    rows = []
    for regulation in subject.regulations:
        states = subject.states(regulation)
        rows.append((escape(regulation.short), escape(regulation.version), *(str(states[state]) for state in State)))
    rows += [(name, "no catalogue: for a person, whole", *("" for _ in State)) for name in subject.unwritten]
    return table(("regulation", "version", *(state.value.lower() for state in State)), rows)


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"
