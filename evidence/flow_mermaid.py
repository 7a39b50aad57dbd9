"""The data-flow map as Mermaid, for pages that draw it: mermaid.js.org/syntax/flowchart.html."""

from collections.abc import Iterator

from evidence.flow_groups import COLUMNS, Group, Link, Map

ARROWS = {"copies": "-.->", "reads": "==>"}
"""A thick arrow for a right to read, a broken one for what Azure copies; a plain one for connections."""


ESCAPES = {"#": "#35;", "&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;"}


def mermaid(chart: Map) -> str:
    """One flowchart, boxes by column."""
    return "\n".join(_lines(chart)) + "\n"


def _lines(chart: Map) -> Iterator[str]:
    names = {group.id: f"n{index}" for index, group in enumerate(chart.groups)}
    yield "flowchart LR"
    for index, column in enumerate(chart.columns):
        if column:
            yield f"  subgraph c{index}[{_text(COLUMNS[index])}]"
            for group in column:
                yield f"    {names[group.id]}{_shape(group)}"
            yield "  end"
    for link in chart.links:
        yield f"  {names[link.source.id]} {_arrow(link)}|{_text(link.label)}| {names[link.target.id]}"
    for style, chosen in (
        ("classified", [group for group in chart.groups if group.classified]),
        ("outside", [group for group in chart.groups if group.outside and not group.refused]),
        ("refused", [group for group in chart.groups if group.refused]),
    ):
        if chosen:
            yield f"  class {','.join(names[group.id] for group in chosen)} {style}"
    # Colours of their own, text included: a page may be dark or light.
    yield "  classDef classified fill:#dbeafe,stroke:#1d4ed8,color:#0b1f4d"
    yield "  classDef outside fill:#f3f4f6,stroke:#6b7280,color:#1f2937,stroke-dasharray:4 3"
    yield "  classDef refused fill:#fee2e2,stroke:#b91c1c,color:#7f1d1d"


def _shape(group: Group) -> str:
    classes = ", ".join(group.classes) if group.classified else ""
    label = _text("<br/>".join(line for line in (group.title, group.name, classes) if line))
    if group.outside:
        return f"([{label}])"
    return f"[({label})]" if group.column == COLUMNS.index("where data lies") else f"[{label}]"


def _arrow(link: Link) -> str:
    return ARROWS.get(link.kinds[0], "-->") if len(link.kinds) == 1 else "-->"


def _text(words: str) -> str:
    """In quotes, so that no word and no bracket in it is Mermaid's own; `#quot;` and its like are its escapes."""
    lines = words.split("<br/>")
    return '"' + "<br/>".join("".join(ESCAPES.get(letter, letter) for letter in line) for line in lines) + '"'
