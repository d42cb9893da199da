"""What must hold for every model and address, also for those that somebody adds next year."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.urls import URLPattern, URLResolver, get_resolver

from lms.core import triggers

OURS = ("courses", "quizzes", "certificates", "units", "accounts", "people", "plans", "fanpages")
# What is no record: convenience, or a part that goes with its whole.
MAY_CASCADE = {
    "courses.Bookmark.enrolment",
    "quizzes.QuizSlot.quiz",
    "quizzes.QuizSection.quiz",
    "quizzes.QuizBand.quiz",
    "quizzes.QuizGoal.quiz",
    "quizzes.QuizPageDraw.page",
    "quizzes.QuizPageSection.page",
    "quizzes.QuizPageCell.page",
    "quizzes.QuizPageBand.page",
    "quizzes.QuizPageGoal.page",
    "quizzes.ImportItem.batch",
    "quizzes.RegradeLine.regrade",
    "quizzes.VersionAnalysis.version",
    "people.RosterRow.batch",
    "people.RosterLeaver.batch",
    # Plans and proposals about an appointment that is taken out because it was never meant.
    "people.RosterLeaver.appointment",
    "units.ReorganisationMove.appointment",
    "units.ReorganisationStep.reorganisation",
    # The devices and the PIN of an account; accounts themselves are never deleted but by tests.
    "accounts.SignIn.person",
    "accounts.UnlockPin.person",
}


def test_deleting_takes_no_record_along():
    found = {
        f"{field.model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and not field.remote_field.parent_link
        and field.remote_field.on_delete is models.CASCADE
    }
    assert found == MAY_CASCADE


@pytest.mark.django_db
def test_every_registered_trigger_is_in_the_database():
    """SQLite drops a table's triggers, without a word, whenever a migration remakes the table."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {name for (name,) in cursor.fetchall()}
    wanted = {trigger.name for trigger in triggers.registered()}
    assert len(wanted) >= 10
    assert wanted - there == set()


def _addresses(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern


def test_a_view_of_records_lets_no_visitor_in(client, db):
    """Every address without parameters under the reserved segments of people and records, asked by a visitor."""
    prefixes = ("learn/", "quizzes/", "certificates/", "units/", "reports/", "plans/", "fanpages/", "cms/")
    routes = [
        route for route, _ in _addresses(get_resolver().url_patterns) if route.startswith(prefixes) and "<" not in route
    ]
    plain = [route for route in routes if not any(sign in route for sign in "(^$[\\")]
    assert len(plain) > 20
    let_in = [route for route in plain if client.get(f"/{route}").status_code == 200]
    # Icons and the words of the editor's buttons.
    assert set(let_in) == {"cms/sprite/", "cms/jsi18n/"}
