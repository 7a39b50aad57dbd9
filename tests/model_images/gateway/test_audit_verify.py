"""Verification: every change of a small log, generated and complete, is found; and where it is found is where it is."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit_log import form, prove
from audit_log.checkpoint import unverified
from audit_log.findings import Finding, Report
from audit_log.merkle import Tree, leaf_hash
from audit_log.verify import BadAnchor, anchored
from model_images.gateway.guard.audit.ledger import Ledger
from tests.model_images.gateway.audit_world import ORIGIN, anchors, signer, small, verified

KEY = signer()
VKEYS = [KEY.verifier]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Three segments of three records, ten checkpoints."""
    small(tmp_path / "log", KEY)
    return tmp_path / "log"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The same, with what a write-once store holds of it."""
    return anchors(tmp_path / "store", small(tmp_path / "log", KEY))


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def files(log: Path) -> list[Path]:
    return [found for path in form.segments(log) for found in (path, form.checkpoints(path))]


class TestAnUntouchedLogIsIntact:
    """A verifier that cries wolf is switched off."""

    def test_with_key_and_anchors(self, store: Path) -> None:
        report = verified(store.parent / "log", VKEYS, store)
        assert (report.verdict, report.findings) == ("intact", [])
        assert (report.size, report.committed, report.segments, report.torn) == (9, 9, 3, 0)
        assert report.anchors == len(list(store.iterdir())) == 7

    def test_without_a_key_nothing_is_proved(self, log: Path) -> None:
        assert verified(log, []).verdict == "not-evaluated"

    def test_a_line_that_is_being_written_is_not_counted(self, log: Path) -> None:
        ledger = Ledger(log, ORIGIN, KEY)
        ledger.append([b'{"n":9}'])
        path = form.segments(log)[-1]
        path.write_bytes(path.read_bytes() + b'{"index":10,"prev')
        report = verified(log, VKEYS)
        assert (report.verdict, report.size, report.committed, report.torn) == ("intact", 10, 9, 17)
        ledger.abandon()

    def test_another_log_s_anchors_are_not_its_own(self, tmp_path: Path) -> None:
        store = anchors(tmp_path / "store", small(tmp_path / "log", KEY))
        other: dict[int, str] = {}
        Ledger(tmp_path / "other", "eu-test/gateway-1", KEY, issued=other.__setitem__).close()
        (store / "other.note").write_text(other[0])
        assert verified(tmp_path / "log", VKEYS, store).verdict == "intact"


class TestEveryChangedByteIsFoundWhereItIs:
    """All bytes of all files, one bit of each and, for the line's own form, others."""

    @pytest.mark.parametrize(
        "bit", [0x01, pytest.param(0x20, marks=pytest.mark.slow), pytest.param(0x80, marks=pytest.mark.slow)]
    )
    def test_all_bytes(self, tmp_path: Path, bit: int) -> None:
        log = tmp_path / "log"
        small(log, KEY, segments=2, each=2)
        for path in files(log):
            whole = path.read_bytes()
            notes = path.name.endswith(form.CHECKPOINTS)
            for place in range(len(whole)):
                path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
                report = verified(log, VKEYS)
                last = notes and path == files(log)[-1] and place == len(whole) - 1
                if last:
                    # The last checkpoint's line's end: a torn checkpoint, as a crash leaves one. Anchors show it.
                    assert (report.verdict, report.committed) == ("intact", 2)
                    continue
                assert report.verdict == "tampered", (path.name, place)
                line = whole[:place].count(b"\n") + 1
                found = report.findings[0]
                if notes and line == 1 and found.file != path.name:
                    continue
                # A lost line's end joins two lines, or makes the last one end too early: it shows there, or after.
                assert found.file == path.name or whole[place] == 10, (path.name, place, found)
                assert found.line in (line, 0) or whole[place] == 10, (path.name, place, found)
            path.write_bytes(whole)

    def test_the_last_checkpoint_s_end_shows_against_anchors(self, store: Path) -> None:
        log = store.parent / "log"
        path = files(log)[-1]
        path.write_bytes(path.read_bytes()[:-1])
        assert "is not among the log's own" in str(verified(log, VKEYS, store).findings[0])


def of_lines(whole: list[bytes]) -> Iterator[tuple[str, int, list[bytes]]]:
    """Each removal, repetition, swap and insertion of lines, with the first line that it concerns, from 1."""
    for place in range(len(whole)):
        yield "removed", place, whole[:place] + whole[place + 1 :]
        yield "cut", place, whole[:place]
        for other in range(len(whole)):
            if other != place:
                yield "moved here", min(place, other), _moved(whole, other, place)
        for other in range(place + 1, len(whole)):
            swapped = list(whole)
            swapped[place], swapped[other] = whole[other], whole[place]
            yield "swapped", place, swapped
        for other in range(len(whole)):
            yield "again", place, [*whole[:place], whole[other], *whole[place:]]
        yield "put in", place, [*whole[:place], b"{}\n", *whole[place:]]


