"""Takes the pictures of the page over all stacks: `python -m docs.screenshots DIR`.

DIR is what `bailiwick evidence --all --out DIR` wrote.

Needs Chromium on PATH and the dependency group `browser`.
"""

import shutil
import sys
from pathlib import Path
from typing import Final, Literal

IMAGES = Path(__file__).resolve().parent / "images"
SCHEMES: Final[tuple[tuple[Literal["light", "dark"], str], ...]] = (
    ("light", "dashboard.png"),
    ("dark", "dashboard-dark.png"),
)


def main(folder: Path, images: Path = IMAGES) -> int:
    """Light and dark at 1280 pixels; the exit code."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None or not (folder / "index.html").is_file():
        print("needs chromium on PATH, and a folder that `bailiwick evidence --all --out` wrote", file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        for scheme, name in SCHEMES:
            page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme=scheme)
            page.goto((folder / "index.html").resolve().as_uri())
            page.screenshot(path=images / name)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) if len(sys.argv) == 2 else print(__doc__) or 2)
