"""The page of others' checks: theirs, the type, and ours or the reason."""

from collections import Counter
from collections.abc import Iterator, Sequence

from policies.compared import Compared, compared


def initiatives() -> Iterator[str]:
    """What Microsoft's initiatives and other tools check of the types that a stack plans, and our answer to each."""
    found = [item for items in compared().values() for item in items]
    sources = sorted(dict.fromkeys(item.source for item in found), key=lambda source: (source != "Microsoft", source))
    yield "# Others' checks\n"
    yield "What Microsoft's regulatory initiatives and other tools check of the types that a stack plans, and our"
    yield "answer: rules that hold the same, or why none does. Ideas are theirs; every rule is our own. It is written"
    yield "in `policies/initiatives/`; a test holds rules, types and controls against the plans and the catalogues.\n"
    yield "| source | checks | answered by a rule | by a reason |\n| --- | --- | --- | --- |"
    for source in sources:
        held = Counter(bool(item.rules) for item in found if item.source == source for _ in (item.id, *item.also))
        yield f"| {source} | {held.total()} | {held[True]} | {held[False]} |"
    for source in sources:
        yield f"\n## {source}\n"
        yield from _table([item for item in found if item.source == source])


def _table(items: Sequence[Compared]) -> Iterator[str]:
    yield "| theirs | type | ours, or why not |\n| --- | --- | --- |"
    for item in items:
        # A definition is known by its name; a tool's check by its id.
        ids = "" if item.source == "Microsoft" else f"{' '.join(f'`{name}`' for name in (item.id, *item.also))} "
        types = "<br>".join(token.removeprefix("azure-native:") for token in item.types)
        answer = "<br>".join(f"`{rule_id}`" for rule_id in item.rules) or item.reason
        more = [item.but] if item.but else []
        more += [f"{name}: {why}" for name, why in item.elsewhere.items()]
        yield f"| {ids}{item.name} | {types} | {'<br>'.join((answer, *more))} |"
