"""The log in sentences: every action has one, each reader sees the own units' entries, and the file says the same."""

import csv
import datetime as dt
import io

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.log_actions import registry
from wagtail.models import ModelLogEntry, Page, PageLogEntry

from lms.accounts.models import User
from lms.core import audit, origin
from lms.people import trace_queries, trace_words
from lms.people.trace_queries import Asked
from lms.units.models import Grant, Succession
from tests.conftest import DAY_ONE, NOON, make_person, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon(time_machine):
    time_machine.move_to(NOON, tick=False)


def note(person, unit, by=None, action="people.new_code", **data):
    audit.record(action, person, actor=by, unit=unit.pk, path=unit.path, **data)
    return ModelLogEntry.objects.latest("pk")


def seen(viewer, **asked):
    return [line.whom for line in trace_queries.page_of(viewer, Asked(**asked)).lines]


def signed_in(person, settings):
    settings.LMS_DEMO = True
    User.objects.filter(pk=person.pk).update(is_demo=True)
    client = Client()
    client.force_login(person)
    return client


# --- Sentences --------------------------------------------------------------------------------------


def test_every_registered_action_has_a_sentence_and_no_sentence_is_left_over():
    registered = {action for action, _label in registry.get_choices()}
    assert registered - set(trace_words.SENTENCES) == set()
    assert set(trace_words.SENTENCES) - registered == set()


@pytest.mark.parametrize("action", sorted(trace_words.SENTENCES))
def test_a_sentence_is_whole_even_where_its_data_are_missing(action, officer_p1, units):
    entry = ModelLogEntry(action=action, label="Nhãn", data={"unit": units.p1.pk}, timestamp=NOON)
    (line,) = trace_queries.lines([entry])
    assert "%(" not in line.sentence
    assert line.sentence


def test_every_action_belongs_to_a_group():
    for action in trace_words.SENTENCES:
        found = [key for key, (_label, starts) in trace_words.GROUPS.items() if action.startswith(starts)]
        assert found, action


def test_a_change_is_told_with_before_after_and_reason(officer_p1, manager_p1, units):
    note(
        officer_p1, units.p1_a, manager_p1, "units.correct_appointment", reason="nhập nhầm",
        before={"position": "Chuyên viên", "starts_on": "2026-01-02", "is_acting": False},
        after={"position": "Phó Chủ tịch", "starts_on": "2026-02-01", "is_acting": True},
    )  # fmt: skip
    (line,) = trace_queries.page_of(manager_p1, Asked()).lines
    assert (line.by, line.whom, line.unit, line.reason) == (
        "Hoàng Đức Hạnh", "Đặng Thị Nguyệt Ánh", "Xã Vạn Yên", "nhập nhầm",
    )  # fmt: skip
    told = {(change.before, change.after) for change in line.changes}  # PostgreSQL keeps no order of keys
    assert {("Chuyên viên", "Phó Chủ tịch"), ("02/01/2026", "01/02/2026")} < told
    assert [change for change in line.changes if change.before == change.after] == []
    assert len(told) == 3
    assert "nhập nhầm" in line.full
    assert "“Chuyên viên” → “Phó Chủ tịch”" in line.full


def test_before_that_is_no_table_is_told_too(officer_p1):
    entry = ModelLogEntry(
        action="quizzes.question_tags", label="Câu 1", data={"tags": ["a", "b"], "before": ["a"]}, timestamp=NOON
    )
    (line,) = trace_queries.lines([entry])
    assert [(change.before, change.after) for change in line.changes] == [("a", "a, b")]


def test_an_entry_says_its_request_address_and_the_real_person(officer_p1, manager_p1, units, rf):
    request = rf.get("/", REMOTE_ADDR="203.0.113.9")
    with origin.coming_from(origin.Origin(request="abc", http=request, viewer=manager_p1.pk)):
        note(officer_p1, units.p1_a, officer_p1)
    (line,) = trace_queries.page_of(manager_p1, Asked()).lines
    assert (line.request, line.address) == ("abc", "203.0.113.9")
    assert manager_p1.full_name in line.by
    assert officer_p1.full_name in line.by


def test_an_erased_entry_says_so(officer_p1, manager_p1, units, centre):
    note(officer_p1, units.p1_a, manager_p1, reason="bí mật")
    audit.erase_values(officer_p1, by=centre, at=NOON)
    root = User.objects.create_superuser("goc", full_name="Gốc", password="x")
    lines = trace_queries.page_of(root, Asked()).lines
    assert [line.is_erased for line in lines] == [False, True] or [line.is_erased for line in lines] == [True, False]
    assert not any("bí mật" in line.full or officer_p1.full_name in line.full for line in lines)


def test_whatever_a_second_person_may_be_asked_has_words():
    from lms.people.services import approvals

    assert set(approvals._actions) - set(trace_words.ASKED) == set()


