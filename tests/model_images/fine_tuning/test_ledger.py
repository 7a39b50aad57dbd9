"""What trainings cost adds up, in entries that are written once and follow each other."""

import contextlib
import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.fine_tuning import ledger as ledgers
from model_images.fine_tuning.__main__ import main
from model_images.fine_tuning.ledger import FIRST, Budget, Damaged, Ledger, Spent, append, read

PLACE = "hips"


def budgeted(folder: Path, epsilon: float = 8) -> None:
    arguments = ["--epsilon", f"{epsilon}", "--delta", "0.001", "--by", "D. Officer", "--why", "agreed on 3 May"]
    assert main(["budget", "--ledger", str(folder), "--population", PLACE, *arguments]) == 0


def training(ledger: Ledger | None, number: int, head: str, at: str) -> Spent:
    assert ledger is not None
    return Spent(
        population=PLACE,
        number=number,
        previous=head,
        at=at,
        by="A. Author",
        adapter=f"adapter-{number}",
        dataset="hips/set.jsonl",
        dataset_sha256="a" * 64,
        records=1000,
        noise_multiplier=1.1,
        sample_rate=0.01,
        steps=500,
        epsilon=1.0,
        total=float(len(ledger.spent) + 1),
        budget=ledger.budget.epsilon,
        delta=ledger.budget.delta,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger with a budget and three trainings."""
    budgeted(tmp_path)
    for _ in range(3):
        append(tmp_path, PLACE, training)
    return tmp_path


def found(folder: Path) -> Ledger:
    ledger = read(folder, PLACE)
    assert ledger is not None
    return ledger


def files(folder: Path) -> list[Path]:
    return sorted((folder / PLACE).iterdir())


class TestEveryTrainingIsCounted:
    """Each adapter's own epsilon says nothing of what the same people have given before."""

    def test_in_order_with_what_an_accountant_needs(self, folder: Path) -> None:
        ledger = found(folder)
        assert [entry.number for entry in ledger.entries] == [0, 1, 2, 3]
        assert ledger.history == ((1.1, 0.01, 500),) * 3
        assert ledger.entries[0].previous == FIRST

    def test_another_budget_forgets_nothing(self, folder: Path) -> None:
        budgeted(folder, 12)
        assert found(folder).budget.epsilon == 12
        assert len(found(folder).history) == 3

    def test_where_nobody_gave_a_budget_there_is_no_ledger(self, tmp_path: Path) -> None:
        assert read(tmp_path, PLACE) is None
        (tmp_path / PLACE).mkdir()
        assert read(tmp_path, PLACE) is None

    def test_of_many_at_once_none_is_lost_and_each_knew_those_before(self, folder: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: append(folder, PLACE, training)[0], range(24)))
        assert sorted(entry.number for entry in made) == list(range(4, 28))
        assert [entry.total for entry in found(folder).spent] == [float(number + 1) for number in range(27)]
        assert {path.name for path in files(folder)} == {f"{number:06d}.json" for number in range(28)}


