"""Units, and the lists they come from. Nothing here surprises: what is not said is left empty."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import factory

from lms.units.models import Appointment, DivisionType, Grant, Level, Unit, UnitCode, UnitName

RANKS = {"centre": 0, "province": 10, "district": 20, "commune": 30}
LONG_AGO = dt.date(2020, 1, 1)


class LevelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Level
        django_get_or_create = ("key",)

    key = "commune"
    name = factory.SelfAttribute("key")
    rank = factory.LazyAttribute(lambda level: RANKS[level.key])


class DivisionTypeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DivisionType
        django_get_or_create = ("key", "level")

    level = factory.SubFactory(LevelFactory)
    key = "xa"
    name = "xã"


class AppointmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Appointment

    position = "Chuyên viên"
    starts_on = LONG_AGO


class GrantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Grant

    right = Grant.Right.VIEW
    starts_on = LONG_AGO


def unit(name: str, *, parent: Unit | None, level: str, code: str = "", **dates: dt.date) -> Unit:
    """A unit with one name for life; its type is the first word of ``name``, or two ("thị trấn", "thành phố")."""
    row = LevelFactory(key=level)
    words = name.split(" ")
    length = 2 if words[0].lower() in ("thị", "thành", "đặc") else 1
    kind = " ".join(words[:length]).lower()
    made = parent.add_child(level=row, **dates) if parent else Unit.add_root(level=row, **dates)
    UnitName.objects.create(
        unit=made,
        full_name=name,
        short_name=" ".join(words[length:]) or name,
        type=DivisionTypeFactory(level=row, key=kind.replace(" ", "-"), name=kind),
    )
    if code:
        UnitCode.objects.create(unit=made, code=code)
    return made


UNIT_HEADER = "level,code,parent_code,name,type"
SUCCESSION_HEADER = "level,old_code,new_code,share"


def write_csv(path: Path, header: str, rows: Iterable[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


# Two provinces, three districts, five communes in 2022 …
LIST_2022 = [
    "province,01,,Tỉnh Một,tỉnh",
    "province,02,,Tỉnh Hai,tỉnh",
    "district,001,01,Huyện Bắc,huyện",
    "district,002,01,Huyện Nam,huyện",
    "district,003,02,Huyện Đông,huyện",
    "commune,00001,001,Xã Văn Lang,xã",
    "commune,00002,001,Xã Văn Lăng,xã",
    "commune,00003,002,Xã Mỹ Lộc,xã",
    "commune,00004,002,Xã Tam Phước,xã",
    "commune,00005,003,Xã Yên Bình,xã",
]
# … of which one is renamed, one goes on under another district, one does so with another name, one is gone …
LIST_2025_06 = [
    "province,01,,Thành phố Một,thành phố",
    "province,02,,Tỉnh Hai,tỉnh",
    "district,001,01,Huyện Bắc,huyện",
    "district,003,02,Huyện Đông,huyện",
    "commune,00001,001,Phường Văn Lang,phường",
    "commune,00003,001,Xã Mỹ Lộc,xã",
    "commune,00004,001,Xã Tam An,xã",
    "commune,00005,003,Xã Yên Bình,xã",
    "commune,00006,003,Xã Mới,xã",
]
# … and on 1 July 2025 the provinces merge, districts end, one commune is divided.
LIST_2025_07 = [
    "province,02,,Tỉnh Hai,tỉnh",
    "commune,00001,02,Phường Văn Lang,phường",
    "commune,00003,02,Xã Yên Bình,xã",
    "commune,00009,02,Đặc khu Đảo Xa,đặc khu",
]
SUCCESSIONS_2025_07 = [
    "province,01,02,whole",
    "province,02,02,whole",
    "commune,00001,00001,whole",
    "commune,00003,00001,part",
    "commune,00003,00003,part",
    "commune,00004,00003,whole",
    "commune,00005,00003,whole",
]


def write_lists(folder: Path) -> Path:
    """The three small lists and the successions between the last two, in ``folder``."""
    write_csv(folder / "units-2022.csv", UNIT_HEADER, LIST_2022)
    write_csv(folder / "units-2025-06-30.csv", UNIT_HEADER, LIST_2025_06)
    write_csv(folder / "units-2025-07-01.csv", UNIT_HEADER, LIST_2025_07)
    write_csv(folder / "successions-2025-07-01.csv", SUCCESSION_HEADER, SUCCESSIONS_2025_07)
    return folder