def _moved(whole: list[bytes], source: int, target: int) -> list[bytes]:
    rest = whole[:source] + whole[source + 1 :]
    return [*rest[:target], whole[source], *rest[target:]]


class TestEveryChangeOfLinesIsFound:
    """Dropped, doubled, moved, put in, cut: each file, each line, each place."""

    def test_all(self, store: Path) -> None:
        log = store.parent / "log"
        tried = 0
        for path in files(log):
            whole = lines(path)
            for what, place, broken in of_lines(whole):
                if broken == whole:
                    continue
                tried += 1
                path.write_bytes(b"".join(broken))
                report = verified(log, VKEYS, store)
                assert report.verdict == "tampered", (path.name, what, place)
                found = next((item for item in report.findings if item.file == path.name), report.findings[0])
                if path.name.endswith(form.CHECKPOINTS):
                    continue  # one that is gone shows where the next, or the segment's end, should follow
                # At the line, at the one that should have followed it, or as the end of the file or of the next one.
                assert found.line in (0, 1, place + 1, place + 2), (path.name, what, place, found)
            path.write_bytes(b"".join(whole))
        assert tried > 200

    def test_all_of_segments(self, store: Path, tmp_path: Path) -> None:
        log = store.parent / "log"
        names = form.segments(log)
        for source in names:
            for target in (None, *names):
                if target == source:
                    continue
                work = tmp_path / "work"
                shutil.copytree(log, work)
                for kind in (lambda path: path, form.checkpoints):
                    moved = kind(work / source.name)
                    if target is None:
                        moved.unlink()
                    else:
                        there = kind(work / target.name)
                        kept = there.read_bytes()
                        there.write_bytes(moved.read_bytes())
                        moved.write_bytes(kept)
                report = verified(work, VKEYS, store)
                # Without its first segment a log is one that was archived: said, and not called tampering.
                first = source == names[0] and target is None
                assert (report.verdict == "intact") == first, (source.name, target)
                assert not first or (report.first, report.earlier) == (3, 2)
                shutil.rmtree(work)

    def test_a_segment_without_its_checkpoints(self, log: Path) -> None:
        for path in form.segments(log):
            kept = form.checkpoints(path).read_bytes()
            form.checkpoints(path).unlink()
            assert "checkpoints are not there" in verified(log, VKEYS).findings[0].what
            form.checkpoints(path).write_bytes(kept)


def rewritten(log: Path, change: Callable[[int, bytes], bytes | None]) -> None:
    """Write all records again, with new hashes throughout, as an intruder without the key can; keep the checkpoints."""
    chain, index, tree = form.BEGINNING, 0, Tree()
    for path in form.segments(log):
        head = form.header(form.frontier_of(tree, ORIGIN, chain))
        made = [head]
        for line in lines(path)[1:]:
            record = change(index, form.read(line[:-1]).record)
            index += 1
            if record is None:
                continue
            sealed, chain = form.sealed(tree.size, chain, record)
            made.append(sealed)
            tree.append(leaf_hash(sealed))
        path.write_bytes(b"\n".join(made) + b"\n")


class TestAHistoryWrittenAgainIsFound:
    """With all hashes made anew only signatures tell, and with the key only what lies elsewhere."""

    @pytest.mark.parametrize("index", range(9))
    @pytest.mark.parametrize("gone", [False, True])
    def test_without_the_key(self, log: Path, index: int, *, gone: bool) -> None:
        rewritten(log, lambda at, record: (None if gone else b'{"n":0,"x":1}') if at == index else record)
        report = verified(log, VKEYS)
        assert report.verdict == "tampered"
        if not gone:
            assert "written again" in report.findings[0].what
            assert int(report.findings[0].what.split("records ")[1].split(" ")[0]) <= index

    def test_with_the_key(self, store: Path, tmp_path: Path) -> None:
        again = tmp_path / "again"
        ledger = Ledger(again, ORIGIN, KEY)
        for number in range(9):
            ledger.append([b'{"n":%d}' % (number if number != 4 else 40)])
            if number in (1, 2, 4, 5, 7):
                ledger.checkpoint()
        ledger.close()
        assert verified(again, VKEYS).verdict == "intact"
        report = verified(again, VKEYS, store)
        assert report.verdict == "tampered"
        assert any("written again: the anchored checkpoint" in item.what for item in report.findings)

    @pytest.mark.parametrize("kept", range(1, 9))
    def test_a_tail_cut_with_its_checkpoints_shows_against_anchors(self, store: Path, kept: int) -> None:
        log = store.parent / "log"
        cut(log, kept)
        assert verified(log, VKEYS).verdict == "intact"  # nobody could tell from the log alone
        report = verified(log, VKEYS, store)
        assert report.verdict == "tampered"
        assert any("cut: the anchored checkpoint" in item.what for item in report.findings)

    def test_an_anchor_that_nobody_signed(self, store: Path) -> None:
        path = sorted(store.iterdir())[0]
        path.write_text(path.read_text().replace("\n0\n", "\n1\n"))
        with pytest.raises(BadAnchor, match=path.name):
            anchored([path], VKEYS)


