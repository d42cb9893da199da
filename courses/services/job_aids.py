"""Job aids: a new version when what is printed has changed, and its two files, made once."""

import calendar
import datetime as dt
import hashlib
import logging
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.formats import job_aid_sheet
from courses.formats.job_aid_sheet import CannotPrintError, Sheet
from courses.models import JobAidEdition, JobAidPage
from courses.services.package_run import fingerprint

logger = logging.getLogger(__name__)

HOLDS_MONTHS = 6
# The sweep tries again what could not be printed, so seldom that a text that is too long costs nothing.
AGAIN_AFTER = dt.timedelta(hours=1)


def look_again_on(updated_on: dt.date) -> dt.date:
    """The same day HOLDS_MONTHS later, or the last of that month."""
    month = updated_on.month + HOLDS_MONTHS
    year, month = updated_on.year + (month - 1) // 12, (month - 1) % 12 + 1
    return dt.date(year, month, min(updated_on.day, calendar.monthrange(year, month)[1]))


def content_of(page: JobAidPage, *, at: dt.datetime, topic: str = "") -> dict[str, Any]:
    """All that its sheet says but the version, as JobAidEdition keeps it. ``topic`` of a page that has no place in the
    tree yet. Two queries.
    """
    updated_on = page.updated_on or timezone.localdate(at)
    return {
        "topic": topic or page.get_parent().title,
        "title": page.title,
        "summary": page.summary,
        "blocks": plain_blocks(page.body.get_prep_value()),
        "updated_on": updated_on.isoformat(),
        "look_again_on": (page.look_again_on or look_again_on(updated_on)).isoformat(),
        "address": page.url or "",
    }


def plain_blocks(blocks: Any) -> list[dict[str, Any]]:
    """Without the ids of the blocks: the same words are the same version."""
    return [{"type": block["type"], "value": _without_ids(block["value"])} for block in blocks]


def _without_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_ids(item["value"] if _is_item(item) else item) for item in value]
    if isinstance(value, dict):
        return {name: _without_ids(inner) for name, inner in value.items()}
    return value


def _is_item(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "item"


def sheet_of(content: dict[str, Any], *, position: int, number: int) -> Sheet:
    """In the language of the site, whoever asks."""
    updated_on, look_again = (dt.date.fromisoformat(content[name]) for name in ("updated_on", "look_again_on"))
    public = str(settings.PUBLIC_URL).rstrip("/")
    address = f"{public}{content['address']}" if content["address"] else ""
    with translation.override(settings.LANGUAGE_CODE):
        version = _("Version %(number)s, up to date as of %(date)s. After %(until)s take the newest before you use it.")
        words = {"number": number, "date": _day(updated_on), "until": _day(look_again)}
        foot = [version % words]
        if address:
            foot.append(_("The newest: %(address)s") % {"address": address.removeprefix("https://")})
        topic = _("Topic %(position)s: %(title)s") % {"position": position, "title": content["topic"]}
    return Sheet(topic, content["title"], content["summary"], tuple(content["blocks"]), tuple(foot), address)


def _day(day: dt.date) -> str:
    return date_format(day, "d/m/Y")


def pages_of(page: JobAidPage, *, at: dt.datetime, topic: str = "") -> int:
    """How many A4 pages ``page`` would take as it stands, saved or not. One is what it may take."""
    content = content_of(page, at=at, topic=topic)
    return job_aid_sheet.pages_of(sheet_of(content, position=1, number=1))


def note_published(page: JobAidPage, *, at: dt.datetime) -> JobAidEdition:
    """The edition that ``page`` is now: a new one when anything on the sheet has changed, else the latest.

    One that nobody can have in hand yet, since it was never made, is changed instead of followed.
    """
    content = content_of(page, at=at)
    content_hash = fingerprint(content)
    position = _position(page)
    with transaction.atomic():
        latest = editions_of(page).first()
        if latest and latest.content_hash == content_hash and latest.position == position:
            return latest
        values = {"content": content, "content_hash": content_hash, "position": position, "published_at": at}
        if latest and not latest.is_made:
            # Conditional: a worker may be putting the files of the older text in place at this moment.
            changed = JobAidEdition.objects.filter(pk=latest.pk, pdf_sha256="").update(
                **values, tried_at=None, error=""
            )
            if changed:
                latest.refresh_from_db()
                return latest
        number = latest.number + 1 if latest else 1
        return JobAidEdition.objects.create(key=page.translation_key, number=number, **values)


def _position(page: JobAidPage) -> int:
    """Of its topic among those that are published."""
    return int(page.get_parent().get_prev_siblings().live().count()) + 1


def editions_of(page: JobAidPage) -> QuerySet[JobAidEdition]:
    """Newest first."""
    return JobAidEdition.objects.filter(key=page.translation_key).order_by("-number")


def current(page: JobAidPage, *, at: dt.datetime) -> JobAidEdition:
    """The edition of a published page, made good if it is missing. One query else."""
    return editions_of(page).first() or note_published(page, at=at)


def make(*, edition_id: int, at: dt.datetime) -> JobAidEdition | None:
    """The edition with its files; None when it cannot be printed, which its row then says. A second call makes nothing.

    Two at once do the work twice, and one of them keeps it.
    """
    edition = JobAidEdition.objects.get(pk=edition_id)
    if edition.is_made:
        return edition
    JobAidEdition.objects.filter(pk=edition.pk).update(tried_at=at)
    try:
        files = job_aid_sheet.print_sheet(sheet_of(edition.content, position=edition.position, number=edition.number))
    except Exception as error:
        logger.exception("job aid %s could not be printed", edition)
        sentence = str(error) if isinstance(error, CannotPrintError) else f"{type(error).__name__}: {error}"
        JobAidEdition.objects.filter(pk=edition.pk).update(error=sentence[:1000])
        return None
    _keep(edition, files)
    edition.refresh_from_db()
    return edition if edition.is_made else None


def _keep(edition: JobAidEdition, files: job_aid_sheet.Files) -> None:
    """Only if it still says what was printed, and nobody else was first."""
    storage = JobAidEdition._meta.get_field("pdf").storage
    hashes = [hashlib.sha256(content).hexdigest() for content in (files.pdf, files.picture)]
    names = [
        storage.save(f"job-aids/{edition.key}-{edition.number}-{found[:12]}.{suffix}", ContentFile(content))
        for found, suffix, content in zip(hashes, ("pdf", "png"), (files.pdf, files.picture), strict=True)
    ]
    is_kept = JobAidEdition.objects.filter(pk=edition.pk, pdf_sha256="", content_hash=edition.content_hash).update(
        pdf=names[0], pdf_sha256=hashes[0], picture=names[1], picture_sha256=hashes[1], error=""
    )
    if not is_kept:
        for name in names:
            storage.delete(name)


def due(*, at: dt.datetime) -> list[int]:
    """Editions without files, the newest of each page, that were not tried within AGAIN_AFTER."""
    newest = JobAidEdition.objects.values("key").annotate(newest=Max("number"))
    waiting = JobAidEdition.objects.filter(pdf_sha256="").filter(
        Q(tried_at__isnull=True) | Q(tried_at__lt=at - AGAIN_AFTER)
    )
    numbers = {row["key"]: row["newest"] for row in newest}
    return [row.pk for row in waiting.only("pk", "key", "number") if row.number == numbers[row.key]]
