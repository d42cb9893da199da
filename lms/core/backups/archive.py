"""The archive: an uncompressed tar with the database first, then the files, then what proves them.

    database.dump | database.sqlite3
    files/<storage>/<name as in the database>
    manifest.json         what was saved, of what size, with which SHA-256 (see Manifest)
    manifest.sha256       of manifest.json; always the last member, so an archive that was cut off has none

The hashes find damage, not forgery: whoever can write the archive can also hash it anew. Everything read from an
archive is distrusted: only the names above, only regular files, nothing twice, nothing that the manifest does not list.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.utils.translation import gettext as _

from lms.core.backups.errors import BackupError

FORMAT = 1
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
DATABASES = {"postgresql": "database.dump", "sqlite": "database.sqlite3"}
_CHUNK = 1 << 20
_LARGEST_MANIFEST = 512 << 20

Step = Callable[[int], object]


@dataclass(frozen=True)
class Member:
    """``size`` in bytes; ``sha256`` in hexadecimal."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """``rows``: table → number of rows, all of the moment of the dump. ``migrations``: app → names, sorted.

    ``made_at`` in ISO 8601 with its offset. ``files`` does not hold the database, which is ``database``; ``volume`` is
    the sum of both, in bytes.
    """

    format: int
    made_at: str
    engine: str
    engine_version: str
    version: str
    commit: str
    public_url: str
    database: Member
    rows: dict[str, int]
    migrations: dict[str, list[str]]
    files: tuple[Member, ...]

    @property
    def volume(self) -> int:
        return self.database.size + sum(member.size for member in self.files)

    @property
    def total_rows(self) -> int:
        return sum(self.rows.values())

    def members(self) -> dict[str, Member]:
        return {member.name: member for member in (self.database, *self.files)}

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True).encode()


def manifest_from(data: bytes) -> Manifest:
    """Raises ValueError, TypeError or KeyError on anything that is not one."""
    read = json.loads(data)
    fields = dict(read)
    fields["database"] = Member(**read["database"])
    fields["files"] = tuple(Member(**member) for member in read["files"])
    if not all(isinstance(count, int) for count in read["rows"].values()):
        raise TypeError("rows")
    return Manifest(**fields)


class _Hashed:
    """A reader that hashes what passes through it and never gives more than ``size`` bytes."""

    def __init__(self, source: IO[bytes], size: int, step: Step) -> None:
        self._source, self._left, self._step = source, size, step
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        self._digest.update(data)
        self._step(len(data))
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class Writer:
    """Writes members into ``target`` in the order of the calls; ``seal`` ends it."""

    def __init__(self, target: IO[bytes], step: Step) -> None:
        self._tar = tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  closed by seal
        self._step = step

    def add(self, name: str, path: Path) -> Member | None:
        """None when the file is gone, or is no regular file: what was deleted meanwhile belongs to no row."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            if path.is_file() and not path.is_symlink():
                raise
            return None
        with os.fdopen(handle, "rb") as source:
            info = self._tar.gettarinfo(arcname=name, fileobj=source)
            if not info.isreg():
                return None
            _make_plain(info, os.fstat(handle).st_mtime)
            reader = _Hashed(source, info.size, self._step)
            self._tar.addfile(info, reader)  # type: ignore[arg-type]
        return Member(name, info.size, reader.hexdigest())

    def seal(self, manifest: Manifest) -> None:
        data = manifest.to_json()
        self._add_bytes(MANIFEST, data)
        self._add_bytes(SEAL, (hashlib.sha256(data).hexdigest() + "\n").encode())
        self._tar.close()

    def _add_bytes(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        _make_plain(info, 0)
        self._tar.addfile(info, io.BytesIO(data))


def _make_plain(info: tarfile.TarInfo, mtime: float) -> None:
    """A hard link is a file like any other; who owned it here means nothing elsewhere."""
    info.type, info.linkname, info.mode, info.mtime = tarfile.REGTYPE, "", 0o600, int(mtime)
    info.uid = info.gid = 0
    info.uname = info.gname = ""


def read_manifest(path: Path) -> Manifest:
    """The manifest, once its own seal and the shape of the whole archive are right; no member's content is read.

    Raises BackupError.
    """
    with _opened(path) as tar:
        infos = _members(path, tar)
        if SEAL not in infos or MANIFEST not in infos or infos[MANIFEST].size > _LARGEST_MANIFEST:
            raise _damaged(path, _("its end is missing"))
        data, seal = _content(tar, infos[MANIFEST]), _content(tar, infos[SEAL])
        if hashlib.sha256(data).hexdigest() != seal.decode("ascii", "replace").strip():
            raise _damaged(path, _("the manifest does not match its seal"))
        found = _format_of(data)
        if found != FORMAT:
            raise BackupError(
                _("%(path)s has format %(found)s; this version reads format %(known)s. Upgrade this site first.")
                % {"path": path, "found": found, "known": FORMAT}
            )
        try:
            manifest = manifest_from(data)
        except (ValueError, TypeError, KeyError):
            raise _damaged(path, _("the manifest cannot be read")) from None
        _same_members(path, infos, manifest)
        return manifest


def check(path: Path, step: Step = lambda size: None) -> Manifest:
    """Read everything once and compare every size and hash with the manifest. Raises BackupError at the first fault."""
    manifest = read_manifest(path)
    for __, source in _each(path, manifest):
        while chunk := source.read(_CHUNK):
            step(len(chunk))
    return manifest


def extract(path: Path, manifest: Manifest, folder: Path, step: Step = lambda size: None) -> None:
    """Write every member below ``folder``, which must be empty; hashes are compared again on the way. Synced to disk.

    Raises BackupError; then ``folder`` holds a part and the caller removes it.
    """
    for member, source in _each(path, manifest):
        target = folder / member.name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with target.open("xb") as out:
            while chunk := source.read(_CHUNK):
                out.write(chunk)
                step(len(chunk))
            out.flush()
            os.fsync(out.fileno())


def hash_of(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


class _Checked:
    """A reader that compares with ``member`` when it has given its last byte."""

    def __init__(self, path: Path, member: Member, source: IO[bytes]) -> None:
        self._path, self._member, self._source = path, member, source
        self._digest, self._seen = hashlib.sha256(), 0

    def read(self, size: int) -> bytes:
        try:
            data = self._source.read(size)
        except (tarfile.TarError, OSError, EOFError):
            raise _damaged(self._path, _("%(name)s cannot be read to its end") % {"name": self._member.name}) from None
        self._digest.update(data)
        self._seen += len(data)
        if not data and (self._seen, self._digest.hexdigest()) != (self._member.size, self._member.sha256):
            raise _damaged(self._path, _("%(name)s does not match its hash") % {"name": self._member.name})
        return data


def _each(path: Path, manifest: Manifest) -> Iterator[tuple[Member, _Checked]]:
    listed = manifest.members()
    with _opened(path) as tar:
        for name, info in _members(path, tar).items():
            if name in listed:
                source = tar.extractfile(info)
                assert source is not None  # noqa: S101  a regular file
                yield listed[name], _Checked(path, listed[name], source)


def _opened(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path, mode="r:")
    except FileNotFoundError:
        raise BackupError(_("There is no file %(path)s.") % {"path": path}) from None
    except (tarfile.TarError, OSError, EOFError) as error:
        raise _damaged(path, str(error)) from None


def _members(path: Path, tar: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    """By name, in the order of the archive. Refuses every name and kind that we never write."""
    found: dict[str, tarfile.TarInfo] = {}
    try:
        for info in tar:
            if not info.isreg() or info.issparse() or not _is_ours(info.name):
                raise _damaged(path, _("it holds %(name)r, which no backup writes") % {"name": info.name})
            if info.name in found:
                raise _damaged(path, _("it holds %(name)r twice") % {"name": info.name})
            found[info.name] = info
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise _damaged(path, str(error)) from None
    return found


def _is_ours(name: str) -> bool:
    if name in {MANIFEST, SEAL, *DATABASES.values()}:
        return True
    parts = PurePosixPath(name).parts
    plain = len(parts) > 2 and parts[0] == "files" and "/".join(parts) == name and not {"..", "."} & set(parts)
    return plain and "\0" not in name and "\\" not in name


def _same_members(path: Path, infos: dict[str, tarfile.TarInfo], manifest: Manifest) -> None:
    listed = manifest.members()
    if manifest.database.name != DATABASES.get(manifest.engine) or len(listed) != len(manifest.files) + 1:
        raise _damaged(path, _("the manifest contradicts itself"))
    there = {name: info.size for name, info in infos.items() if name not in {MANIFEST, SEAL}}
    for name in sorted(listed.keys() ^ there.keys()):
        reason = _("%(name)s is missing") if name in listed else _("%(name)s is not in the manifest")
        raise _damaged(path, reason % {"name": name})
    for name, size in there.items():
        if listed[name].size != size:
            raise _damaged(path, _("%(name)s does not have the size that was written down") % {"name": name})


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    source = tar.extractfile(info)
    return source.read() if source else b""


def _format_of(data: bytes) -> Any:
    try:
        return json.loads(data)["format"]
    except (ValueError, TypeError, KeyError):
        return None


def _damaged(path: Path, reason: str) -> BackupError:
    return BackupError(
        _("%(path)s is not a backup archive, or it is cut off or damaged: %(reason)s.")
        % {"path": path, "reason": reason}
    )
