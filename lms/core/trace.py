"""Sealing the log into a chain of hashes, and checking the chain.

    frame  = SHA-256(JSON of who, what and when)
    digest = SHA-256(salt ‖ JSON of all the entry's values)
    hash   = SHA-256(JSON of the link's columns, with the hash of the link before)

JSON with sorted keys, without spaces, in UTF-8. An entry is sealed in a transaction of its own, a minute after it was
written at the latest; who writes an entry waits for nothing. Until then nothing proves it (docs/decisions/0018).
"""

import datetime as dt
import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry, PageLogEntry

from lms.core import clock
from lms.core.models import EntryKind, TraceAnchor, TraceHead, TraceLink, TraceSalt

logger = logging.getLogger(__name__)

BATCH = 500
# A sweep takes up at most so many batches and leaves the rest to the next one: an upgrade finds years of entries.
BATCHES_A_SWEEP = 20
# Entries are numbered as they are written and seen as they are committed: a search begins so far before the last one
# sealed. What a still longer transaction held is found once a day.
LOOK_BACK = 5000
# An entry that nobody sealed for so long is a finding.
SEALED_WITHIN = dt.timedelta(minutes=10)

ERASED = "core.erase_values"
BROKEN = "core.trace_broken"

Entry = ModelLogEntry | PageLogEntry
ENTRIES: dict[str, type[models.Model]] = {EntryKind.MODEL.value: ModelLogEntry, EntryKind.PAGE.value: PageLogEntry}

# --- Hashes -----------------------------------------------------------------------------------------


def _sha256(value: Any, salt: str = "") -> str:
    written = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), cls=DjangoJSONEncoder)
    return hashlib.sha256((salt + written).encode("utf-8", "surrogatepass")).hexdigest()


def _instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _frame(kind: str, model: str, entry: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "entry": entry.pk,
        "model": model,
        "object": str(entry.page_id if kind == EntryKind.PAGE else entry.object_id),
        "action": entry.action,
        "at": _instant(entry.timestamp),
        "user": entry.user_id,
        "uuid": str(entry.uuid or ""),
        "revision": entry.revision_id,
        "content_changed": bool(entry.content_changed),
        "deleted": bool(entry.deleted),
    }


def frame_of(kind: str, model: str, entry: Any) -> str:
    return _sha256(_frame(kind, model, entry))


def digest_of(salt: str, kind: str, model: str, entry: Any) -> str:
    return _sha256({**_frame(kind, model, entry), "label": entry.label, "data": entry.data}, salt)


def hash_of(link: TraceLink) -> str:
    return _sha256(
        [
            link.seq, link.kind, link.entry, link.model, _instant(link.at), link.frame, link.digest, link.previous,
            _instant(link.sealed_at),
        ]
    )  # fmt: skip


def _models() -> dict[int | None, str]:
    """Content type id → "app.model". One query."""
    return {pk: f"{app}.{model}" for pk, app, model in ContentType.objects.values_list("pk", "app_label", "model")}


# --- Sealing ----------------------------------------------------------------------------------------


def unsealed(kind: str, *, after: int = 0) -> models.QuerySet[Any]:
    """Entries of a table that no link seals, numbered above ``after``."""
    links = TraceLink.objects.filter(kind=kind, entry=OuterRef("pk"))
    return ENTRIES[kind]._default_manager.filter(~Exists(links), pk__gt=after).order_by("pk")


def seal(*, at: dt.datetime | None = None, batches: int | None = None, everything: bool = False) -> int:
    """Seal what is not sealed yet, in transactions of at most BATCH entries; how many. A second call finds nothing.

    ``everything``: search the whole log and not only its end.
    """
    sealed = rounds = 0
    while batches is None or rounds < batches:
        found = _seal_batch(at or clock.now(), everything=everything)
        sealed += found
        rounds += 1
        if not found:
            break
    return sealed


def _seal_batch(at: dt.datetime, *, everything: bool) -> int:
    seen = {} if everything else TraceHead.objects.filter(pk=1).values_list("seen", flat=True).first() or {}

    def waiting() -> list[tuple[str, Any]]:
        return [
            (kind, entry) for kind in ENTRIES for entry in unsealed(kind, after=seen.get(kind, 0) - LOOK_BACK)[:BATCH]
        ]

    # Asked first without a lock: nearly every minute there is nothing.
    if not waiting():
        return 0
    with transaction.atomic():
        head = _locked_head(at)
        return _append(head, waiting(), at)


