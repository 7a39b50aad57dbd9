"""A document as one file of HTML: no script, no font, nothing that is fetched; prints well."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final, assert_never

from evidence.document.blocks import (
    Attestation,
    Block,
    Bullets,
    Document,
    Facts,
    Folded,
    Heading,
    Paragraph,
    Picture,
    Span,
    Table,
    Words,
    spans,
)
from evidence.document.style import SHEET

_TAGS: Final = {"strong": "strong", "code": "code"}


def html(document: Document) -> bytes:
    """The whole page; the same document gives the same bytes."""
    return "\n".join(_page(document)).encode() + b"\n"


def _page(document: Document) -> Iterator[str]:
    # The page's own policy: whatever the name of a resource says runs nothing and fetches nothing. Styles in line are
    # let pass, because a picture carries its own.
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(document.title)}</title><style>{SHEET}</style></head>"
    yield '<body><a class="skip" href="#content">Skip to the content</a>'
    yield f'<header><h1>{escape(document.title)}</h1><p class="about">{escape(document.about)}</p></header>'
    yield from _contents(document)
    yield '<main id="content">'
    for block in document.blocks:
        yield from _block(block)
    yield f"</main><footer>{escape(document.footer)}</footer></body></html>"


def _contents(document: Document) -> Iterator[str]:
    found = [block for block in document.blocks if isinstance(block, Heading) and block.level == 2 and block.anchor]
    if len(found) > 2:
        yield '<nav aria-label="Contents"><ul>'
        yield from (f'<li><a href="#{escape(item.anchor)}">{escape(item.text)}</a></li>' for item in found)
        yield "</ul></nav>"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, text, anchor):
            yield f"<h{level}{_id(anchor)}>{escape(text)}</h{level}>"
        case Paragraph(told):
            yield f"<p>{words(told)}</p>"
        case Bullets(items):
            yield f"<ul>{''.join(f'<li>{words(item)}</li>' for item in items)}</ul>"
        case Table():
            yield from _table(block)
        case Facts(pairs):
            yield f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{words(told)}</dd>' for name, told in pairs)}</dl>"
        case Picture(svg, shows):
            yield f'<figure tabindex="0" aria-label="{escape(shows)}">{svg}'
            yield f"<figcaption>{escape(shows)}</figcaption></figure>"
        case Attestation():
            yield from _attestation(block)
        case Folded(title, blocks, anchor):
            # The anchor is inside: a browser opens what it is led into.
            yield f"<details><summary>{words(title)}</summary><div{_id(anchor)}>"
            for inner in blocks:
                yield from _block(inner)
            yield "</div></details>"
        case _:
            assert_never(block)


def _id(anchor: str) -> str:
    return f' id="{escape(anchor)}"' if anchor else ""


def _table(table: Table) -> Iterator[str]:
    # A wide table scrolls by itself, by the keyboard too.
    label = escape(table.caption or "table: " + ", ".join(table.headings[:3]))
    yield f'<div class="table" tabindex="0" role="region" aria-label="{label}"><table>'
    if table.caption:
        yield f"<caption>{escape(table.caption)}</caption>"
    yield f"<thead><tr>{''.join(f'<th scope=col>{escape(each)}</th>' for each in table.headings)}</tr></thead><tbody>"
    for row in table.rows:
        cells = "".join(f"<td>{words(cell)}</td>" for cell in row[1:])
        yield f"<tr><th scope=row>{words(row[0])}</th>{cells}</tr>"
    yield "</tbody></table></div>"


def _attestation(block: Attestation) -> Iterator[str]:
    lines = "".join(f"<span><b>{name}</b></span>" for name in ("Attested by", "On", "Evidence", "Signature"))
    yield f'<div class="attest"><p>{escape(block.duty)}</p><div class="lines">{lines}</div></div>'


def words(told: Words) -> str:
    """Words as HTML, escaped."""
    return "".join(_spans(spans(told)))


def _spans(found: Iterable[Span]) -> Iterator[str]:
    for span in found:
        text = escape(span.text)
        tag = _TAGS.get(span.style)
        if tag is not None:
            text = f"<{tag}>{text}</{tag}>"
        marks = " ".join([*(["tone", span.tone] if span.tone else []), *(["dim"] if span.style == "dim" else [])])
        if marks:
            text = f'<span class="{marks}">{text}</span>'
        yield f'<a href="{escape(_target(span.to))}">{text}</a>' if span.to else text


def _target(to: str) -> str:
    """A file beside this one, or an anchor in it."""
    return to if to.startswith("./") else f"#{to}"
