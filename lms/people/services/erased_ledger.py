"""Who was erased, written down outside of the database: a restored backup would bring these people back.

One line an account: its number, when it was made, and the day of the erasure; no name, and nothing by which a person
could be found without the database. The sweep erases again whoever stands in the ledger and has come back.
"""

import datetime as dt
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat

from lms.accounts.models import User
from lms.core import clock

logger = logging.getLogger(__name__)

# The user name of an erased account: this and its number.
GONE_AS = "da-xoa-"
# SQLite takes no endless list.
_AT_ONCE = 500


@dataclass(frozen=True)
class Line:
    """``made``: the moment at which the account was made, so that nobody else is erased who bears its number in another
    database, or since a restored backup gave the number anew.
    """

    account: int
    made: str
    erased_on: str


def erased_accounts() -> QuerySet[User]:
    name = Concat(Value(GONE_AS), Cast(F("pk"), CharField()))
    return User.objects.filter(username__startswith=GONE_AS).annotate(gone_as=name).filter(username=F("gone_as"))


def keep() -> int:
    """Write down the erased accounts that are not in the ledger yet; how many. A second call writes nothing.

    Raises OSError where the folder cannot be written to: the next sweep tries again.
    """
    path = _path()
    if path is None:
        return 0
    known = {(line.account, line.made) for line in _lines(path)}
    today = f"{clock.today()}"
    accounts = erased_accounts().values_list("pk", "date_joined")
    new = [Line(pk, made.isoformat(), today) for pk, made in accounts if (pk, made.isoformat()) not in known]
    if new:
        _append(path, new)
    return len(new)


def come_back() -> list[tuple[User, dt.date]]:
    """Accounts of the ledger that are not erased (any more), with the day on which they were. A query for five hundred
    lines.
    """
    path = _path()
    lines = {(line.account, line.made): line for line in _lines(path)} if path else {}
    gone = set(erased_accounts().values_list("pk", flat=True)) if lines else set()
    wanted = sorted({account for account, _made in lines} - gone)
    return [
        (person, dt.date.fromisoformat(lines[person.pk, person.date_joined.isoformat()].erased_on))
        for start in range(0, len(wanted), _AT_ONCE)
        for person in User.objects.filter(pk__in=wanted[start : start + _AT_ONCE]).order_by("pk")
        if (person.pk, person.date_joined.isoformat()) in lines
    ]


def _path() -> Path | None:
    return settings.LMS_ERASED_LEDGER


def _lines(path: Path) -> Iterator[Line]:
    """A line that cannot be read is told in the log and passed over."""
    try:
        written = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for number, row in enumerate(written, start=1):
        try:
            told = json.loads(row)
            line = Line(int(told["account"]), str(told["made"]), str(told["erased_on"]))
            dt.date.fromisoformat(line.erased_on)
        except (ValueError, TypeError, KeyError):
            logger.exception("line %s of %s cannot be read", number, path)
        else:
            yield line


def _append(path: Path, lines: list[Line]) -> None:
    """On the disk before it returns. The first writer makes the file, readable for nobody else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.write("".join(json.dumps(asdict(line)) + "\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
