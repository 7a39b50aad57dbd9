"""The page of clocks after a breach: law by law, and which jurisdiction it is in force in."""

from collections.abc import Iterator

from jurisdictions import available, load
from jurisdictions.notices import in_force, laws, silent


def clocks() -> Iterator[str]:
    """Every notice that a law asks for, with its clock and what that was held against."""
    yield "# Notification\n"
    yield "What each law asks to be told after a breach: `bailiwick breach STACK --known-at TIME` counts it. Written in"
    yield "`jurisdictions/notification/`, in our own words; the text that binds is at each source.\n"
    places = {name: {law.id for law in in_force(load(name))} for name in available()}
    for law in laws().values():
        where = ", ".join(name for name, found in places.items() if law.id in found) or "where its data is taken"
        yield f"## {law.short}\n\nIn force in: {where}. <{law.source}>\n"
        yield "| notice | owed by | to | when | clock | checked |\n" + "| --- " * 6 + "|"
        for notice in law.notices:
            checked = notice.checked if notice.verified else f"**unverified**: {notice.checked}"
            yield (
                f"| `{law.id}/{notice.id}` {notice.article}: {notice.title} | {notice.owed_by} | {notice.to} | "
                f"{notice.when} | {notice.clock.words} | {checked} |"
            )
        yield ""
    yield "## No clock of their own\n\n| law or standard | why |\n| --- | --- |"
    for name, why in silent().items():
        yield f"| {name} | {why} |"
