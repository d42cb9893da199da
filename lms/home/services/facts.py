"""What was published of the programme in 2022, word for word and number for number, with its sources.

S0: Báo Thái Nguyên, 05/08/2022 (the conference). S1: mattran.org.vn on Quảng Ninh, which bears no date of its own.
A figure stays what it was: a percentage that came without a numerator has none here either.
"""

import datetime as dt
from decimal import Decimal

from django.db import transaction

from lms.fanpages.models import ReportedFigure
from lms.plans.models import BasisDocument, Conference, ConferencePoint, Target
from lms.units.models import Level, Unit
from lms.units.queries import UnitOnDay, children_on

S0 = "Báo Thái Nguyên, 05/08/2022"
S1 = "mattran.org.vn, tin về Quảng Ninh (bài không ghi ngày)"
CONFERENCE_DAY = dt.date(2022, 8, 5)
_S1_WHEN = "từ 12/4/2022 đến trong tháng 6/2022"
_OWN_PAGE = "Mặt trận Quảng Ninh"


class NoUnitsError(Exception):
    """The lists of units of 2022 are not loaded."""


@transaction.atomic
def enter_facts_of_2022() -> int:
    """The conference with its points, the figures, the targets and the plan of Quảng Ninh; how many rows are new.

    A second call adds nothing and changes nothing. Raises NoUnitsError before the national lists are loaded.
    """
    centre = Unit.objects.filter(depth=1).first()
    if centre is None:
        raise NoUnitsError
    provinces = [unit for unit in children_on(centre, CONFERENCE_DAY) if unit.level == "province"]
    quang_ninh = next((unit for unit in provinces if unit.short_name == "Quảng Ninh"), None)
    if quang_ninh is None:
        raise NoUnitsError
    levels = {level.key: level for level in Level.objects.all()}
    made = [_conference(provinces)]
    made += [_figure(centre.pk, levels, row) for row in _NATIONAL]
    made += [_figure(quang_ninh.id, levels, row) for row in _QUANG_NINH]
    made += [_page_figure(quang_ninh.id, *row) for row in _PAGE]
    made += _targets(centre.pk, quang_ninh.id, levels)
    return sum(made)


def _conference(provinces: list[UnitOnDay]) -> int:
    conference, made = Conference.objects.get_or_create(
        title="Hội nghị trực tuyến triển khai “Trang cộng đồng” (fanpage)",
        held_on=CONFERENCE_DAY,
        defaults={
            "mode": "trực tuyến",
            "chair": "Phùng Khánh Tài",
            "chair_position": "Phó Chủ tịch Ủy ban Trung ương MTTQ Việt Nam",
            "content": (
                "Kỹ năng thành lập, vận hành\nKỹ năng biên tập tin, bài\nCách đăng bài lên trang\n"
                "Cách thức quản trị hệ thống thông tin trên fanpage\n"
                "Quy chế thông tin, tuyên truyền; khó khăn, vướng mắc trong quá trình kết nối, vận hành"
            ),
            "source": S0,
        },
    )
    if made:
        ConferencePoint.objects.bulk_create(ConferencePoint(conference=conference, unit_id=row.id) for row in provinces)
    return int(made)


# level, kind, value, denominator, percent, source, day, the day as written
_Row = tuple[str, ReportedFigure.Kind, int | None, int | None, Decimal | None, str, dt.date | None, str]
_FRACTION, _PERCENTAGE = ReportedFigure.Kind.FRACTION, ReportedFigure.Kind.PERCENTAGE
_NATIONAL: tuple[_Row, ...] = (
    ("province", _FRACTION, 63, 63, None, S0, CONFERENCE_DAY, "05/08/2022"),
    ("district", _PERCENTAGE, None, None, Decimal("77.8"), S0, CONFERENCE_DAY, "05/08/2022"),
    ("commune", _PERCENTAGE, None, None, Decimal("54.5"), S0, CONFERENCE_DAY, "05/08/2022"),
)
_QUANG_NINH: tuple[_Row, ...] = (
    ("district", _FRACTION, 13, 13, None, S1, None, _S1_WHEN),
    ("commune", _FRACTION, 116, 177, None, S1, None, _S1_WHEN),
)
_PAGE = (
    (ReportedFigure.Indicator.POSTS, "hơn", 500),
    (ReportedFigure.Indicator.FOLLOWERS, "trên", 240),
    (ReportedFigure.Indicator.REACH, "hơn", 6200),
)


def _figure(unit_id: int, levels: dict[str, Level], row: _Row) -> int:
    level, kind, value, denominator, percent, source, as_of, written = row
    _, made = ReportedFigure.objects.get_or_create(
        indicator=ReportedFigure.Indicator.UNITS_WITH_PAGE,
        unit_id=unit_id,
        level=levels[level],
        page_name="",
        as_of_written=written,
        source=source,
        defaults={"kind": kind, "value": value, "denominator": denominator, "percent": percent, "as_of": as_of},
    )
    return int(made)


def _page_figure(unit_id: int, indicator: ReportedFigure.Indicator, qualifier: str, value: int) -> int:
    _, made = ReportedFigure.objects.get_or_create(
        indicator=indicator,
        unit_id=unit_id,
        level=None,
        page_name=_OWN_PAGE,
        as_of_written=_S1_WHEN,
        source=S1,
        defaults={"kind": ReportedFigure.Kind.COUNT, "value": value, "qualifier": qualifier},
    )
    return int(made)


def _targets(centre: int, quang_ninh: int, levels: dict[str, Level]) -> list[int]:
    plan, _ = BasisDocument.objects.get_or_create(
        reference="141/KH-MTTQ-BTT",
        date_as_written="12/4/2022",
        issuer="Ban Thường trực Ủy ban MTTQ Việt Nam tỉnh Quảng Ninh",
        defaults={"kind": "Kế hoạch", "issued_on": dt.date(2022, 4, 12)},
    )
    guide, page = Target.Indicator.GUIDE_ISSUED, Target.Indicator.PAGE_SET_UP
    asked, striven, announced = Target.Strength.ASKED, Target.Strength.STRIVEN, Target.Strength.ANNOUNCED
    rows = (
        (
            centre, "province", guide, 100, asked, CONFERENCE_DAY, None, "", None, S0,
            "Số Ủy ban MTTQ cấp tỉnh đã ban hành Hướng dẫn chỉ đạo cấp huyện (đếm văn bản, không đếm Trang)",
        ),
        (
            centre, "district", page, 100, asked, CONFERENCE_DAY, None, "", None, S0,
            "Số đơn vị cấp quận, huyện đã thành lập Trang cộng đồng (cấp huyện kết thúc từ 01/07/2025)",
        ),
        (
            centre, "commune", page, 80, striven, CONFERENCE_DAY, None, "", None, S0,
            "Số đơn vị cấp xã, phường đã thành lập Trang cộng đồng",
        ),
        (
            quang_ninh, "commune", page, 100, announced, None, dt.date(2022, 6, 30), "trong tháng 6/2022", plan, S1,
            "Số xã, phường, thị trấn của tỉnh hoàn thành xây dựng Trang",
        ),
    )  # fmt: skip
    made = []
    for unit, level, indicator, percent, strength, on, deadline, written, basis, source, counts in rows:
        _, is_new = Target.objects.get_or_create(
            unit_id=unit,
            level=levels[level],
            indicator=indicator,
            announced_on=on,
            source=source,
            defaults={
                "percent": Decimal(percent),
                "strength": strength,
                "deadline": deadline,
                "deadline_as_written": written,
                "basis": basis,
                "counts": counts,
            },
        )
        made.append(int(is_new))
    return made
