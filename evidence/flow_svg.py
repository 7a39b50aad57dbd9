"""The data-flow map as a picture of its own: SVG without scripts, fonts or anything that is fetched."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from evidence.flow_groups import Link, Map
from evidence.flow_layout import LINE, PAD, WIDTH, Box, Layout, laid_out

STYLE = """
svg{font-family:system-ui,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;background:#fff}
text{font-size:12px;fill:#111827}.heading{font-size:13px;font-weight:600;fill:#374151}.title{font-size:16px;font-weight:600}
.small{font-size:11px;fill:#374151}.class{font-size:11px;font-style:italic}
rect{fill:#f9fafb;stroke:#9ca3af}.classified rect{fill:#dbeafe;stroke:#1d4ed8}
.outside rect{fill:#fff;stroke:#6b7280;stroke-dasharray:5 3}.refused rect{fill:#fee2e2;stroke:#b91c1c;stroke-width:2}
path{fill:none;stroke:#6b7280;stroke-width:1.1;opacity:.75}path.reads{stroke:#047857}
path.copies{stroke:#7c3aed;stroke-dasharray:6 4}
path.enters{stroke:#b45309}path.refused{stroke:#b91c1c;stroke-width:2.2;opacity:1}path:hover{stroke-width:3;opacity:1}
marker path{fill:#6b7280;stroke:none;opacity:1}
@media (prefers-color-scheme:dark){svg{background:#0b1020}text{fill:#e5e7eb}.heading,.small{fill:#9ca3af}
rect{fill:#1f2937;stroke:#6b7280}.classified rect{fill:#1e3a8a;stroke:#93c5fd}.outside rect{fill:#0b1020;stroke:#9ca3af}
.refused rect{fill:#7f1d1d;stroke:#fca5a5}path{stroke:#9ca3af}path.reads{stroke:#34d399}path.copies{stroke:#c4b5fd}
path.enters{stroke:#fbbf24}path.refused{stroke:#f87171}}
"""
LEGEND = (
    ("connects", "connection"),
    ("enters", "from outside"),
    ("reads", "right to read or write"),
    ("copies", "copy"),
)
_MOST_HOPS = 40
"""Lines of a tooltip."""


def svg(chart: Map) -> str:
    """The whole picture; the same map gives the same bytes."""
    layout = laid_out(chart)
    return "\n".join(_parts(chart, layout)) + "\n"


def _parts(chart: Map, layout: Layout) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{layout.width}" height="{layout.height}" '
        f'viewBox="0 0 {layout.width} {layout.height}" role="img" aria-labelledby="title desc">'
    )
    yield f'<title id="title">Data flows of {escape(chart.stack)}</title>'
    yield (
        '<desc id="desc">Who can reach whom, by the plan. Blue boxes hold or pass classified data, broken ones lie '
        "outside, red ones are reached and not on record. Hold the pointer over an arrow for the rules.</desc>"
    )
    yield f"<style>{STYLE}</style>"
    yield (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>'
    )
    yield f'<text class="title" x="24" y="30">Data flows of {escape(chart.stack)}</text>'
    yield from (f'<text class="heading" x="{x}" y="62">{escape(title)}</text>' for x, title in layout.headings)
    yield from (_arrow(link, layout) for link in chart.links)
    for box in layout.boxes.values():
        yield from _box(box)
    yield from _legend(layout)
    yield "</svg>"


def _box(box: Box) -> Iterator[str]:
    group = box.group
    name = "refused" if group.refused else "outside" if group.outside else "classified" if group.classified else "plain"
    yield f'<g class="{name}"><title>{escape(chr(10).join(place.name for place in group.places))}</title>'
    yield f'<rect x="{box.x}" y="{box.y}" width="{WIDTH}" height="{box.height}" rx="6"/>'
    for index, line in enumerate(box.lines):
        style = ' class="class"' if group.classified and index == len(box.lines) - 1 else ""
        yield f'<text{style} x="{box.x + PAD}" y="{box.y + PAD + LINE * index + 11}">{escape(line)}</text>'
    yield "</g>"


def _arrow(link: Link, layout: Layout) -> str:
    start, end = layout.boxes[link.source.id], layout.boxes[link.target.id]
    if start.x == end.x:
        # Round the side: straight up or down would run through the boxes between.
        x, bend = start.x + WIDTH, start.x + WIDTH + 44
        road = f"M{x} {start.middle}C{bend} {start.middle} {bend} {end.middle} {x} {end.middle}"
    else:
        forward = start.x < end.x
        x1, x2 = (start.x + WIDTH, end.x) if forward else (start.x, end.x + WIDTH)
        bend = max(40, abs(x2 - x1) // 2) * (1 if forward else -1)
        road = f"M{x1} {start.middle}C{x1 + bend} {start.middle} {x2 - bend} {end.middle} {x2} {end.middle}"
    kind = "refused" if link.target.refused else link.kinds[0]
    return (
        f'<path class={quoteattr(kind)} d="{road}" marker-end="url(#arrow)"><title>{escape(_told(link))}</title></path>'
    )


def _told(link: Link) -> str:
    lines = [f"{link.source.title} → {link.target.title}: {link.label}"]
    for edge in link.edges:
        lines += [f"{edge.kind} {edge.what}".strip(), *(f"  {hop.what}" for hop in edge.how)]
    unique = list(dict.fromkeys(lines))
    more = len(unique) - _MOST_HOPS
    return "\n".join([*unique[:_MOST_HOPS], *([f"… and {more} more (--json)"] if more > 0 else [])])


def _legend(layout: Layout) -> Iterator[str]:
    y = layout.height - 34
    for index, (kind, words) in enumerate(LEGEND):
        x = 24 + index * 190
        yield f'<path class="{kind}" d="M{x} {y}L{x + 34} {y}" marker-end="url(#arrow)"/>'
        yield f'<text class="small" x="{x + 42}" y="{y + 4}">{escape(words)}</text>'