class TestAnEntryIsWrittenOnce:
    """Whoever could take one back could train once more."""

    def test_it_stands_whole_or_not_at_all(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        before = found(folder)
        monkeypatch.setattr(os, "fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            append(folder, PLACE, training)
        monkeypatch.undo()
        assert found(folder) == before
        (folder / PLACE / ".left-by-a-kill").write_text("{")
        append(folder, PLACE, training)
        assert len(found(folder).spent) == 4

    def test_one_that_stands_is_never_replaced(self, folder: Path) -> None:
        before = {path: path.read_bytes() for path in files(folder)}
        append(folder, PLACE, training)
        assert {path: path.read_bytes() for path in before} == before

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 3), st.data())
    def test_any_changed_byte_is_seen(self, at: int, data: st.DataObject) -> None:
        with tempfile.TemporaryDirectory() as place:
            budgeted(Path(place))
            for _ in range(3):
                append(Path(place), PLACE, training)
            head = found(Path(place)).head
            path = files(Path(place))[at]
            raw = bytearray(path.read_bytes())
            where = data.draw(st.integers(0, len(raw) - 1))
            raw[where] ^= data.draw(st.integers(1, 255))
            path.write_bytes(raw)
            with contextlib.suppress(Damaged):
                assert found(Path(place)).head != head, "the last one's: an adapter's record has its hash"

    @pytest.mark.parametrize(
        ("broken", "says"),
        [
            ("gone", "stands where"),
            ("first gone", "stands where"),
            ("swapped", "put here from elsewhere"),
            ("another name", "no entry's name"),
            ("less noise counted", "does not follow"),
            ("empty", "can't be read"),
            ("other population", "put here from elsewhere"),
        ],
    )
    def test_what_was_done_to_it_is_told(self, folder: Path, broken: str, says: str) -> None:
        paths = files(folder)
        match broken:
            case "gone":
                paths[2].unlink()
            case "first gone":
                paths[0].unlink()
            case "swapped":
                one, other = paths[1].read_bytes(), paths[2].read_bytes()
                paths[1].write_bytes(other)
                paths[2].write_bytes(one)
            case "another name":
                (folder / PLACE / "notes.txt").write_text("x")
            case "less noise counted":
                paths[1].write_text(paths[1].read_text().replace("1.1", "9.9"))
            case "empty":
                paths[3].write_text("")
            case "other population":
                paths[0].write_text(paths[0].read_text().replace(PLACE, "knees"))
        with pytest.raises(Damaged, match=says):
            found(folder)

    @pytest.mark.parametrize("wrong", [{"steps": 0}, {"noise_multiplier": 0.0}, {"sample_rate": 1.5}])
    def test_numbers_that_cost_nothing_are_not_written(self, folder: Path, wrong: dict[str, float]) -> None:
        before = found(folder)
        with pytest.raises(ValueError, match="over 0"):
            append(folder, PLACE, lambda *told: msgspec.structs.replace(training(*told), **wrong))
        assert found(folder) == before

    def test_a_training_before_any_budget_is_no_ledger(self, folder: Path) -> None:
        told = json.loads(files(folder)[1].read_text()) | {"number": 0, "previous": FIRST}
        for path in files(folder):
            path.unlink()
        (folder / PLACE / "000000.json").write_text(json.dumps(told))
        with pytest.raises(Damaged, match="nobody has said"):
            found(folder)


class TestTheCommandSaysWhatIsWrong:
    """A budget is given by people, who mistype."""

    @pytest.mark.parametrize(
        ("name", "value"), [("epsilon", "-1"), ("epsilon", "inf"), ("epsilon", "nan"), ("delta", "1"), ("why", " ")]
    )
    def test_a_wrong_number_ends_with_2(
        self, tmp_path: Path, name: str, value: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        said = {"population": PLACE, "epsilon": "8", "delta": "0.001", "by": "D", "why": "w", name: value}
        words = [word for pair in said.items() for word in (f"--{pair[0]}={pair[1]}",)]
        assert main(["budget", f"--ledger={tmp_path}", *words]) == 2
        assert f"--{name}" in capsys.readouterr().err
        assert not list(tmp_path.iterdir())

    def test_a_population_is_no_path(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        words = ["--epsilon=8", "--delta=0.1", "--by=D", "--why=w"]
        assert main(["budget", f"--ledger={tmp_path}", "--population=../x", *words]) == 1
        assert "no name of a population" in capsys.readouterr().err
        assert ledgers.POPULATION.fullmatch("a-b-1")

    def test_a_budget_names_who_gave_it(self, tmp_path: Path) -> None:
        budgeted(tmp_path)
        (entry,) = found(tmp_path).entries
        assert isinstance(entry, Budget)
        assert (entry.by, entry.why) == ("D. Officer", "agreed on 3 May")
