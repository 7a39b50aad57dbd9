"""The page in a real Chromium, by real keys. `make test-browser`; skipped with the reason where there is none."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.dashboard import fleets

pytestmark = pytest.mark.browser


@dataclass
class Opened:
    """A page, and what it asked for and complained of."""

    page: Any
    asked: list[str] = field(default_factory=list)
    complained: list[str] = field(default_factory=list)


def _missing(why: str) -> None:
    if os.environ.get("BAILIWICK_REQUIRE_BROWSER") == "1":
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="module")
def chromium(tree: Path) -> Iterator[Any]:
    """The distribution's own; nothing is downloaded. After the tree: no plan is made while its loop runs."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        _missing("no chromium on PATH")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("no playwright: `make test-browser` brings it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page and one stack's evidence."""
    folder = tmp_path_factory.mktemp("evidence")
    fleets.written(folder)
    return folder


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Opened]]:  # noqa: ANN401 playwright's own, which mypy's environment lacks
    """Opens a file in a context of its own."""
    contexts = []

    def open_(path: Path, **options: Any) -> Opened:  # noqa: ANN401 as above
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, **options)
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.on("request", lambda request: found.asked.append(request.url))
        found.page.on("console", lambda message: found.complained.append(message.text))
        found.page.on("pageerror", lambda error: found.complained.append(str(error)))
        found.page.goto(path.as_uri())
        return found

    yield open_
    for context in contexts:
        context.close()


class TestItIsReadByKeyboard:
    """Who can't use a pointer must reach the line that mends a finding."""

    def test_from_the_field_to_the_resource(self, opened: Callable[..., Opened], tree: Path) -> None:
        page = opened(tree / "index.html").page
        _tab_to(page, "a[data-regulation=gdpr]")
        page.keyboard.press("Enter")
        _until(page, "() => document.activeElement.id === 'explore'")
        assert page.locator("#count").inner_text().endswith("articles")
        assert page.locator("#rows tbody tr").first.inner_text().startswith("✗ REFUSED")
        for kind in ("rules", "resources"):
            _tab_to(page, "#rows tbody a")
            page.keyboard.press("Enter")
            _until(page, f"() => document.getElementById('count').textContent.endsWith('{kind}')")
        row = page.locator("#rows tbody tr").first.inner_text()
        assert "REFUSED" in row
        assert "Fix:" in row
        assert "TLS" in page.locator("#rows").inner_text() + page.locator("#detail").inner_text()

    def test_typing_filters_and_the_count_is_said(self, opened: Callable[..., Opened], tree: Path) -> None:
        page = opened(tree / "index.html").page
        _tab_to(page, "#words")
        page.keyboard.type("minimumTls")
        _until(page, "() => document.getElementById('count').textContent.startsWith('1 of')")
        assert page.locator("#count").get_attribute("aria-live") == "polite"
        assert page.locator("#rows tbody tr").count() == 1

    def test_a_heading_sorts_and_says_so(self, opened: Callable[..., Opened], tree: Path) -> None:
        page = opened(Path(f"{tree}/index.html")).page
        page.goto((tree / "index.html").as_uri() + "#stack=eu-prod&show=rules")
        _tab_to(page, "#rows th:nth-child(3) button")
        page.keyboard.press("Enter")
        assert page.locator("#rows th").nth(2).get_attribute("aria-sort") == "ascending"
        names = page.locator("#rows tbody td:nth-child(3)").all_inner_texts()
        assert names == sorted(names)
        page.keyboard.press("Enter")
        assert page.locator("#rows th").nth(2).get_attribute("aria-sort") == "descending"


class TestItKeepsToItself:
    """The page is about what must not leave; it must not call home."""

    def test_nothing_is_asked_for_and_nothing_complains(self, opened: Callable[..., Opened], tree: Path) -> None:
        found = opened(tree / "index.html")
        found.page.goto((tree / "index.html").as_uri() + "#show=resources")
        assert {url.partition("#")[0] for url in found.asked} == {(tree / "index.html").as_uri()}
        assert found.complained == []

    def test_what_a_plan_says_stays_words(self, opened: Callable[..., Opened], tmp_path: Path) -> None:
        (tmp_path / "index.html").write_text(fleets.html_of(fleets.hostile()))
        found = opened(tmp_path / "index.html")
        for kind in ("findings", "rules", "resources", "articles"):
            found.page.goto((tmp_path / "index.html").as_uri() + f"#show={kind}")
        found.page.goto((tmp_path / "index.html").as_uri() + "#show=findings&resource=%3Cimg%20src=x%3E&rule=%3Cb%3E")
        found.page.goto((tmp_path / "index.html").as_uri() + "#show=findings")
        _until(found.page, "() => document.getElementById('count').textContent.endsWith('findings')")
        assert fleets.HOSTILE in found.page.locator("#rows").inner_text()
        assert found.page.title() == "Compliance evidence: all stacks"
        assert found.page.locator("img").count() == 0
        assert found.complained == []

    def test_without_a_script_the_matrix_leads_to_the_report(self, opened: Callable[..., Opened], tree: Path) -> None:
        page = opened(tree / "index.html", java_script_enabled=False).page
        page.locator("a[data-regulation=gdpr]").click()
        assert page.url.endswith("eu-prod/report.html#reg-gdpr")


class TestEverybodyCanUseIt:
    """axe-core's rules, as the most serious of them are in law (EN 301 549)."""

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize(
        "part", ["index.html", "index.html#stack=eu-prod&regulation=gdpr&show=articles", "eu-prod/report.html"]
    )
    def test_no_violation(self, opened: Callable[..., Opened], tree: Path, scheme: str, part: str) -> None:
        from axe_playwright_python.sync_playwright import Axe

        # axe writes into the page, which the page's own policy forbids.
        page = opened(tree / part.partition("#")[0], color_scheme=scheme, bypass_csp=True).page
        page.goto(f"{tree.as_uri()}/{part}")
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []

    def test_a_narrow_screen_does_not_scroll_sideways(self, opened: Callable[..., Opened], tree: Path) -> None:
        page = opened(tree / "index.html").page
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def _tab_to(page: Any, selector: str) -> None:  # noqa: ANN401 playwright's own
    for _ in range(400):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"no visible focus on {selector}"
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} can't be reached by Tab")


def _until(page: Any, condition: str) -> None:  # noqa: ANN401 playwright's own
    # Playwright's own waiting evaluates a text in the page, which the page's policy forbids.
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never: {condition}")
