"""The exclusion list of a run: which salt its hash has, and which of its articles a snapshot lacks."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from pmcmine.config import MineConfig
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.release.begin import begin
from pmcmine.release.layout import WORK
from pmcmine.rights.exclusion_list import ExclusionList, parse_exclusions
from pmcmine.run.exclusion_notes import unknown_articles
from pmcmine.run.start import with_exclusions
from pmcmine.sources.base import Entry
from pmcmine.work.exclusions import KEPT, open_exclusions, salt_of, write_exclusions
from pmcmine.work.snapshot import freeze

NOTHING = ExclusionList()


def _config(tmp_path: Path, text: str = "PMC7\nPMC8.1/f1\n", **more: object) -> MineConfig:
    listed = tmp_path / f"list-{len(text)}.txt"
    listed.write_text(text)
    return MineConfig(out=str(tmp_path / "release"), exclude=(str(listed),), **more)  # type: ignore[arg-type]


def test_the_public_hash_cannot_be_found_by_trying_ids(tmp_path: Path) -> None:
    config = _config(tmp_path)
    (first, data), (second, _) = with_exclusions(config, NOTHING), with_exclusions(config, NOTHING)
    bare = sha256(b"PMC7\nPMC8.*/f1\n").hexdigest()
    assert len({bare, first.exclude_sha256, second.exclude_sha256}) == 3
    assert first.exclude_sha256 == sha256(data).hexdigest() and len(salt_of(data)) == 32
    assert with_exclusions(_config(tmp_path, ""), NOTHING) == (_config(tmp_path, ""), b"")


def test_a_release_without_state_takes_only_a_list_with_a_salt(tmp_path: Path) -> None:
    """Nothing would keep the salt for a repeated command, and a hash without one can be found by trying ids."""
    with pytest.raises(PmcmineError, match="keep_state=false") as refused:
        with_exclusions(_config(tmp_path, keep_state=False), NOTHING)
    assert "\n" not in str(refused.value)
    salt = "0123456789abcdef" * 2
    salted = _config(tmp_path, f"# salt {salt}\nPMC7\n", keep_state=False)
    (first, data), (second, _) = with_exclusions(salted, NOTHING), with_exclusions(salted, NOTHING)
    assert salt_of(data) == salt and first.exclude_sha256 == second.exclude_sha256
    assert with_exclusions(_config(tmp_path, "# nobody yet\n", keep_state=False), NOTHING)[1] == b""


def test_the_same_list_and_salt_give_the_same_hash(tmp_path: Path) -> None:
    """A run that resumes, a command that is repeated, an update, and a new run with the list that a release kept."""
    config = _config(tmp_path)
    begun, data = with_exclusions(config, NOTHING)
    out = Folder(config.out)
    begin(out, begun.content(), salt=salt_of(data))
    assert with_exclusions(config, NOTHING) == (begun, data)
    write_exclusions(out.child(WORK), data)
    held = open_exclusions(out.url, begun.exclude_sha256 or "")
    assert held.pmcids == {"PMC7"}
    out.child(WORK).remove_tree()
    out.write(KEPT, data)
    assert with_exclusions(config, NOTHING) == (begun, data)
    longer, more = with_exclusions(_config(tmp_path, "PMC9"), held)
    assert salt_of(more) == salt_of(data) and longer.exclude_sha256 != begun.exclude_sha256
    other = MineConfig(out=str(tmp_path / "other"), exclude=(f"{config.out}/{KEPT}",))
    assert with_exclusions(other, NOTHING)[1] == data
    out.write(KEPT, held.to_bytes(), replace=True)  # as releases kept it before there were salts
    assert with_exclusions(config, held)[1] == held.to_bytes()
    assert len(salt_of(with_exclusions(_config(tmp_path, "PMC9"), held)[1])) == 32


def test_articles_that_the_snapshot_lacks_are_named(tmp_path: Path) -> None:
    entries = [Entry(f"PMC{n}", 1, "etag", f"PMC{n}") for n in range(1, 6)]
    work = Folder(str(tmp_path))
    frozen = freeze(iter(entries), "folder", None, 2, work)
    known = parse_exclusions(b"PMC1\nPMC2.1/f1\n10.1234/unknown\n", "list").added
    assert unknown_articles(work, frozen, known) is None
    some = known | parse_exclusions(b"PMC77\nPMC9-1-f1\n", "list").added
    assert "2 articles that are not in this snapshot (PMC9, PMC77)" in str(unknown_articles(work, frozen, some))