def test_every_command_and_task_of_ours_is_told_in_words():
    import subprocess
    from pathlib import Path

    from django.conf import settings as project

    listed = subprocess.run(
        ["git", "ls-files", "*/management/commands/*.py", "*tasks.py"],
        cwd=project.BASE_DIR, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    commands = {Path(path).stem for path in listed if "/commands/" in path and "__init__" not in path}
    tasks = {
        line.split('"')[1]
        for path in listed if path.endswith("tasks.py") and "/commands/" not in path
        for line in (Path(project.BASE_DIR) / path).read_text().splitlines() if line.startswith("@shared_task(name=")
    }  # fmt: skip
    assert (commands | tasks) - set(trace_words.SOURCES) == set()


def test_what_a_command_did_names_no_command(officer_p1, manager_p1, units):
    note(officer_p1, units.p1_a, command="prepare")
    note(officer_p1, units.p1_a, task="lms.people.write_roster")
    note(officer_p1, units.p1_a, command="something_else")
    lines = trace_queries.page_of(manager_p1, Asked()).lines
    told = " ".join(f"{line.full} {line.source}" for line in lines)
    assert not any(name in told for name in ("prepare", "write_roster", "something_else"))
    assert [line.source for line in lines] == [
        str(trace_words.SOURCES[key]) for key in ("", "lms.people.write_roster", "prepare")
    ]
    assert [line.by for line in lines] == [str(trace_words.BY[key]) for key in ("", "", "prepare")]


def test_things_without_a_name_are_called_by_what_they_are_about(officer_p1, manager_p1, units, outline):
    from lms.people.services import merging_requests
    from tests.factories.plans import task

    given = task(outline.course, units.p1, manager_p1)
    other = make_person("hai", officer_p1.full_name, units.p1_a)
    asked = merging_requests.ask(old=other, survivor=officer_p1, by=manager_p1, at=NOON, reason="x")
    where = {"unit": units.p1_a.pk, "path": units.p1_a.path}
    for thing in (given, asked, units.p1_b):
        audit.record("units.close", thing, actor=manager_p1, **where)
    lines = trace_queries.page_of(manager_p1, Asked()).lines
    assert [line.whom for line in lines[:3]] == ["Phường Hạ Long", officer_p1.full_name, outline.course.title]


def test_values_are_told_as_people_write_them():
    before = {
        "phone": "+84912345678", "page": "no", "levels": ["commune"], "deadline": "2026-12-01", "is_active": True,
        "planned_at": "2026-11-23T05:00:00+00:00", "position": "Chuyên viên",
    }  # fmt: skip
    after = {"phone": "", "page": "https://x", "levels": [], "deadline": "", "is_active": False, "planned_at": "",
             "position": "Chuyên viên"}  # fmt: skip
    entry = ModelLogEntry(
        action="plans.change", label="x", data={"before": before, "after": after}, timestamp=NOON, object_id="1"
    )
    (line,) = trace_queries.lines([entry])
    told = [change.before for change in line.changes]
    assert told[0] == "0912 345 678"
    assert told[3] == "01/12/2026"
    assert told[5] == "12:00 23/11/2026"
    assert not {"no", "commune", "True"} & set(told[:6]) - {"commune"}
    assert len(told) == 6


def test_who_answers_for_a_unit_reads_that_it_was_renamed_merged_or_closed(units, manager_p1, manager_p2, centre):
    from lms.units.services import reorganising

    day = dt.date(2026, 12, 1)
    reorganising.rename(unit=units.p1_a, full_name="Xã Mới", short_name="Mới", type=None, on=day, actor=centre)
    reorganising.close(unit=units.p1_b, on=day, actor=centre)
    assert [line.unit for line in trace_queries.page_of(manager_p1, Asked()).lines] == ["Phường Hạ Long", "Xã Vạn Yên"]
    assert trace_queries.page_of(manager_p2, Asked()).lines == []


# --- Who sees what ----------------------------------------------------------------------------------


def test_who_approves_sees_the_own_units_and_a_superuser_everything(
    officer_p1, officer_p2, manager_p1, manager_p2, centre, units
):
    root = User.objects.create_superuser("goc", full_name="Gốc", password="x")
    note(officer_p1, units.p1_a)
    note(officer_p2, units.p2_a)
    audit.record("people.retention", root, actor=None)
    PageLogEntry.objects.log_action(Page.objects.get(depth=1), "wagtail.edit")
    assert seen(manager_p1) == [officer_p1.full_name]
    assert seen(manager_p2) == [officer_p2.full_name]
    assert sorted(seen(centre)) == sorted([officer_p1.full_name, officer_p2.full_name])
    assert len(seen(root)) == 4


@pytest.mark.parametrize("right", [right for right in Grant.Right.values if right != "approve"])
def test_no_other_right_opens_the_log(right, officer_p1, units, settings):
    other = make_person("khac", "Trần Văn Khác", units.p1)
    Grant.objects.create(person=other, unit=units.p1, right=right, starts_on=DAY_ONE)
    note(officer_p1, units.p1_a)
    assert seen(other) == []
    client = signed_in(other, settings)
    for name in ("people:trace", "people:trace_csv"):
        assert client.get(reverse(name)).status_code == 404


def test_what_was_done_in_a_unit_that_went_whole_into_ones_own_is_seen(officer_p1, units):
    new = make_unit("Xã Mới", parent=units.p1, level="commune", rank=30)
    Succession.objects.create(old=units.p1_a, new=new, share="whole")
    Succession.objects.create(old=units.p1_b, new=new, share="part")
    heir = make_person("ke_thua", "Trần Văn Kế", new)
    Grant.objects.create(person=heir, unit=new, right="approve", starts_on=DAY_ONE)
    note(officer_p1, units.p1_a)
    note(heir, units.p1_b)
    assert seen(heir) == [officer_p1.full_name]


def test_a_unit_whose_path_begins_alike_is_another(officer_p1, units, manager_p1):
    entry = note(officer_p1, units.p1_a)
    ModelLogEntry.objects.bulk_create(
        [ModelLogEntry(action="people.new_code", label="Lạ", data={"path": 5}, timestamp=NOON, object_id="1")]
    )
    assert seen(manager_p1) == [entry.label]


def test_a_person_reads_the_entries_about_oneself(officer_p1, officer_p2, units):
    note(officer_p1, units.p1_a)
    note(officer_p2, units.p2_a)
    audit.record("courses.return_practice", officer_p2, actor=None, learner=officer_p1.pk)
    assert {entry.action for entry in trace_queries.entries_about(officer_p1)} == {
        "people.new_code",
        "courses.return_practice",
    }
    assert trace_queries.entries_about(officer_p1).count() == 2


# --- Filters ----------------------------------------------------------------------------------------


def test_filters(officer_p1, officer_p2, manager_p1, centre, units):
    note(officer_p1, units.p1_a, manager_p1)
    old = note(officer_p2, units.p2_a, centre, "units.grant", right="view")
    ann, an = officer_p1.full_name, officer_p2.full_name
    assert seen(centre, about="nguyet anh") == [ann]
    assert seen(centre, about="Ân") == [an] or set(seen(centre, about="Ân")) == {an, ann}
    assert seen(centre, by="hoang duc") == [ann]
    assert seen(centre, group="rights") == [an]
    assert seen(centre, unit=units.p2) == [an]
    assert seen(centre, since=dt.date(2026, 11, 24)) == []
    assert seen(centre, until=dt.date(2026, 11, 22)) == []
    assert len(seen(centre, since=dt.date(2026, 11, 23), until=dt.date(2026, 11, 23))) == 2
    assert old.data["right"] == "view"


def test_pages_follow_each_other_without_a_gap(officer_p1, centre, units, monkeypatch):
    monkeypatch.setattr(trace_queries, "A_PAGE", 2)
    for number in range(5):
        note(officer_p1, units.p1_a, reason=f"{number}")
    pages = [trace_queries.page_of(centre, Asked(), number) for number in (1, 2, 3)]
    assert [[line.reason for line in page.lines] for page in pages] == [["4", "3"], ["2", "1"], ["0"]]
    assert [page.has_next for page in pages] == [True, True, False]


def test_three_entries_cost_as_many_queries_as_one(
    officer_p1, officer_p2, manager_p1, centre, units, django_assert_num_queries, settings
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(centre, settings)
    note(officer_p1, units.p1_a, manager_p1)
    client.get(reverse("people:trace"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("people:trace"))
    note(officer_p2, units.p2_a, centre)
    note(officer_p1, units.p1_b, officer_p2)
    with CaptureQueriesContext(connection) as three:
        client.get(reverse("people:trace"))
    assert len(three) == len(one)


# --- Screens ----------------------------------------------------------------------------------------


def test_the_page_and_nonsense_in_its_address(officer_p1, manager_p1, units, settings):
    client = signed_in(manager_p1, settings)
    assert client.get(reverse("people:trace")).status_code == 200
    note(officer_p1, units.p1_a, manager_p1, reason="<script>alert(1)</script>")
    page = client.get(reverse("people:trace"))
    assert officer_p1.full_name in page.content.decode()
    assert b"<script>alert" not in page.content
    for nonsense in (
        "?trang=0",
        "?trang=x",
        "?trang=99999999999999",
        "?since=hôm qua",
        "?group=x",
        "?about=%00",
        "?by='",
    ):
        assert client.get(reverse("people:trace") + nonsense).status_code == 200, nonsense
    hits = client.get(reverse("people:trace"), {"where": "van yen"}).context["hits"]
    assert [hit.unit.id for hit in hits] == [units.p1_a.pk]
    assert client.get(reverse("people:trace"), {"where": "van lang"}).context["hits"] == []
    for stranger in (units.p2.pk, "x", 10**14):
        assert client.get(reverse("people:trace"), {"unit": stranger}).status_code == 404


def test_the_file_says_the_same_and_is_logged_itself(officer_p1, officer_p2, manager_p1, units, settings):
    note(officer_p1, units.p1_a, manager_p1, reason="=1+1")
    note(officer_p2, units.p2_a, manager_p1)
    answer = signed_in(manager_p1, settings).get(reverse("people:trace_csv"), {"about": "nguyet anh"})
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert len(rows) == 2
    assert rows[1][0] == "23/11/2026 12:00:00"
    assert rows[1][6] == "'=1+1"
    assert ModelLogEntry.objects.filter(action="people.export_trace", user=manager_p1).count() == 1
