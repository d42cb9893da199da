"""A job aid as its page shows it."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from courses.models import JobAidEdition, JobAidPage


@dataclass(frozen=True)
class JobAidView:
    """The days are those printed on the sheet; ``name`` that of its files, without ending."""

    key: UUID
    number: int
    updated_on: dt.date
    look_again_on: dt.date
    name: str


def file_name(position: int) -> str:
    """Without its ending: "to-nho-chuyen-de-2"."""
    return f"to-nho-chuyen-de-{position}"


def live_page(key: UUID) -> JobAidPage | None:
    return JobAidPage.objects.filter(translation_key=key, live=True).first()


def view_of(page: JobAidPage) -> JobAidView | None:
    """None before its first publication. One query."""
    edition = JobAidEdition.objects.filter(key=page.translation_key).order_by("-number").first()
    if edition is None:
        return None
    updated_on, look_again_on = (
        dt.date.fromisoformat(edition.content[name]) for name in ("updated_on", "look_again_on")
    )
    return JobAidView(page.translation_key, edition.number, updated_on, look_again_on, file_name(edition.position))
