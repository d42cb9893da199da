import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from courses.models import Course
from lms.core import clock
from lms.home.models import HomePage
from lms.home.services import demo as services
from lms.home.services.facts import enter_facts_of_2022
from lms.home.services.guides import ensure_guides
from lms.units.models import Unit, UnitName
from lms.units.queries import UnitOnDay, children_on

PACKAGE = settings.BASE_DIR / "courses" / "content" / "trang-cong-dong"
# Share of communes that have officers, and the seed of the invented people.
PROVINCES = {"Tỉnh Quảng Ninh": (0.75, 22), "Tỉnh Thái Nguyên": (0.3, 19)}
LEARNERS_COMMUNE = "Phường Hạ Long"


class Command(BaseCommand):
    help = "Fill the site with the demonstration: national units, the course, demo accounts, invented officers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are accounts already")
        parser.add_argument("--small", action="store_true", help="without the invented officers of two provinces")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEBUG or settings.LMS_DEMO):
            raise CommandError("The demonstration has accounts with a known password: it needs LMS_DEMO=1.")
        if options["if_empty"] and Unit.objects.exists():
            self.stdout.write("The database is not empty: no demonstration data.")
            return
        call_command("import_units", stdout=self.stdout)
        call_command("load_course", str(PACKAGE), stdout=self.stdout)
        self._introduce()
        ensure_guides()
        enter_facts_of_2022()
        course = Course.objects.get(page__slug="trang-cong-dong")
        now = clock.now()
        provinces = {name: _province(name) for name in PROVINCES}
        quang_ninh = provinces["Tỉnh Quảng Ninh"]
        commune = _child(quang_ninh, LEARNERS_COMMUNE)
        centre = Unit.objects.get(depth=1)
        learner = services.make_account(services.LEARNER, commune)
        services.let_mark(services.make_account(services.TRAINER, centre), centre)
        manager = services.make_account(services.PROVINCE, quang_ninh)
        services.make_account(services.CENTRE, centre)
        services.make_account(services.ADMINISTRATOR, centre)
        services.begin(learner, course, activities=2, at=now)
        # Who manages has taken the course: there is a certificate to look at under an account that one can sign in to.
        services.begin(manager, course, activities=None, at=now)
        services.give_task(course, quang_ninh, by=manager, at=now)
        if not options["small"]:
            self._invent(provinces, course)
            services.report_pages(quang_ninh, by=manager, at=now, seed=22)
            services.hand_in_practice(course, quang_ninh, people=4, at=now)
        self.stdout.write("Demonstration: hocvien, giangvien, tinh, trunguong, quantri — " + services.PASSWORD)

    def _invent(self, provinces: dict[str, Unit], course: Course) -> None:
        now = clock.now()
        total = sum(len(children_on(unit, clock.today())) for unit in provinces.values())
        with tqdm(total=total, unit=" communes", disable=not sys.stderr.isatty()) as bar:
            made = sum(
                services.officers_of(provinces[name], course, share=share, seed=seed, at=now, step=bar.update)
                for name, (share, seed) in PROVINCES.items()
            )
        self.stdout.write(f"{made} invented officers.")

    def _introduce(self) -> None:
        home = HomePage.objects.get()
        if not home.introduction:
            home.introduction = (
                "Nơi cán bộ Mặt trận Tổ quốc Việt Nam các cấp học cách thành lập, biên tập, đăng bài và quản trị "
                "Trang cộng đồng (fanpage) của đơn vị, trên điện thoại, vào lúc mình rảnh."
            )
            home.save_revision().publish()


def _province(name: str) -> Unit:
    today = clock.today()
    return Unit.objects.open_on(today).get(
        pk__in=UnitName.objects.filter(full_name=name, ends_on__isnull=True).values("unit_id"), level__key="province"
    )


def _child(parent: Unit, name: str) -> Unit:
    rows: list[UnitOnDay] = children_on(parent, clock.today())
    found = next((row for row in rows if row.name == name), rows[0])
    return Unit.objects.get(pk=found.id)
