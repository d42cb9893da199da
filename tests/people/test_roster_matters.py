"""Doubtful rows and units, full lists and who leaves, taking back: what a roster does not do by itself."""

import datetime as dt

import pytest
from django.urls import reverse

from lms.accounts.models import User
from lms.people import queries
from lms.people.enums import Back, BatchState, Left, Outcome, Refusal, Sync
from lms.people.models import Approval, RosterBatch, RosterLeaver, RosterRow, UnitChoice
from lms.people.queries import doubts
from lms.people.services import approvals, roster_answers, roster_leavers, roster_undo
from lms.people.services import rosters as services
from lms.units.models import Appointment, Grant
from tests.conftest import make_unit
from tests.people.conftest import ANH, as_csv

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
LATER = AT + dt.timedelta(days=3)
HOA = ["Lê Thị Hoà", "01/02/1988", "0977 000 111", "", "Chuyên viên", "", "Xã Vạn Yên", ""]


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(AT)


def stage(by, unit, *rows, **options):
    return services.stage(data=as_csv(*rows), file_name="ds.csv", unit=unit, by=by, at=AT, **options)


def write(batch, by):
    assert services.confirm(batch=batch, by=by, at=AT)
    services.write(batch_id=batch.pk, at=AT)
    batch.refresh_from_db()
    return batch


def known(units, name="Lê Thị Hòa", unit=None, **fields):
    person = User.objects.create(username=f"c{User.objects.count()}", full_name=name, **fields)
    Appointment.objects.create(
        person=person, unit=unit or units.p1_a, position="Chuyên viên", starts_on=dt.date(2024, 1, 1)
    )
    return person


# --- Doubtful rows ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "row", "key"),
    [
        ({"born_on": dt.date(1988, 2, 1)}, HOA, Refusal.LOOKS_LIKE),
        ({"birth_year": 1988}, HOA, Refusal.LOOKS_LIKE),
        ({}, HOA, Refusal.LOOKS_LIKE),
        ({"phone": "+84977000111", "name": "Trần Văn Khác"}, HOA, Refusal.OTHER_NAME),
        (
            {"name": "Lê Thị Hoà", "born_on": dt.date(1988, 2, 1), "phone": "+84912000000"}, HOA, Refusal.OTHER_CONTACT,
        ),
        ({"name": "Lê Thị Hoà", "born_on": dt.date(1988, 2, 1)}, [*HOA[:6], "Phường Hạ Long", ""], Refusal.ELSEWHERE),
    ],
)  # fmt: skip
def test_what_is_not_certain_goes_to_a_person_and_is_never_written(manager_p1, units, fields, row, key):
    person = known(units, **fields)
    before = User.objects.count()
    batch = stage(manager_p1, units.p1, row)
    found = batch.rows.get()
    assert (found.outcome, found.refusal, found.candidates) == (Outcome.CONFLICT, key, [person.pk])
    write(batch, manager_p1)
    assert (User.objects.count(), batch.rows.get().written_at) == (before, None)


@pytest.mark.parametrize("fields", [{"born_on": dt.date(1990, 5, 5)}, {"name": "Lê Thị Hoa Mai"}, {"birth_year": 1987}])
def test_another_birth_or_another_name_is_another_person(manager_p1, units, fields):
    known(units, **fields)
    assert stage(manager_p1, units.p1, HOA).rows.get().outcome == Outcome.NEW


def test_this_person_a_new_one_or_left_out_each_is_decided_anew(manager_p1, units):
    person = known(units, born_on=dt.date(1988, 2, 1))
    batch = stage(manager_p1, units.p1, HOA)
    row = batch.rows.get()

    def say(answer, **more):
        assert roster_answers.answer_row(batch=batch, row_id=row.pk, answer=answer, by=manager_p1, at=AT, **more)
        row.refresh_from_db()
        return row.outcome, row.person_id

    assert say("person", person_id=person.pk) == (Outcome.CHANGED, person.pk)
    assert row.changes["full_name"] == ["Lê Thị Hòa", "Lê Thị Hoà"]
    assert say("out") == (Outcome.REFUSED, None)
    assert row.refusal == Refusal.LEFT_OUT
    assert say("") == (Outcome.CONFLICT, None)
    assert say("new") == (Outcome.NEW, None)
    write(batch, manager_p1)
    assert User.objects.get(phone="+84977000111").pk != person.pk


