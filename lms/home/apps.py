from collections.abc import Callable
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class HomeConfig(AppConfig):
    name = "lms.home"
    label = "home"
    verbose_name = _("Home")

    def ready(self) -> None:
        """The main navigation of the product, in one place: four doors, the third for managers only."""
        from lms.core import navigation  # app ready
        from lms.units.models import Grant  # app ready
        from lms.units.scope import rights_held  # app ready

        right = Grant.Right

        def holding(*rights: str) -> Callable[[Any], bool]:
            return lambda user: bool(rights_held(user) & set(rights))

        for item in (
            navigation.Item(
                10,
                _("My training"),
                pgettext_lazy("bottom tab", "Learn"),
                "home:learn",
                "M4 5h7a3 3 0 0 1 3 3v12a2 2 0 0 0-2-2H4zM20 5h-3M20 5v13h-6",
                ("/learn/", "/trang-cong-dong/"),
            ),
            navigation.Item(
                20,
                _("Certificates"),
                pgettext_lazy("bottom tab", "Certificates"),
                "certificates:mine",
                "M18 9a6 6 0 1 1-12 0 6 6 0 0 1 12 0zM8 14l-1 8 5-3 5 3-1-8",
                ("/certificates/",),
            ),
            navigation.Item(
                30,
                pgettext_lazy("main navigation", "Units"),
                pgettext_lazy("bottom tab", "Units"),
                "reports:mine",
                "M4 20V9l8-5 8 5v11M9 20v-6h6v6",
                ("/reports/", "/units/", "/plans/", "/fanpages/", "/learn/marking/", "/quizzes/desk/"),
                holding(right.VIEW),
            ),
            # A trainer who marks and sees no table: practical tasks and answers of quizzes are doors of this one.
            navigation.Item(
                25,
                _("To mark"),
                pgettext_lazy("bottom tab", "To mark"),
                "courses:marking",
                "M5 12l5 5L20 7",
                ("/learn/marking/", "/quizzes/desk/"),
                lambda user: {right.MARK} <= rights_held(user) and right.VIEW not in rights_held(user),
            ),
            # Who gives tasks, and neither marks nor sees a table: exceptions and supervised sessions.
            navigation.Item(
                26,
                pgettext_lazy("door", "Quizzes"),
                pgettext_lazy("bottom tab", "Quizzes"),
                "quizzes:desk",
                "M5 4h14v16H5zM8 9h8M8 13h5",
                ("/quizzes/desk/",),
                lambda user: right.ASSIGN in rights_held(user) and not rights_held(user) & {right.VIEW, right.MARK},
            ),
            # Who approves and sees no table.
            navigation.Item(
                27,
                _("Approvals"),
                pgettext_lazy("bottom tab", "Approvals"),
                "people:approvals",
                "M5 12l5 5L20 7",
                ("/units/",),
                lambda user: right.APPROVE in rights_held(user) and right.VIEW not in rights_held(user),
            ),
            navigation.Item(
                90,
                _("My account"),
                pgettext_lazy("bottom tab", "Me"),
                "account_overview",
                "M16 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM4 21c1-5 4-7 8-7s7 2 8 7",
                ("/accounts/",),
            ),
        ):
            navigation.register(item)
        for order, (label, url_name, prefixes, shown_to) in enumerate(
            (
                (_("Results"), "reports:mine", ("/reports/",), holding(right.VIEW)),
                (_("Tasks"), "plans:tasks", ("/plans/",), holding(right.VIEW, right.ASSIGN)),
                (pgettext_lazy("door", "Pages"), "fanpages:list", ("/fanpages/",), holding(right.VIEW)),
                (pgettext_lazy("door", "Practice"), "courses:marking", ("/learn/marking/",), holding(right.MARK)),
                (
                    pgettext_lazy("door", "Quizzes"),
                    "quizzes:desk",
                    ("/quizzes/desk/",),
                    holding(right.MARK, right.ASSIGN),
                ),
                (_("Officers"), "people:people", ("/units/people/",), holding(right.VIEW, right.IMPORT)),
                (pgettext_lazy("door", "Rosters"), "people:rosters", ("/units/roster/",), holding(right.IMPORT)),
                (_("Joining"), "people:joining", ("/units/joining/", "/units/unclaimed/"), holding(right.IMPORT)),
                (_("Approvals"), "people:approvals", ("/units/approvals/",), holding(right.APPROVE, right.IMPORT)),
                (_("Rights"), "people:rights", ("/units/rights/",), holding(right.APPROVE)),
                (_("Who may what"), "people:who", ("/units/rights/who/", "/units/rights/why/"), holding(right.APPROVE)),
                (pgettext_lazy("door", "Log"), "people:trace", ("/units/trace/",), holding(right.APPROVE)),
                (_("Personal data"), "people:privacy_requests", ("/units/privacy/",), holding(right.IMPORT)),
                (_("Reorganising units"), "people:changes", ("/units/changes/",), holding(right.APPROVE)),
            )
        ):
            navigation.register(
                navigation.Item(
                    order,
                    label,
                    label,
                    url_name,
                    "",
                    prefixes,
                    shown_to,
                    area="reports:mine",
                )
            )
        for order, (label, url_name, prefixes) in enumerate(
            (
                (pgettext_lazy("door", "Practice"), "courses:marking", ("/learn/marking/",)),
                (pgettext_lazy("door", "Quizzes"), "quizzes:desk", ("/quizzes/desk/",)),
            )
        ):
            navigation.register(
                navigation.Item(
                    order, label, label, url_name, "", prefixes, holding(right.MARK), area="courses:marking"
                )
            )