def seal_these(kind: str, entries: models.QuerySet[Any], *, at: dt.datetime) -> None:
    """Seal those of ``entries`` that are not sealed yet, in the caller's transaction."""
    waiting = [(kind, entry) for entry in unsealed(kind).filter(pk__in=entries.values("pk"))]
    if waiting:
        with transaction.atomic():
            head = _locked_head(at)
            sealed = set(
                TraceLink.objects.filter(kind=kind, entry__in=[e.pk for _, e in waiting]).values_list(
                    "entry", flat=True
                )
            )
            _append(head, [(kind, entry) for kind, entry in waiting if entry.pk not in sealed], at)


def _locked_head(at: dt.datetime) -> TraceHead:
    """The head, locked until the transaction ends (SQLite: the transaction itself is the lock).

    Where the last link is not the one that the head remembers, somebody has taken links away or laid some: an entry of
    the log says so, and is sealed with the rest.
    """
    head, _made = TraceHead.objects.select_for_update().get_or_create(pk=1)
    last = TraceLink.objects.order_by("-seq").first()
    seq, hashed = (last.seq, last.hash) if last else (0, "")
    if (head.seq, head.hash) != (seq, hashed):
        logger.critical("trace: the last link is #%s %s, but #%s %s was laid", seq, hashed, head.seq, head.hash)
        broken = {"laid": [head.seq, head.hash], "found": [seq, hashed]}
        log(instance=head, action=BROKEN, title=str(head), data=broken, timestamp=at)
        head.seq, head.hash = seq, hashed
    return head


def _append(head: TraceHead, waiting: Sequence[tuple[str, Any]], at: dt.datetime) -> int:
    names = _models()
    links, salts = [], []
    ordered = sorted(waiting, key=lambda pair: (pair[1].timestamp, pair[0], pair[1].pk))
    for kind, entry in ordered:
        model, salt = names.get(entry.content_type_id, ""), secrets.token_hex(16)
        link = TraceLink(
            seq=head.seq + 1, kind=kind, entry=entry.pk, model=model, at=entry.timestamp, sealed_at=at,
            frame=frame_of(kind, model, entry), digest=digest_of(salt, kind, model, entry), previous=head.hash,
        )  # fmt: skip
        link.hash = hash_of(link)
        head.seq, head.hash = link.seq, link.hash
        head.seen[kind] = max(entry.pk, head.seen.get(kind, 0))
        links.append(link)
        salts.append(TraceSalt(link_id=link.seq, salt=salt))
    TraceLink.objects.bulk_create(links, batch_size=100)
    TraceSalt.objects.bulk_create(salts, batch_size=400)
    head.save()
    return len(links)


def sweep() -> int:
    """For the sweep: what is not sealed, and once a day the anchor."""
    now = clock.now()
    sealed = seal(at=now, batches=BATCHES_A_SWEEP)
    if not TraceAnchor.objects.filter(day__gte=clock.day_of(now) - dt.timedelta(days=1)).exists():
        sealed += seal(at=now, batches=BATCHES_A_SWEEP, everything=True)
        anchor(clock.day_of(now) - dt.timedelta(days=1), at=now)
    return sealed


def anchor(day: dt.date, *, at: dt.datetime) -> TraceAnchor | None:
    """The last link sealed by the end of ``day``, noted; None while there is none. A second call answers the first."""
    last = TraceLink.objects.filter(sealed_at__lt=clock.end_of_day(day)).order_by("-seq").first()
    if last is None:
        return None
    row, made = TraceAnchor.objects.get_or_create(day=day, defaults={"seq": last.seq, "hash": last.hash, "made_at": at})
    if made:
        logger.info("trace: anchor of %s: #%s %s", day, row.seq, row.hash)
    return row


# --- Erasing ----------------------------------------------------------------------------------------