def test_what_was_said_is_what_is_written(manager_p1, units):
    person = known(units, born_on=dt.date(1988, 2, 1))
    batch = stage(manager_p1, units.p1, HOA)
    roster_answers.answer_row(
        batch=batch, row_id=batch.rows.get().pk, answer="person", person_id=person.pk, by=manager_p1, at=AT
    )
    write(batch, manager_p1)
    person.refresh_from_db()
    assert (person.full_name, person.phone, batch.rows.get().written_at) == ("Lê Thị Hoà", "+84977000111", AT)


def test_a_phone_of_somebody_else_is_not_taken_over_by_a_new_person(manager_p1, units):
    holder = known(units, "Trần Văn Khác", phone="+84977000111")
    batch = stage(manager_p1, units.p1, HOA)
    roster_answers.answer_row(batch=batch, row_id=batch.rows.get().pk, answer="new", by=manager_p1, at=AT)
    write(batch, manager_p1)
    holder.refresh_from_db()
    made = User.objects.get(full_name="Lê Thị Hoà")
    assert (holder.phone, made.phone, batch.rows.get().remarks[0][0]) == ("+84977000111", None, "of_another")


def test_nobody_outside_the_units_is_a_candidate_nor_chosen(manager_p1, manager_p2, units):
    outside = known(units, "Lê Thị Hoà", unit=units.p2_a, born_on=dt.date(1988, 2, 1))
    own = known(units, born_on=dt.date(1988, 2, 1))
    batch = stage(manager_p1, units.p1, HOA)
    row = batch.rows.get()
    assert row.candidates == [own.pk]
    for person, by in ((outside, manager_p1), (own, manager_p2)):
        with pytest.raises(services.NotAllowedError):
            roster_answers.answer_row(batch=batch, row_id=row.pk, answer="person", person_id=person.pk, by=by, at=AT)
    Appointment.objects.filter(person=own).update(unit=units.p2_a)
    assert doubts.doubts_of([row], manager_p1)[0].candidates == ()


def test_two_rows_may_not_mean_one_person_by_answers(manager_p1, units):
    person = known(units, "Lê Thị Hoà", born_on=dt.date(1988, 2, 1), phone="+84912000000")
    batch = stage(manager_p1, units.p1, [*HOA[:2], "0912 000 000", *HOA[3:]], [*HOA[:1], "1988", *HOA[2:]])
    second = batch.rows.get(number=3)
    assert second.outcome == Outcome.CONFLICT
    roster_answers.answer_row(batch=batch, row_id=second.pk, answer="person", person_id=person.pk, by=manager_p1, at=AT)
    second.refresh_from_db()
    assert (second.outcome, second.refusal_words) == (Outcome.REFUSED, {"row": 2})


# --- Doubtful units ---------------------------------------------------------------------------------


@pytest.fixture
def twins(units):
    return units.p1_a, make_unit("Xã Vạn Yên", parent=units.p2, level="commune", rank=30)


