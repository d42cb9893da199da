"""What an archive proves about itself, and which archives stay. No database."""

import datetime as dt
import io
import os
import tarfile
from pathlib import Path

import pytest

from lms.core.backups import archive, keeping
from lms.core.backups.archive import Manifest
from lms.core.backups.errors import BackupError
from lms.core.backups.restoring import Exchange


def make(path: Path, *, engine: str = "sqlite", number: int = archive.FORMAT) -> Manifest:
    """An archive of a "database" of 5,000 bytes and two files."""
    source = path.parent / "source"
    source.mkdir(exist_ok=True)
    (source / "database").write_bytes(os.urandom(5000))
    (source / "one").write_bytes("Giấy chứng nhận".encode())
    (source / "two").write_bytes(b"")
    with path.open("wb") as target:
        writer = archive.Writer(target, lambda size: None)
        database = writer.add(archive.DATABASES[engine], source / "database")
        files = [
            writer.add("files/private/certificates/2026/một.pdf", source / "one"),
            writer.add("files/default/images/two.png", source / "two"),
        ]
        assert database
        manifest = Manifest(
            format=number, made_at="2026-11-23T02:15:00+07:00", engine=engine, engine_version="3", version="0.1.0",
            commit="abc", public_url="https://lms.example", database=database, rows={"accounts_user": 3},
            migrations={"accounts": ["0001_initial"]}, files=tuple(file for file in files if file),
        )  # fmt: skip
        writer.seal(manifest)
    return manifest


def rewritten(path: Path, change: tarfile.TarInfo | None, data: bytes = b"", *, without: str = "") -> Path:
    """A copy of the archive with one member more, or one fewer; its manifest and seal unchanged."""
    copy = path.with_name("rewritten.tar")
    with tarfile.open(path) as old, tarfile.open(copy, "w") as new:
        if change:
            new.addfile(change, io.BytesIO(data) if change.isreg() else None)
        for info in old:
            if info.name != without:
                new.addfile(info, old.extractfile(info))
    return copy


def test_a_whole_archive_says_what_it_holds_and_unpacks_to_the_same_bytes(tmp_path: Path) -> None:
    path, folder = tmp_path / "a.tar", tmp_path / "out"
    manifest = make(path)
    assert archive.check(path) == manifest
    assert {name: member.size for name, member in manifest.members().items()} == {
        "database.sqlite3": 5000, "files/private/certificates/2026/một.pdf": 21, "files/default/images/two.png": 0,
    }  # fmt: skip
    folder.mkdir()
    archive.extract(path, manifest, folder)
    unpacked = {p.relative_to(folder).as_posix(): archive.hash_of(p) for p in folder.rglob("*") if p.is_file()}
    assert unpacked == {name: member.sha256 for name, member in manifest.members().items()}


def test_an_archive_that_was_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    path, short = tmp_path / "a.tar", tmp_path / "short.tar"
    make(path)
    with tarfile.open(path) as tar:
        end = [info.offset_data + info.size for info in tar][-1]
    data = path.read_bytes()
    for length in (0, 100, 512, 3000, 6000, end - 700, end - 1):
        short.write_bytes(data[:length])
        with pytest.raises(BackupError, match=r"short\.tar"):
            archive.check(short)


