"""A practical task in the small course, pictures as phones make them, and things handed in."""

import io
from dataclasses import dataclass
from typing import Any

from PIL import Image

from courses.models import Activity, Enrolment, PracticePage, Submission
from courses.services import practice
from courses.services.enrolment import enrol
from lms.accounts.models import User
from tests.conftest import NOON
from tests.factories.pages import TEXT, Pages, add, small_course

PAGE = "https://www.facebook.com/mattran.vanyen"


def make_picture(
    kind: str = "JPEG", *, size: tuple[int, int] = (120, 80), colour: Any = (200, 30, 30), **how: Any
) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind, **how)
    return file.getvalue()


@dataclass(frozen=True)
class Task:
    pages: Pages
    page: PracticePage

    @property
    def activity(self) -> Activity:
        return Activity.objects.select_related("course").get(key=self.page.translation_key)

    def enrol(self, person: User) -> Enrolment:
        return enrol(user=person, course=self.pages.record, at=NOON)


def make_task(**fields: Any) -> Task:
    """The small course with a practical task after the two lessons of its first topic."""
    pages = small_course()
    how = {"hand_in": "either", "names_page": True, "criteria": "Đúng Trang của đơn vị\nHai người toàn quyền", **fields}
    page = PracticePage(title="Thực hành", slug="thuc-hanh", minutes=40, body=[TEXT], **how)
    add(pages.module_1, page)
    return Task(pages, page)


def send(enrolment: Enrolment, activity: Activity, *, link: str = PAGE, at: Any = NOON, **how: Any) -> Submission:
    return practice.hand_in(enrolment=enrolment, activity=activity, names_page=True, link=link, at=at, **how)