def test_a_doubtful_unit_is_asked_once_and_remembered(centre, units, twins):
    rows = [[f"Người {name}", "1980", f"09120000{number}", *ANH[3:]] for number, name in enumerate("ABC", start=10)]
    batch = stage(centre, units.centre, *[[*row[:6], "Vạn Yên", ""] for row in rows])
    asked = doubts.unit_questions(batch)
    assert [(each.key, each.rows, [option.id for option in each.options]) for each in asked] == [
        ("vạn yên", 3, [unit.pk for unit in twins])
    ]
    waiting = roster_answers.answer_unit(batch=batch, key="vạn yên", unit=twins[1], by=centre, at=AT)
    assert (waiting, roster_answers.decide_anew(batch=batch, by=centre)) == (3, 3)
    assert {(row.outcome, row.unit_id) for row in batch.rows.all()} == {(Outcome.NEW, twins[1].pk)}
    assert roster_answers.decide_anew(batch=batch, by=centre) == 0
    again = stage(centre, units.centre, [*ANH[:6], "Vạn Yên", ""])
    assert (again.rows.get().unit_id, again.rows.get().remarks[0][0]) == (twins[1].pk, "chosen")
    write(batch, centre)
    assert set(
        Appointment.objects.filter(person__full_name__startswith="Người ").values_list("unit_id", flat=True)
    ) == {twins[1].pk}


def test_an_answer_about_a_unit_may_leave_its_rows_out_and_be_taken_back(centre, units, twins):
    batch = stage(centre, units.centre, [*ANH[:6], "Vạn Yên", ""])
    roster_answers.answer_unit(batch=batch, key="vạn yên", unit=None, by=centre, at=AT)
    roster_answers.decide_anew(batch=batch, by=centre)
    assert [(row.outcome, row.refusal) for row in batch.rows.all()] == [(Outcome.REFUSED, Refusal.UNIT_LEFT_OUT)]
    assert roster_answers.forget_unit(batch=batch, key="vạn yên", by=centre) == 1
    assert (batch.rows.get().outcome, UnitChoice.objects.count()) == (Outcome.CONFLICT, 0)


def test_only_a_candidate_may_be_the_answer(centre, units, twins):
    batch = stage(centre, units.centre, [*ANH[:6], "Vạn Yên", ""])
    with pytest.raises(services.NotAllowedError):
        roster_answers.answer_unit(batch=batch, key="vạn yên", unit=units.p2_a, by=centre, at=AT)


def test_the_sweep_decides_what_a_lost_task_left(centre, units, twins):
    batch = stage(centre, units.centre, [*ANH[:6], "Vạn Yên", ""])
    roster_answers.answer_unit(batch=batch, key="vạn yên", unit=twins[0], by=centre, at=AT)
    assert services.take_up() == 1
    assert batch.rows.get().outcome == Outcome.NEW


# --- Who leaves -------------------------------------------------------------------------------------


@pytest.fixture
def crew(units):
    """Five who serve in the first commune."""
    return [known(units, f"Cán Bộ {name}", phone=f"+8491200000{number}") for number, name in enumerate("ABCDE")]


def rows_of(people):
    return [
        [person.full_name, "", f"0{person.phone[3:]}", "", "Chuyên viên", "", "Xã Vạn Yên", ""] for person in people
    ]


def gone(batch):
    return set(batch.leavers.filter(stays=False).values_list("appointment__person__full_name", flat=True))


def test_by_default_nobody_leaves(manager_p1, units, crew):
    batch = write(stage(manager_p1, units.p1, *rows_of(crew[:2]), HOA), manager_p1)
    assert (batch.leavers.count(), Appointment.objects.filter(ends_on__isnull=False).count()) == (0, 0)


def test_a_full_list_lets_go_whoever_is_not_in_it_and_ends_only_the_appointment(manager_p1, units, crew):
    batch = stage(manager_p1, units.p1, *rows_of(crew[:4]), sync=Sync.NAMED)
    assert (gone(batch), queries.counts(batch).leaving) == ({"Cán Bộ E"}, 1)
    write(batch, manager_p1)
    crew[4].refresh_from_db()
    assert (crew[4].appointments.get().ends_on, crew[4].is_active) == (TODAY, True)


def test_the_full_list_of_named_units_touches_no_other_unit(manager_p1, units, crew):
    known(units, "Người Phường", unit=units.p1_b)
    named = stage(manager_p1, units.p1, *rows_of(crew), sync=Sync.NAMED)
    whole = stage(manager_p1, units.p1, *rows_of(crew), sync=Sync.ALL)
    assert (gone(named), "Người Phường" in gone(whole)) == (set(), True)


