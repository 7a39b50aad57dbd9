"""Where words go: styled on a terminal, plain in a pipe.

rich is loaded on a terminal only: a pipe, which has no use for it, need not wait for its import.
"""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

Part = str | tuple[str, str]
"""Words, or words and rich's name of a style."""


class Screen:
    """Standard output."""

    def __init__(self) -> None:
        self._console: Console | None = None
        # FORCE_COLOR is rich's own sign that a pipe ends in something that shows colours, such as CI's log.
        if sys.stdout.isatty() or os.environ.get("FORCE_COLOR"):
            from rich import console

            # Soft wrap: a log keeps whole lines; rich leaves colours out under NO_COLOR by itself.
            self._console = console.Console(soft_wrap=True, highlight=False)

    def line(self, *parts: Part, style: str = "") -> None:
        """One line of words."""
        if self._console is None:
            print("".join(part if isinstance(part, str) else part[0] for part in parts))  # noqa: T201 the one place
            return
        from rich.text import Text

        self._console.print(Text.assemble(*parts, style=style))

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table; columns of words in a pipe, and an empty line after it."""
        cells = [[str(cell) for cell in row] for row in rows]
        if self._console is None:
            widths = [max(len(row[i]) for row in [headings, *cells]) for i in range(len(headings))]
            for row in (headings, *cells):
                self.line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
            self.line()
            return
        from rich.table import Table

        table = Table(*headings, header_style="bold")
        for row in cells:
            table.add_row(*row)
        self._console.print(table)