def test_one_changed_byte_in_any_member_is_found(tmp_path: Path) -> None:
    path, altered = tmp_path / "a.tar", tmp_path / "altered.tar"
    make(path)
    with tarfile.open(path) as tar:
        places = {info.name: info.offset_data + info.size // 2 for info in tar if info.size}
    assert len(places) == 4
    found = []
    for name, place in places.items():
        data = bytearray(path.read_bytes())
        data[place] ^= 1
        altered.write_bytes(data)
        try:
            archive.check(altered)
        except BackupError:
            found.append(name)
    assert found == list(places)


@pytest.mark.parametrize(
    "name",
    [
        "../outside", "/etc/cron.d/evil", "files/private/../../../outside", "files/../outside", "files/private/./x",
        "files//private/x", "files/private", "secret_key", "database.dump/x", "files\\private\\x",
    ],
)  # fmt: skip
def test_a_name_that_no_backup_writes_is_refused_before_anything_is_unpacked(tmp_path: Path, name: str) -> None:
    make(tmp_path / "a.tar")
    info = tarfile.TarInfo(name)
    info.size = 4
    hostile = rewritten(tmp_path / "a.tar", info, b"evil")
    with pytest.raises(BackupError):
        archive.read_manifest(hostile)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_only_regular_files_are_read(tmp_path: Path, kind: bytes) -> None:
    make(tmp_path / "a.tar")
    info = tarfile.TarInfo("files/private/link")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(BackupError):
        archive.read_manifest(rewritten(tmp_path / "a.tar", info))


def test_a_member_too_many_too_few_or_twice_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "a.tar")
    more = tarfile.TarInfo("files/private/more.pdf")
    twice = tarfile.TarInfo("files/default/images/two.png")
    for archive_ in (
        lambda: rewritten(tmp_path / "a.tar", more),
        lambda: rewritten(tmp_path / "a.tar", twice),
        lambda: rewritten(tmp_path / "a.tar", None, without="files/default/images/two.png"),
        lambda: rewritten(tmp_path / "a.tar", None, without=archive.SEAL),
    ):
        with pytest.raises(BackupError):
            archive.read_manifest(archive_())
    assert archive.read_manifest(rewritten(tmp_path / "a.tar", None)).rows == {"accounts_user": 3}


def test_a_format_from_the_future_is_refused_in_words(tmp_path: Path) -> None:
    make(tmp_path / "a.tar", number=archive.FORMAT + 1)
    with pytest.raises(BackupError, match=str(archive.FORMAT + 1)):
        archive.read_manifest(tmp_path / "a.tar")


def test_a_link_among_the_files_is_not_followed_into_the_archive(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    writer = archive.Writer(io.BytesIO(), lambda size: None)
    assert writer.add("files/private/link", tmp_path / "link") is None
    assert writer.add("files/private/gone", tmp_path / "gone") is None


def names_of(*days: str) -> list[str]:
    return [f"lms-{day.replace('-', '')}-021500.tar" for day in days]


def test_the_newest_of_each_day_and_week_stays_and_nothing_else_is_touched() -> None:
    start = dt.date(2026, 11, 23)  # a Monday
    days = [start - dt.timedelta(days=number) for number in range(30)]
    names = names_of(*(day.isoformat() for day in days))
    earlier_that_day = "lms-20261123-010000.tar"
    others = ["lms-20261123.tar", "notes.txt", "lms-20261399-021500.tar", ".part-x"]
    gone = keeping.superfluous([*names, earlier_that_day, *others], days=3, weeks=3)
    kept = [day for day, name in zip(days, names, strict=True) if name not in gone]
    # Three days; then the newest of three weeks: Monday the 23rd itself, and the Sundays before it.
    assert kept == [dt.date(2026, 11, day) for day in (23, 22, 21, 15)]
    assert earlier_that_day in gone
    assert set(gone).isdisjoint(others)


def test_a_server_that_stood_still_loses_no_archive() -> None:
    names = names_of("2024-01-01", "2024-03-01", "2025-06-01")
    assert keeping.superfluous(names, days=3, weeks=0) == []
    assert keeping.superfluous(names, days=1, weeks=0) == names[:2]


@pytest.mark.parametrize("stage", range(3))
def test_an_exchange_of_folders_is_undone_at_any_stage(tmp_path: Path, stage: int) -> None:
    one = Exchange(new=tmp_path / "work" / "files", current=tmp_path / "files", aside=tmp_path / "aside" / "files")
    for folder, word in ((one.new, "new"), (one.current, "old")):
        folder.mkdir(parents=True)
        (folder / "word").write_text(word)
    one.aside.parent.mkdir()
    if stage > 0:
        one.current.rename(one.aside)
    if stage > 1:
        one.new.rename(one.current)
    for _again in range(2):
        one.undo()
        assert (one.current / "word").read_text() == "old"
        assert (one.new / "word").read_text() == "new"
        assert not one.aside.parent.exists()