def test_whoever_may_be_meant_by_a_row_that_stays_out_does_not_leave(manager_p1, units, crew):
    rows = rows_of(crew[:3])
    doubtful = [crew[3].full_name, "", "0977 000 999", *rows[0][3:]]
    refused = [crew[4].full_name, "", "12", *rows[0][3:]]
    batch = stage(manager_p1, units.p1, *rows, doubtful, refused, sync=Sync.NAMED)
    assert gone(batch) == set()


def test_staff_and_the_importer_leave_only_when_they_are_named(manager_p1, units, crew):
    Grant.objects.create(person=crew[4], unit=units.p1_a, right="view", starts_on=dt.date(2024, 1, 1))
    batch = stage(manager_p1, units.p1, *rows_of(crew[:4]), sync=Sync.NAMED)
    leaver = batch.leavers.get()
    assert (leaver.is_guarded, gone(batch)) == (True, set())
    assert roster_leavers.say_who_stays(batch=batch, leaver_id=leaver.pk, stays=False, by=manager_p1, at=AT)
    assert not roster_leavers.say_who_stays(batch=batch, leaver_id=leaver.pk, stays=False, by=manager_p1, at=AT)
    assert gone(batch) == {"Cán Bộ E"}


def test_where_more_than_a_tenth_would_leave_a_second_person_is_needed(manager_p1, centre, units, crew):
    batch = stage(manager_p1, units.p1, *rows_of(crew[:1]), sync=Sync.NAMED)
    with pytest.raises(roster_leavers.LeaversError):
        services.confirm(batch=batch, by=manager_p1, at=AT)
    asked = approvals.ask(
        action=roster_leavers.ACTION, unit=batch.unit, by=manager_p1, at=AT, reason="sắp xếp lại",
        payload=roster_leavers.payload_of(batch),
    )  # fmt: skip
    with pytest.raises(services.NotAllowedError):
        approvals.approve(approval=asked, by=manager_p1, at=AT)
    Grant.objects.get_or_create(person=centre, unit=units.centre, right="approve", starts_on=dt.date(2022, 1, 1))
    assert len(roster_leavers.describe(asked)) == 3
    assert approvals.approve(approval=asked, by=centre, at=AT)
    batch.refresh_from_db()
    assert batch.leaving_allowed_by == centre
    write(batch, manager_p1)
    assert Appointment.objects.filter(ends_on=TODAY).count() == 4


def test_an_agreement_counts_only_for_the_people_it_was_given_for(manager_p1, centre, units, crew):
    crew.append(known(units, "Cán Bộ F", phone="+84912000009"))
    batch = stage(manager_p1, units.p1, *rows_of(crew[:1]), sync=Sync.NAMED)
    first = batch.leavers.order_by("pk").first()
    roster_leavers.say_who_stays(batch=batch, leaver_id=first.pk, stays=True, by=manager_p1, at=AT)
    asked = approvals.ask(
        action=roster_leavers.ACTION, unit=batch.unit, by=manager_p1, at=AT, reason="x",
        payload=roster_leavers.payload_of(batch),
    )  # fmt: skip
    Grant.objects.get_or_create(person=centre, unit=units.centre, right="approve", starts_on=dt.date(2022, 1, 1))
    approvals.approve(approval=asked, by=centre, at=AT)
    roster_leavers.say_who_stays(batch=batch, leaver_id=first.pk, stays=False, by=manager_p1, at=AT)
    batch.refresh_from_db()
    with pytest.raises(roster_leavers.LeaversError):
        services.confirm(batch=batch, by=manager_p1, at=AT)
    assert Approval.objects.count() == 1


