"""`bailiwick preview eu-prod` beside the real engine's `pulumi preview` with all three packs, on the same program.

The engine runs with stand-in providers (tests/engine), which answer at once: with Azure's own it takes longer. Where
`pulumi` is not on PATH only the first is measured, and that is said.
"""

import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.preview import STACK, whole
from tests.engine.project import prepared, pulumi, with_packs


def main() -> None:
    """Print both, and their ratio."""
    seconds, memory = whole()
    print(f"bailiwick preview {STACK}: {seconds:.1f} s, {memory:.0f} MiB")
    if shutil.which("pulumi") is None:
        print("pulumi preview: not measured, `pulumi` is not on PATH")
        return
    with tempfile.TemporaryDirectory(prefix="bailiwick-engine-") as name:
        folder = prepared(Path(name))
        for words, packs in (("without packs", []), ("with three packs", with_packs())):
            start = time.perf_counter()
            pulumi(folder, "preview", "--stack", STACK, *packs)
            spent = time.perf_counter() - start
            print(f"pulumi preview, {words}: {spent:.1f} s, {spent / seconds:.1f} times")


if __name__ == "__main__":
    main()
