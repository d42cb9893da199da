"""Proof that an archive can be restored: it is, in a scratch database and folder, which are removed again."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from lms.core.backups import archive, making, places
from lms.core.backups.engines import engine
from lms.core.backups.errors import BackupError
from lms.core.backups.restoring import Proof, load_at_side


@dataclass(frozen=True)
class Rehearsed:
    """``named``: files that rows of the restored database name, all of them there but ``missing``."""

    proof: Proof
    named: int
    missing: tuple[str, ...]


def rehearse(*, path: Path, step: archive.Step = lambda size: None) -> Rehearsed:
    """Load the archive beside the site, compare counts and hashes with its manifest. Raises BackupError.

    The site notices nothing but the work of disk and processor. One at a time per folder of archives.
    """
    base = engine()
    with making.locked(path.parent):
        manifest = archive.read_manifest(path)
        if manifest.engine != base.name:
            raise BackupError(
                _("%(path)s was made on %(theirs)s and can be rehearsed only there.")
                % {"path": path, "theirs": manifest.engine}
            )
        making.ask_for_room(settings.VAR_DIR, need=2 * manifest.volume)
        for left in Path(settings.VAR_DIR).glob(".rehearsal-*"):
            shutil.rmtree(left, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=".rehearsal-", dir=settings.VAR_DIR))
        side = base.side_name("rehearsal")
        try:
            proof = load_at_side(path, manifest, work, side, step=step)
            with base.connected(side) as alias:
                named = {f"{place}/{name}" for place, names in places.named_by(alias).items() for name in names}
        except OSError as error:
            raise BackupError(_("The rehearsal failed: %(error)s.") % {"error": error}) from None
        finally:
            base.discard(side)
            shutil.rmtree(work, ignore_errors=True)
    saved = {member.name.removeprefix("files/") for member in manifest.files}
    return Rehearsed(proof, len(named), tuple(sorted(named - saved)))