def spans(numbers: Iterable[int]) -> list[list[int]]:
    """[1, 2, 3, 7] → [[1, 3], [7, 7]]."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


# --- Checking ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """``key``: changed, missing, broken, gap, forged, erased, unsealed, anchor, cut; ``seq``: of the link, 0 for none;
    ``entry``: "model 17", "" for none; ``note``: what else the sentence names.
    """

    key: str
    seq: int = 0
    entry: str = ""
    note: str = ""


@dataclass
class Walked:
    """What a check saw: links, the erased ones among them, entries too young to be sealed, the last link."""

    links: int = 0
    erased: int = 0
    waiting: int = 0
    seq: int = 0
    hash: str = ""


def verify(
    *,
    walked: Walked,
    at: dt.datetime,
    since: dt.date | None = None,
    noted: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Finding]:
    """Walk the whole chain and yield what is wrong; ``walked`` is filled on the way. Writes nothing.

    ``since``: begin with the first link sealed on that day and take what was before for granted. ``noted``: the hash
    of an anchor that somebody wrote down outside. Four queries for each 1,000 links.
    """
    first = TraceLink.objects.order_by("seq")
    if since is not None:
        first = first.filter(sealed_at__gte=clock.end_of_day(since - dt.timedelta(days=1)))
    begin = first.values_list("seq", flat=True).first()
    total = TraceLink.objects.filter(seq__gte=begin).count() if begin else 0
    before = TraceLink.objects.filter(seq__lt=begin).order_by("-seq").first() if begin and since is not None else None
    if since is not None and not begin:
        before = TraceLink.objects.order_by("-seq").first()
    walked.seq, walked.hash = (before.seq, before.hash) if before else (0, "")
    erased: dict[int, str] = {}
    allowed: list[list[int]] = []
    while begin and (links := list(TraceLink.objects.filter(seq__gt=walked.seq).order_by("seq")[:1000])):
        yield from _walk(links, walked, erased, allowed)
        progress(walked.links, total)
    for seq, entry in erased.items():
        if not any(start <= seq <= end for start, end in allowed):
            yield Finding("erased", seq, entry)
    yield from _at_the_end(walked, at, noted)


def _walk(
    links: list[TraceLink], walked: Walked, erased: dict[int, str], allowed: list[list[int]]
) -> Iterator[Finding]:
    salts = dict(TraceSalt.objects.filter(link__gte=links[0].seq, link__lte=links[-1].seq).values_list("link", "salt"))
    entries = {
        kind: _in_bulk(model, [link.entry for link in links if link.kind == kind]) for kind, model in ENTRIES.items()
    }
    names = _models()
    for link in links:
        named = f"{link.kind} {link.entry}"
        if link.seq != walked.seq + 1:
            yield Finding("gap", walked.seq + 1, "", str(link.seq - 1))
        elif link.previous != walked.hash:
            yield Finding("broken", link.seq, named)
        if link.hash != hash_of(link):
            yield Finding("forged", link.seq, named)
        walked.links += 1
        walked.seq, walked.hash = link.seq, link.hash
        entry = entries.get(link.kind, {}).get(link.entry)
        if entry is None:
            yield Finding("missing", link.seq, named)
            continue
        is_whole = entry.content_type_id is None or names.get(entry.content_type_id, "") == link.model
        is_whole = is_whole and frame_of(link.kind, link.model, entry) == link.frame
        salt = salts.get(link.seq)
        if salt is None and is_whole and entry.label == "" and entry.data == {}:
            walked.erased += 1
            erased[link.seq] = named
        elif salt is None or not is_whole or digest_of(salt, link.kind, link.model, entry) != link.digest:
            yield Finding("changed", link.seq, named)
        elif entry.action == ERASED:
            allowed.extend(entry.data.get("links", []))
        elif entry.action == BROKEN:
            yield Finding("cut", entry.data["found"][0] + 1, named, str(entry.data["laid"][0]))


def _in_bulk(model: type[models.Model], keys: list[int]) -> dict[int, Any]:
    return {entry.pk: entry for entry in model._default_manager.filter(pk__in=keys)}


def _at_the_end(walked: Walked, at: dt.datetime, noted: str) -> Iterator[Finding]:
    head = TraceHead.objects.filter(pk=1).first()
    if (head.seq, head.hash) != (walked.seq, walked.hash) if head else walked.seq:
        yield Finding("cut", walked.seq + 1, "", str(head.seq if head else 0))
    hashes = TraceLink.objects.filter(seq=OuterRef("seq"), hash=OuterRef("hash"))
    for lost in TraceAnchor.objects.filter(~Exists(hashes)).order_by("day"):
        yield Finding("anchor", lost.seq, "", f"{lost.day:%d/%m/%Y}")
    if noted and not TraceLink.objects.filter(hash=noted.strip().lower()).exists():
        yield Finding("anchor", 0, "", noted)
    for kind in ENTRIES:
        for entry in unsealed(kind):
            if entry.timestamp < at - SEALED_WITHIN:
                yield Finding("unsealed", 0, f"{kind} {entry.pk}")
            else:
                walked.waiting += 1