def test_who_was_asked_is_not_asked_again_until_others_would_leave(client, manager_p1, units, crew):
    batch = stage(manager_p1, units.p1, HOA, sync=Sync.ALL)
    page, again = reverse("people:roster_leavers", args=[batch.pk]), reverse("people:roster_ask", args=[batch.pk])
    client.force_login(manager_p1)
    may_ask = lambda: f'action="{again}"' in client.get(page).content.decode()  # noqa: E731
    assert may_ask()
    client.post(again, {"reason": "Danh sách đầy đủ"})
    assert not may_ask()
    leaver = batch.leavers.filter(stays=False).first()
    said = client.post(
        reverse("people:roster_leaver", args=[batch.pk]), {"leaver": leaver.pk, "stays": "1", "page": "2"}
    )
    assert said.url == f"{page}?page=2#leaver-{leaver.pk}"
    assert may_ask()
    client.post(again, {"reason": "Danh sách đầy đủ"})
    assert (may_ask(), Approval.objects.count()) == (False, 2)


def test_three_may_leave_whatever_their_share(manager_p1, units, crew):
    batch = stage(manager_p1, units.p1, *rows_of(crew[:2]), sync=Sync.NAMED)
    assert services.confirm(batch=batch, by=manager_p1, at=AT)


# --- Taking back ------------------------------------------------------------------------------------


def take_back(batch, by, at=AT):
    assert roster_undo.start(batch=batch, by=by, at=at, reason="nhầm tệp")
    done = roster_undo.take_back(batch_id=batch.pk)
    batch.refresh_from_db()
    return done


def keys(verdict):
    return [change.key for change in verdict.changes], [key for key, _ in verdict.left]


def test_an_account_that_nobody_used_is_closed_and_the_right_file_can_follow(manager_p1, units):
    batch = write(stage(manager_p1, units.p1, HOA), manager_p1)
    row = batch.rows.get()
    assert keys(roster_undo.judge_rows(batch, [row])[0]) == ([Back.POST_GONE, Back.CLOSED], [])
    assert (take_back(batch, manager_p1), batch.state) == (1, BatchState.UNDONE)
    row.person.refresh_from_db()
    assert (row.person.is_active, row.person.phone, row.person.appointments.count()) == (False, None, 0)
    assert stage(manager_p1, units.p1, HOA).rows.get().outcome == Outcome.NEW


def test_a_second_click_takes_nothing_back_and_neither_does_the_sweep(manager_p1, units):
    batch = write(stage(manager_p1, units.p1, HOA), manager_p1)
    take_back(batch, manager_p1)
    assert not roster_undo.start(batch=batch, by=manager_p1, at=AT, reason="x")
    assert (roster_undo.take_back(batch_id=batch.pk), services.take_up()) == (0, 0)


def test_what_a_killed_worker_left_is_taken_back_by_the_sweep(manager_p1, units):
    batch = write(stage(manager_p1, units.p1, HOA), manager_p1)
    roster_undo.start(batch=batch, by=manager_p1, at=AT, reason="x")
    assert services.take_up() == 1
    assert RosterBatch.objects.get().state == BatchState.UNDONE


@pytest.mark.parametrize("used", ["signed_in", "evidence", "rights", "later_post"])
def test_an_account_with_a_life_of_its_own_is_left_alone_and_named(manager_p1, units, used, outline, request):
    from courses.models import Enrolment

    batch = write(stage(manager_p1, units.p1, HOA), manager_p1)
    person = batch.rows.get().person
    if used == "signed_in":
        User.objects.filter(pk=person.pk).update(last_login=AT)
    elif used == "evidence":
        Enrolment.objects.create(user=person, course=outline.course, enrolled_at=AT)
    elif used == "rights":
        Grant.objects.create(person=person, unit=units.p1_a, right="view", starts_on=TODAY)
    else:
        Appointment.objects.create(person=person, unit=units.p1_b, position="x", is_primary=False, starts_on=TODAY)
    take_back(batch, manager_p1)
    person.refresh_from_db()
    assert (person.is_active, person.phone, batch.rows.get().undo_left) == (True, "+84977000111", [[used, {}]])


