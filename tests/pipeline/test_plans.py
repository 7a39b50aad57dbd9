"""What is applied is what was approved."""

from pathlib import Path

import pytest

from pipeline.plans import NotKept, fetch, keep

AZ = """#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in upload|download) verb=$1 ;; --name) name=$2 ;; --file) file=$2 ;; --overwrite) once=$2 ;; esac
  shift
done
there="$STORE/$(echo "$name" | tr / _)"
if [ "$verb" = upload ]; then
  [ "$once" = false ] && [ -e "$there" ] && { echo "The specified blob already exists." >&2; exit 1; }
  cp "$file" "$there"
else
  cp "$there" "$file"
fi
"""
"""As much of `az storage blob` as is asked of it: a name is used once."""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    (tmp_path / "az").write_text(AZ, encoding="utf-8")
    (tmp_path / "az").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("STORE", str(folder))
    return folder


class TestAKeptPlan:
    """By its hash, which the reviewed run told and not the store."""

    def test_it_comes_back(self, store: Path, tmp_path: Path) -> None:
        (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
        digest = keep("st", "eu-prod/1-1.json", tmp_path / "plan.json")
        fetch("st", "eu-prod/1-1.json", tmp_path / "back.json", digest)
        assert (tmp_path / "back.json").read_text(encoding="utf-8") == "{}"

    @pytest.mark.parametrize("sha256", ["", "0" * 64])
    def test_another_is_not_left_behind(self, store: Path, tmp_path: Path, sha256: str) -> None:
        (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
        keep("st", "eu-prod/1-1.json", tmp_path / "plan.json")
        with pytest.raises(NotKept, match="not the plan that was reviewed"):
            fetch("st", "eu-prod/1-1.json", tmp_path / "back.json", sha256)
        assert not (tmp_path / "back.json").exists()

    def test_a_name_is_used_once(self, store: Path, tmp_path: Path) -> None:
        (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
        keep("st", "a", tmp_path / "plan.json")
        with pytest.raises(NotKept, match="already exists"):
            keep("st", "a", tmp_path / "plan.json")

    def test_no_plan_and_no_az(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(NotKept, match="no plan is there"):
            keep("st", "a", tmp_path / "none.json")
        monkeypatch.setenv("PATH", "")
        (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
        with pytest.raises(NotKept, match="belongs on the runner"):
            keep("st", "a", tmp_path / "plan.json")
