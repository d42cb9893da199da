"""Completions and certificates, as the services make them."""

import datetime as dt

from certificates import services
from certificates.models import Certificate
from courses.models import Completion, Course, Enrolment
from lms.accounts.models import User
from lms.units.models import Unit

COMPLETED_AT = dt.datetime(2026, 11, 22, 20, 0, tzinfo=dt.UTC)  # 23/11 at three in the morning in Việt Nam


def make_completion(
    person: User, course: Course, unit: Unit | None, *, position: str = "", at: dt.datetime = COMPLETED_AT
) -> Completion:
    """Without telling anybody: no certificate follows. Everything that the course now requires counts as done."""
    cycle = Enrolment.objects.filter(user=person, course=course).count() + 1
    enrolment = Enrolment.objects.create(
        user=person, course=course, unit=unit, cycle=cycle, enrolled_at=at - dt.timedelta(days=18)
    )
    required = [str(key) for key in course.activities.filter(is_required=True).values_list("key", flat=True)]
    return Completion.objects.create(
        enrolment=enrolment,
        course=course,
        user=person,
        completed_at=at,
        unit=unit,
        position=position,
        required=required,
    )


def make_certificate(
    person: User, course: Course, unit: Unit | None, *, position: str = "", at: dt.datetime = COMPLETED_AT
) -> Certificate:
    """Issued, its file not yet made."""
    return services.issue(completion=make_completion(person, course, unit, position=position, at=at), at=at)


# As services.compose freezes them; for tests of the page alone.
PAYLOAD = {
    "form": "gcn-1",
    "number": "0001/2026/GCN-MTTW-BTT",
    "register_number": "0001/2026",
    "code": "K7QX-2M4T-9RHC",
    "url": "http://localhost:8000/verify/K7QX-2M4T-9RHC/",
    "issuer_parent": "ỦY BAN TRUNG ƯƠNG MTTQ VIỆT NAM",
    "issuer_name": "BAN THƯỜNG TRỰC",
    "issuer": "BAN THƯỜNG TRỰC ỦY BAN TRUNG ƯƠNG MTTQ VIỆT NAM",
    "signed_for": "TM. BAN THƯỜNG TRỰC",
    "place_and_date": "Hà Nội, ngày 23 tháng 11 năm 2026",
    "salutation": "Đồng chí",
    "name": "ĐẶNG THỊ NGUYỆT ÁNH",
    "born": "01/02/1985",
    "birth_year": "",
    "position": "Phó Chủ tịch",
    "unit": "Xã Vạn Yên, tỉnh Quảng Ninh",
    "course": "Kỹ năng thành lập, vận hành và quản trị Trang cộng đồng",
    "modules": ["Thành lập “Trang cộng đồng”", "Biên tập tin, bài", "Đăng bài"],
    "hours": "8,5",
    "begun_on": "05/08/2026",
    "completed_on": "23/11/2026",
}