def test_fields_come_back_but_for_what_was_changed_since(manager_p1, units):
    person = known(units, "Lê Thị Hòa", phone="+84977000111", phone_verified=True, email="cu@example.vn")
    batch = write(
        stage(manager_p1, units.p1, [HOA[0], "", HOA[2], "moi@example.vn", "Phó Chủ tịch", *HOA[5:]]), manager_p1
    )
    User.objects.filter(pk=person.pk).update(email="rieng@example.vn")
    take_back(batch, manager_p1)
    person.refresh_from_db()
    assert (person.full_name, person.email, person.appointments.get().position) == (
        "Lê Thị Hòa", "rieng@example.vn", "Chuyên viên",
    )  # fmt: skip
    assert [key for key, _ in batch.rows.get().undo_left] == [Left.FIELD]


def test_a_phone_that_somebody_else_has_by_now_does_not_come_back(manager_p1, units):
    person = known(units, "Lê Thị Hoà", phone="+84912000000", email="hoa@example.vn")
    batch = write(stage(manager_p1, units.p1, [*HOA[:3], "hoa@example.vn", *HOA[4:]]), manager_p1)
    known(units, "Người Khác", phone="+84912000000")
    take_back(batch, manager_p1)
    person.refresh_from_db()
    assert (person.phone, [key for key, _ in batch.rows.get().undo_left]) == ("+84977000111", [Left.TAKEN])


MOVE = [*HOA[:6], "Phường Hạ Long", ""]


def serving(person, day):
    return [(post.unit_id, post.position) for post in Appointment.objects.on(day).filter(person=person)]


def test_a_move_taken_back_on_its_day_leaves_no_trace(manager_p1, units):
    person = known(units, "Lê Thị Hoà", phone="+84977000111")
    batch = write(stage(manager_p1, units.p1, MOVE), manager_p1)
    assert batch.rows.get().outcome == Outcome.MOVED
    take_back(batch, manager_p1)
    post = person.appointments.get()
    assert (post.unit, post.ends_on) == (units.p1_a, None)


def test_a_move_taken_back_later_changes_no_past_day(manager_p1, units, time_machine):
    person = known(units, "Lê Thị Hoà", phone="+84977000111")
    batch = write(stage(manager_p1, units.p1, MOVE), manager_p1)
    days = [TODAY - dt.timedelta(days=1), TODAY, TODAY + dt.timedelta(days=2)]
    time_machine.move_to(LATER)
    told = [serving(person, day) for day in days]
    take_back(batch, manager_p1, LATER)
    assert [serving(person, day) for day in days] == told
    assert serving(person, LATER.date()) == [(units.p1_a.pk, "Chuyên viên")]


def test_an_account_closed_later_has_served_on_the_days_between(manager_p1, units, time_machine):
    batch = write(stage(manager_p1, units.p1, HOA), manager_p1)
    time_machine.move_to(LATER)
    take_back(batch, manager_p1, LATER)
    person = batch.rows.get().person
    assert (serving(person, TODAY), serving(person, LATER.date())) == ([(units.p1_a.pk, "Chuyên viên")], [])


def test_whoever_left_by_a_roster_comes_back_with_it(manager_p1, units, crew):
    batch = write(stage(manager_p1, units.p1, *rows_of(crew[:4]), sync=Sync.NAMED), manager_p1)
    take_back(batch, manager_p1)
    assert (crew[4].appointments.get().ends_on, RosterLeaver.objects.get().undo_left) == (None, [])


def test_after_seven_days_it_stays(manager_p1, units, time_machine):
    batch = write(stage(manager_p1, units.p1, HOA), manager_p1)
    almost = AT + dt.timedelta(days=6, hours=23)
    assert (roster_undo.may_undo(batch, almost), roster_undo.may_undo(batch, AT + dt.timedelta(days=7, minutes=1))) == (
        True,
        False,
    )
    assert not roster_undo.start(batch=batch, by=manager_p1, at=AT + dt.timedelta(days=7, minutes=1), reason="x")