def cut(log: Path, kept: int) -> None:
    """Keep so many records, and of checkpoints what fits: as if the rest had never been written."""
    for path in form.segments(log):
        first = int(path.name.split(".")[0])
        if first >= kept and first:
            path.unlink()
            form.checkpoints(path).unlink()
            continue
        path.write_bytes(b"".join(lines(path)[: 1 + kept - first]))
        held = form.checkpoints(path)
        fit = [line for line in lines(held) if unverified(form.read_note(line[:-1])).size <= kept]
        held.write_bytes(b"".join(fit))


class TestProofsStandByThemselves:
    """A third party has a key and a file."""

    def test_every_record_can_be_proved(self, log: Path) -> None:
        for index in range(9):
            text = as_text(prove.inclusion(form.segments(log), index))
            assert prove.check(text, VKEYS).startswith(f"record {index} is in {ORIGIN}")
            for old, new in (('"n": 1', '"n": 2'), (f'"index": {index},', f'"index": {index + 1},')):
                if old in text:
                    with pytest.raises(prove.NoProof):
                        prove.check(text.replace(old, new, 1), VKEYS)

    def test_no_byte_of_a_proof_can_be_changed_to_prove_something_else(self, log: Path) -> None:
        text = as_text(prove.inclusion(form.segments(log), 5))
        said = prove.check(text, VKEYS)
        for place in range(len(text)):
            spoilt = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
            try:
                assert prove.check(spoilt, VKEYS) == said
            except ValueError:  # NoProof is one
                continue

    def test_growth_can_be_proved_between_any_two_checkpoints(self, log: Path) -> None:
        sizes = sorted({head.size for _, head in prove.notes(form.segments(log))})
        assert sizes == [0, 2, 3, 5, 6, 8, 9]
        for number, first in enumerate(sizes):
            for second in sizes[number:]:
                text = as_text(prove.consistency(form.segments(log), first, second))
                assert prove.check(text, VKEYS) == f"{ORIGIN} only grew from {first} to {second} records"

    def test_what_cannot_be_proved(self, log: Path) -> None:
        segments = form.segments(log)
        for held, index in ((segments, 9), (segments[1:], 4)):
            with pytest.raises(prove.NoProof):
                prove.inclusion(held, index)
        with pytest.raises(prove.NoProof, match="just 4 records"):
            prove.consistency(segments, 4, 9)
        text = as_text(prove.inclusion(segments, 0))
        with pytest.raises(prove.NoProof, match="no known key"):
            prove.check(text, [signer().verifier])
        for wrong in ("{}", "[]", '{"format":"bailiwick-audit-proof/1","proves":"nothing"}', "no JSON"):
            with pytest.raises(ValueError, match=r".") as caught:
                prove.check(wrong, VKEYS)
            assert not isinstance(caught.value, prove.NoProof)


def as_text(document: dict[str, object]) -> str:
    return json.dumps(document, indent=1)


class TestAReportIsBounded:
    """A log that is wrong throughout must not fill a terminal, or memory."""

    def test_a_hundred_findings_are_kept(self) -> None:
        report = Report()
        for number in range(250):
            report.add(Finding("file", number, None, "wrong"))
        assert (len(report.findings), report.more) == (100, 150)

    def test_an_endless_line_is_not_read_into_memory(self, log: Path) -> None:
        path = form.segments(log)[-1]
        path.write_bytes(path.read_bytes() + b"x" * (3 * form.MOST_LINE))
        report = verified(log, VKEYS)
        assert "longer than any" in report.findings[0].what
        assert report.findings[0].line == 5

    def test_times_never_go_back(self, tmp_path: Path) -> None:
        times = iter([datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)])
        ledger = Ledger(tmp_path, ORIGIN, KEY, now=lambda: next(times))
        ledger.append([b'{"n":0}'])
        ledger.close()
        assert verified(tmp_path, VKEYS).verdict == "intact"