def test_strangers_take_nothing_back(manager_p1, manager_p2, officer_p1, units):
    batch = write(stage(manager_p1, units.p1, HOA), manager_p1)
    for person in (manager_p2, officer_p1):
        with pytest.raises(services.NotAllowedError):
            roster_undo.start(batch=batch, by=person, at=AT, reason="x")


def test_what_is_known_of_a_page_comes_back(manager_p1, units):
    from lms.fanpages.models import PageRecord

    head = [
        "Họ và tên",
        "Ngày sinh",
        "Điện thoại",
        "Email",
        "Chức vụ",
        "Nhiệm vụ Trang",
        "Đơn vị",
        "Từ ngày",
        "Trang cộng đồng",
    ]
    data = as_csv([*HOA, "Chưa"], head=head)
    batch = services.stage(data=data, file_name="x", unit=units.p1, by=manager_p1, at=AT)
    write(batch, manager_p1)
    assert PageRecord.objects.standing().filter(unit=units.p1_a).count() == 1
    take_back(batch, manager_p1)
    assert PageRecord.objects.standing().filter(unit=units.p1_a).count() == 0


# --- Reading in the background ----------------------------------------------------------------------


def test_a_received_file_is_read_by_the_worker_once_and_then_erased(manager_p1, units):
    from lms.core.storage import private_storage

    batch = services.receive(data=as_csv(ANH, HOA), file_name="x", unit=units.p1, by=manager_p1, at=AT)
    stored = batch.stored
    assert (batch.state, private_storage().exists(stored), RosterRow.objects.count()) == (BatchState.READING, True, 0)
    assert (services.read(batch_id=batch.pk, at=AT), services.read(batch_id=batch.pk, at=AT)) == (True, False)
    batch.refresh_from_db()
    assert (batch.state, batch.stored, batch.rows_read, queries.counts(batch).new) == (BatchState.STAGED, "", 2, 2)
    assert not private_storage().exists(stored)


def test_a_file_that_cannot_be_read_says_why_and_is_erased(manager_p1, units):
    batch = services.receive(data=b"PK\x03\x04", file_name="x", unit=units.p1, by=manager_p1, at=AT)
    services.read(batch_id=batch.pk, at=AT)
    batch.refresh_from_db()
    assert (batch.state, batch.fault, batch.stored) == (BatchState.FAILED, "broken", "")
    assert batch.fault_sentence


def test_what_a_dead_reader_left_is_read_anew(manager_p1, units, monkeypatch):
    batch = services.receive(data=as_csv(ANH, HOA), file_name="x", unit=units.p1, by=manager_p1, at=AT)
    monkeypatch.setattr(services, "STAGE_AT_ONCE", 1)
    monkeypatch.setattr(services, "_refuse_without_units", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        services.read(batch_id=batch.pk, at=AT)
    monkeypatch.undo()
    assert (RosterRow.objects.count(), services.read(batch_id=batch.pk, at=AT)) == (2, False)
    assert services.read(batch_id=batch.pk, at=AT + dt.timedelta(minutes=6)) is True
    assert (RosterRow.objects.count(), RosterBatch.objects.get().state) == (2, BatchState.STAGED)


def test_a_roster_that_is_dropped_while_it_is_read_leaves_nothing(manager_p1, units, monkeypatch):
    batch = services.receive(data=as_csv(ANH, HOA), file_name="x", unit=units.p1, by=manager_p1, at=AT)
    real = services._show

    def drop(*args):
        services.cancel(batch=batch)
        real(*args)

    monkeypatch.setattr(services, "_show", drop)
    services.read(batch_id=batch.pk, at=AT)
    services.take_up()
    assert (RosterBatch.objects.get().state, RosterRow.objects.count()) == (BatchState.CANCELLED, 0)
