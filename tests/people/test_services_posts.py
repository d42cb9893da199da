"""Rosters with several rows of one person: further posts, acting, decision numbers and last days."""

import datetime as dt

import pytest

from lms.accounts.models import User
from lms.people import queries
from lms.people.enums import Outcome, Refusal, Sync
from lms.people.models import RosterBatch
from lms.people.queries import BatchCounts
from lms.people.services import roster_answers, roster_undo
from lms.people.services import rosters as services
from lms.units.models import Appointment
from tests.people.conftest import as_csv

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
SINCE = dt.date(2025, 7, 1)
COLUMNS = {
    "name": "Họ và tên", "born": "Ngày sinh", "phone": "Điện thoại", "position": "Chức vụ", "unit": "Đơn vị",
    "starts": "Từ ngày", "kind": "Loại chức vụ", "acting": "Quyền, phụ trách", "last": "Đến ngày",
    "decision": "Số quyết định", "duty": "Nhiệm vụ Trang", "email": "Email",
}  # fmt: skip
ANH = {"name": "Đặng Thị Ánh", "born": "05/08/1985", "phone": "0912 345 678"}
MAIN = {**ANH, "position": "Phó Chủ tịch", "unit": "Xã Vạn Yên"}
FURTHER = {**ANH, "position": "Ủy viên", "unit": "Phường Hạ Long", "kind": "Kiêm nhiệm"}


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(AT)


def stage(by, unit, *rows, columns=tuple(COLUMNS), **options):
    table = [[row.get(column, "") for column in columns] for row in rows]
    data = as_csv(*table, head=[COLUMNS[column] for column in columns])
    return services.stage(data=data, file_name="ds.csv", unit=unit, by=by, at=AT, **options)


def write(batch, by):
    assert services.confirm(batch=batch, by=by, at=AT)
    services.write(batch_id=batch.pk, at=AT)
    batch.refresh_from_db()
    return batch


def outcomes(batch):
    return [(row.number, row.outcome, row.refusal) for row in batch.rows.order_by("number")]


def posts(name=ANH["name"]):
    held = Appointment.objects.filter(person__full_name=name).order_by("pk")
    return [
        (post.position, post.unit.name_on(TODAY) if hasattr(post.unit, "name_on") else str(post.unit), post.is_primary,
         post.is_acting, post.starts_on, post.ends_on, post.decision)
        for post in held
    ]  # fmt: skip


def serving(units, unit=None, *, further=(), **fields):
    person = User.objects.create(
        username="anh", full_name=ANH["name"], born_on=dt.date(1985, 8, 5), birth_year=1985, phone="+84912345678"
    )
    unit = unit or units.p1_a
    Appointment.objects.create(
        **{"person": person, "unit": unit, "position": "Phó Chủ tịch", "starts_on": SINCE, **fields}
    )
    for other, position in further:
        Appointment.objects.create(
            person=person, unit=other, position=position, is_primary=False, starts_on=SINCE
        )  # fmt: skip
    return person


# --- People who are new -----------------------------------------------------------------------------


@pytest.mark.parametrize("told", [ANH, {**ANH, "phone": ""}, {"name": ANH["name"], "phone": ANH["phone"]}])
def test_a_new_person_comes_with_all_posts_by_phone_or_by_name_and_birth(manager_p1, units, told):
    empty = {"born": "", "phone": ""}
    batch = stage(
        manager_p1, units.p1,
        {**MAIN, **empty, **told, "decision": "12/QĐ-MTTQ", "starts": "01/07/2026"},
        {**FURTHER, **empty, **told, "acting": "Có", "last": "31/12/2026"},
        {**FURTHER, **empty, **told, "position": "Trưởng ban", "unit": "Xã Vạn Yên"},
    )  # fmt: skip
    assert outcomes(batch) == [(2, "new", ""), (3, "changed", ""), (4, "changed", "")]
    write(batch, manager_p1)
    assert posts() == [
        ("Phó Chủ tịch", str(units.p1_a), True, False, dt.date(2026, 7, 1), None, "12/QĐ-MTTQ"),
        ("Ủy viên", str(units.p1_b), False, True, TODAY, dt.date(2027, 1, 1), ""),
        ("Trưởng ban", str(units.p1_a), False, False, TODAY, None, ""),
    ]
    assert User.objects.filter(full_name=ANH["name"]).count() == 1
    assert [person.full_name for person in queries.new_people(batch)] == [ANH["name"]]


def test_a_new_person_whose_main_post_begins_later_has_the_further_one_too(manager_p1, units):
    batch = stage(manager_p1, units.p1, {**MAIN, "starts": "01/01/2027"}, {**FURTHER, "starts": "01/02/2027"})
    write(batch, manager_p1)
    assert [(post[0], post[4]) for post in posts()] == [
        ("Phó Chủ tịch", dt.date(2027, 1, 1)),
        ("Ủy viên", dt.date(2027, 2, 1)),
    ]


def test_main_and_further_posts_far_apart_in_a_long_file_meet(manager_p1, units):
    many = [
        {"name": f"Người {number}", "born": "1980", "position": "Ủy viên", "unit": "Xã Vạn Yên"} for number in range(60)
    ]
    for number, row in enumerate(many):
        row["name"] = "Vi Văn " + "ABCDEFGHIK"[number // 10] + "abcdefghik"[number % 10]
    batch = stage(manager_p1, units.p1, {**MAIN, "phone": ""}, *many, {**FURTHER, "phone": ""})
    write(batch, manager_p1)
    assert [post[0] for post in posts()] == ["Phó Chủ tịch", "Ủy viên"]


def test_the_same_file_with_further_posts_twice_is_no_change(manager_p1, units):
    rows = [{**MAIN, "decision": "1/QĐ", "last": "31/12/2027"}, {**FURTHER, "acting": "x", "decision": "2/QĐ"}]
    write(stage(manager_p1, units.p1, *rows), manager_p1)
    before = posts()
    assert queries.counts(stage(manager_p1, units.p1, *rows)) == BatchCounts(unchanged=2)
    assert posts() == before


def test_a_further_post_of_nobody_known_waits_for_the_main_one(manager_p1, units):
    assert outcomes(stage(manager_p1, units.p1, FURTHER, MAIN)) == [(2, "refused", Refusal.ALONE), (3, "new", "")]


def test_two_people_of_one_name_and_birth_are_told_apart_by_phone(manager_p1, units):
    first, second = {**MAIN, "unit": "Xã Vạn Yên"}, {**MAIN, "phone": "0983 111 222", "unit": "Phường Hạ Long"}
    further = {**FURTHER, "position": "Trưởng ban"}
    batch = stage(manager_p1, units.p1, first, second, {**further, "phone": ""}, further)
    assert outcomes(batch)[2:] == [(4, "refused", Refusal.SEVERAL_ABOVE), (5, "changed", "")]
    write(batch, manager_p1)
    held = Appointment.objects.get(position="Trưởng ban")
    assert held.person.phone == "+84912345678"


def test_a_phone_of_another_row_with_another_name_gives_nobody_a_further_post(manager_p1, units):
    batch = stage(manager_p1, units.p1, MAIN, {**FURTHER, "name": "Lê Văn Bình"})
    assert outcomes(batch) == [(2, "new", ""), (3, "refused", Refusal.OTHER_NAME)]


# --- People who are known ---------------------------------------------------------------------------


def test_a_known_person_gets_a_further_post_and_keeps_the_main_one(manager_p1, units):
    serving(units)
    batch = stage(manager_p1, units.p1, FURTHER)
    assert [(row.outcome, row.changes) for row in batch.rows.all()] == [
        ("changed", {"further": ["", f"Ủy viên, {units.p1_b}"]})
    ]
    write(batch, manager_p1)
    assert [(post[0], post[2], post[5]) for post in posts()] == [("Phó Chủ tịch", True, None), ("Ủy viên", False, None)]


def test_a_further_row_changes_nothing_of_the_account(manager_p1, units):
    person = serving(units)
    batch = stage(manager_p1, units.p1, {**FURTHER, "born": "05/08/1986"})
    assert [list(row.changes) for row in batch.rows.all()] == [["further"]]
    write(batch, manager_p1)
    person.refresh_from_db()
    assert person.born_on == dt.date(1985, 8, 5)


def test_the_same_further_post_twice_in_a_file_counts_once(manager_p1, units):
    serving(units, further=[(units.p1_b, "Ủy viên")])
    batch = stage(manager_p1, units.p1, MAIN, FURTHER, FURTHER, {**FURTHER, "position": "Thư ký"},
                  {**FURTHER, "position": "Thư ký"})  # fmt: skip
    assert outcomes(batch) == [
        (2, "unchanged", ""), (3, "unchanged", ""), (4, "refused", Refusal.TWICE_IN_FILE), (5, "changed", ""),
        (6, "refused", Refusal.TWICE_IN_FILE),
    ]  # fmt: skip


def test_the_main_post_said_to_be_a_further_one_is_refused(manager_p1, units):
    serving(units)
    assert outcomes(stage(manager_p1, units.p1, {**MAIN, "kind": "Kiêm nhiệm"})) == [(2, "refused", Refusal.IS_MAIN)]


def test_a_further_post_is_changed_where_it_stands(manager_p1, units):
    serving(units, further=[(units.p1_b, "Ủy viên")])
    row = {**FURTHER, "acting": "Có", "last": "31/12/2026", "decision": "9/QĐ", "duty": "Phụ trách Trang"}
    batch = stage(manager_p1, units.p1, row)
    assert batch.rows.get().changes == {
        "page_duty": ["Không", "Phụ trách Trang"],
        "is_acting": ["Không", "Có"],
        "last_day": ["", "31/12/2026"],
        "decision": ["", "9/QĐ"],
    }
    write(batch, manager_p1)
    assert posts()[1] == ("Ủy viên", str(units.p1_b), False, True, SINCE, dt.date(2027, 1, 1), "9/QĐ")


def test_a_decision_number_and_a_last_day_are_added_to_the_post_of_today(manager_p1, units):
    serving(units)
    write(stage(manager_p1, units.p1, {**MAIN, "decision": "9/QĐ", "last": "31/12/2026"}), manager_p1)
    assert posts() == [("Phó Chủ tịch", str(units.p1_a), True, False, SINCE, dt.date(2027, 1, 1), "9/QĐ")]


TOLD = {"decision": "12/QĐ-MTTQ", "ends_on": dt.date(2027, 1, 1), "page_duty": "officer"}


def well_told(units, **fields):
    """The main post of somebody of whom everything is told that a roster can take away again."""
    person = serving(units, **{**TOLD, **fields})
    User.objects.filter(pk=person.pk).update(email="anh@mattran.vn")
    return person.appointments.select_related("person").get(is_primary=True)


def standing(post):
    post = Appointment.objects.select_related("person").get(pk=post.pk)
    return post.person.email, post.ends_on, post.decision, post.page_duty


@pytest.mark.parametrize("mark", ["xóa", "Xoá", "XÓA", " (xoa) ", "xo\u0301a."])
def test_the_mark_takes_away_what_stands_there_and_taking_back_brings_it_again(manager_p1, units, mark):
    post = well_told(units)
    before = standing(post)
    row = {**MAIN, "email": mark, "last": mark, "decision": mark, "duty": mark, "starts": "01/07/2025"}
    batch = stage(manager_p1, units.p1, row)
    assert batch.rows.get().changes == {
        "email": ["anh@mattran.vn", ""], "last_day": ["31/12/2026", ""], "decision": ["12/QĐ-MTTQ", ""],
        "page_duty": ["Phụ trách Trang", "Không"],
    }  # fmt: skip
    write(batch, manager_p1)
    assert (standing(post), len(posts())) == (("", None, "", ""), 1)
    again = stage(manager_p1, units.p1, row)
    assert again.rows.get().outcome == Outcome.UNCHANGED
    verdict = roster_undo.judge_rows(batch, list(batch.rows.all()))[0]
    told = {change.words["field"]: change.words["before"] for change in verdict.changes if "field" in change.words}
    assert told == {"email": "anh@mattran.vn", "decision": "12/QĐ-MTTQ", "last_day": "31/12/2026"}
    undone(batch, manager_p1)
    assert standing(post) == before


@pytest.mark.parametrize("cell", ["", " "])
def test_an_empty_cell_takes_nothing_away(manager_p1, units, cell):
    well_told(units)
    batch = stage(manager_p1, units.p1, {**MAIN, "email": cell, "last": cell, "decision": cell, "duty": cell})
    assert (batch.rows.get().outcome, batch.rows.get().changes) == (Outcome.UNCHANGED, {})


def test_words_that_only_begin_like_the_mark_are_a_decision(manager_p1, units):
    post = well_told(units)
    write(stage(manager_p1, units.p1, {**MAIN, "decision": "Xóa số 12/QĐ"}), manager_p1)
    assert standing(post)[2] == "Xóa số 12/QĐ"


def test_the_mark_is_a_name_and_a_position_where_those_stand(manager_p1, units):
    write(stage(manager_p1, units.p1, {**MAIN, "name": "Xóa", "position": "Xoá"}), manager_p1)
    assert [post[0] for post in posts("Xóa")] == ["Xoá"]


@pytest.mark.parametrize("column", ["phone", "born", "starts"])
def test_the_mark_where_nothing_can_be_taken_away_is_refused(manager_p1, units, column):
    well_told(units)
    batch = stage(manager_p1, units.p1, {**MAIN, column: "xóa"})
    assert (batch.rows.get().outcome, batch.rows.get().changes) == (Outcome.REFUSED, {})


def test_the_mark_alone_tells_nobody_apart(manager_p1, units):
    well_told(units)
    batch = stage(manager_p1, units.p1, {**MAIN, "phone": "", "born": "", "email": "xóa"})
    assert outcomes(batch) == [(2, Outcome.REFUSED, Refusal.NOTHING_TO_TELL_APART)]


def test_a_new_person_has_nothing_to_be_taken_away(manager_p1, units):
    batch = write(stage(manager_p1, units.p1, {**MAIN, "email": "xóa", "last": "xóa", "decision": "xóa"}), manager_p1)
    assert (batch.rows.get().outcome, User.objects.get(full_name=ANH["name"]).email) == (Outcome.NEW, "")
    assert posts() == [("Phó Chủ tịch", "Xã Vạn Yên", True, False, TODAY, None, "")]


def test_a_later_first_day_with_the_mark_corrects_the_post_that_stands(manager_p1, units):
    post = well_told(units)
    write(stage(manager_p1, units.p1, {**MAIN, "decision": "xóa", "starts": "01/12/2026"}), manager_p1)
    assert (standing(post)[1:3], len(posts())) == ((dt.date(2027, 1, 1), ""), 1)


def test_the_last_day_before_another_main_post_cannot_be_taken_away(manager_p1, units):
    post = well_told(units)
    Appointment.objects.create(
        person=post.person, unit=units.p1_b, position="Chuyên viên", starts_on=dt.date(2027, 1, 1)
    )
    for last, problem in {"xóa": Refusal.LATER_MAIN, "01/01/2027": Refusal.LATER_MAIN, "31/12/2026": ""}.items():
        row = stage(manager_p1, units.p1, {**MAIN, "last": last}).rows.get()
        assert (row.refusal, not problem or "01/01/2027" in row.sentence) == (problem, True)


def test_the_mark_in_a_further_row_takes_away_of_that_post_alone(manager_p1, units):
    main = well_told(units, further=[(units.p1_b, "Ủy viên")])
    other = Appointment.objects.get(position="Ủy viên")
    Appointment.objects.filter(pk=other.pk).update(decision="13/QĐ")
    write(stage(manager_p1, units.p1, {**FURTHER, "decision": "xóa", "email": "xóa"}), manager_p1)
    assert (standing(other)[2], standing(main)[2], main.person.email) == ("", "12/QĐ-MTTQ", "anh@mattran.vn")


def test_the_e_mail_of_who_has_rights_over_others_is_not_taken_away(manager_p1, units):
    post = well_told(units)
    User.objects.filter(pk=post.person_id).update(is_superuser=True)
    batch = stage(manager_p1, units.p1, {**MAIN, "email": "xóa"})
    assert outcomes(batch) == [(2, Outcome.REFUSED, Refusal.STAFF)]


def test_a_mark_in_a_doubtful_row_counts_once_it_is_decided(manager_p1, units):
    post = well_told(units)
    batch = stage(manager_p1, units.p1, {**MAIN, "name": "Trần Thị Hoa", "email": "xóa", "decision": "xóa"})
    row = batch.rows.get()
    assert (row.outcome, row.original["email"]) == (Outcome.CONFLICT, "xóa")
    said = {"row_id": row.pk, "answer": "person", "person_id": post.person_id}
    assert roster_answers.answer_row(batch=batch, by=manager_p1, at=AT, **said)
    write(batch, manager_p1)
    assert (standing(post)[0], standing(post)[2]) == ("", "")


def test_who_is_appointed_after_acting_has_two_posts_one_after_the_other(manager_p1, units):
    serving(units, is_acting=True)
    row = {**MAIN, "acting": "Không", "starts": "01/11/2026", "decision": "10/QĐ"}
    write(stage(manager_p1, units.p1, row), manager_p1)
    first = dt.date(2026, 11, 1)
    assert posts() == [
        ("Phó Chủ tịch", str(units.p1_a), True, True, SINCE, first, ""),
        ("Phó Chủ tịch", str(units.p1_a), True, False, first, None, "10/QĐ"),
    ]


def test_files_without_the_new_columns_change_none_of_what_they_say(manager_p1, units):
    serving(
        units, further=[(units.p1_b, "Ủy viên")], is_acting=True, ends_on=dt.date(2027, 1, 1), decision="12/QĐ"
    )  # fmt: skip
    before = posts()
    old = ("name", "born", "phone", "position", "unit", "starts")
    assert queries.counts(stage(manager_p1, units.p1, MAIN, columns=old)) == BatchCounts(unchanged=1)
    # As ever: a second row of the same person is refused where nothing says that it is a further post.
    batch = stage(manager_p1, units.p1, MAIN, {**FURTHER, "kind": ""}, columns=old)
    assert outcomes(batch) == [(2, "unchanged", ""), (3, "refused", Refusal.TWICE_IN_FILE)]
    assert posts() == before


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        ({"kind": "phụ"}, Refusal.BAD_KIND),
        ({"acting": "có lẽ"}, Refusal.BAD_ACTING),
        ({"last": "22/11/2026"}, Refusal.LAST_DAY_OVER),
        ({"last": "31/12/2026", "starts": "01/01/2027"}, Refusal.LAST_DAY_BEFORE),
        ({"last": "chưa biết"}, Refusal.BAD_DATE),
        ({"decision": "x" * 101}, Refusal.CELL_TOO_LONG),
        ({"kind": "Kiêm nhiệm", "position": ""}, Refusal.NO_POSITION),
    ],
)
def test_what_a_post_cannot_be_is_refused_with_a_sentence(manager_p1, units, cells, key):
    serving(units)
    batch = stage(manager_p1, units.p1, {**MAIN, **cells})
    assert outcomes(batch) == [(2, "refused", key)]
    assert "%(" not in batch.rows.get().sentence


# --- Doubtful main rows -----------------------------------------------------------------------------


def test_a_further_post_waits_with_its_doubtful_main_row_and_follows_the_answer(manager_p1, units):
    someone = User.objects.create(username="a2", full_name="Đặng Thị Anh", birth_year=1985)
    Appointment.objects.create(person=someone, unit=units.p1_a, position="Chuyên viên", starts_on=SINCE)
    batch = stage(manager_p1, units.p1, MAIN, FURTHER)
    assert outcomes(batch) == [(2, "conflict", Refusal.LOOKS_LIKE), (3, "refused", Refusal.MAIN_OUT)]
    row = batch.rows.get(number=2)
    assert roster_answers.answer_row(batch=batch, row_id=row.pk, answer="new", by=manager_p1, at=AT)
    assert outcomes(batch) == [(2, "new", ""), (3, "changed", "")]
    write(batch, manager_p1)
    assert [post[0] for post in posts()] == ["Phó Chủ tịch", "Ủy viên"]
    assert someone.appointments.count() == 1


def test_an_answer_that_leaves_the_main_row_out_leaves_the_further_one_out(manager_p1, units):
    someone = User.objects.create(username="a2", full_name="Đặng Thị Anh", birth_year=1985)
    Appointment.objects.create(person=someone, unit=units.p1_a, position="Chuyên viên", starts_on=SINCE)
    batch = stage(manager_p1, units.p1, MAIN, FURTHER)
    row = batch.rows.get(number=2)
    assert roster_answers.answer_row(batch=batch, row_id=row.pk, answer="out", by=manager_p1, at=AT)
    assert [row.outcome for row in batch.rows.all()] == [Outcome.REFUSED, Outcome.REFUSED]


# --- Full lists and taking back ---------------------------------------------------------------------


def test_a_full_list_without_the_further_posts_ends_none_of_them(manager_p1, units):
    serving(units, further=[(units.p1_b, "Ủy viên")])
    batch = stage(manager_p1, units.p1, MAIN, sync=Sync.ALL)
    assert not batch.leavers.filter(appointment__person__full_name=ANH["name"]).exists()


def undone(batch, by):
    assert roster_undo.start(batch=batch, by=by, at=AT, reason="Nhầm tệp")
    roster_undo.take_back(batch_id=batch.pk)
    return [row.undo_left for row in RosterBatch.objects.get(pk=batch.pk).rows.order_by("number")]


def test_taking_back_takes_the_further_posts_of_a_new_person_and_closes_the_account(manager_p1, units):
    batch = write(stage(manager_p1, units.p1, MAIN, {**FURTHER, "last": "31/12/2026"}), manager_p1)
    assert undone(batch, manager_p1) == [[], []]
    assert posts() == []
    assert not User.objects.get(full_name=ANH["name"]).is_active


def test_taking_back_puts_acting_decision_and_last_day_back(manager_p1, units):
    serving(units, further=[(units.p1_b, "Ủy viên")], decision="1/QĐ", ends_on=dt.date(2028, 1, 1))
    before = posts()
    batch = write(
        stage(manager_p1, units.p1, {**MAIN, "decision": "2/QĐ", "last": "31/12/2026"}, {**FURTHER, "acting": "Có"}),
        manager_p1,
    )
    assert posts() != before
    assert undone(batch, manager_p1) == [[], []]
    assert posts() == before


def test_a_further_post_that_was_changed_since_stays_and_keeps_the_account_open(manager_p1, units):
    batch = write(stage(manager_p1, units.p1, MAIN, FURTHER), manager_p1)
    Appointment.objects.filter(position="Ủy viên").update(ends_on=dt.date(2027, 1, 1))
    left = undone(batch, manager_p1)
    assert [kept[0][0] for kept in left if kept] != []
    assert Appointment.objects.filter(position="Ủy viên").exists()


# --- The same answer for many rows ------------------------------------------------------------------


def many_doubtful(manager, units, number=5):
    """Rows each of whom looks like one person who serves there."""
    names = [f"Vi Văn {letter}" for letter in "ABCDEGHIKL"[:number]]
    for name in names:
        person = User.objects.create(username=name[-1].lower(), full_name=name, birth_year=1985)
        Appointment.objects.create(person=person, unit=units.p1_a, position="Chuyên viên", starts_on=SINCE)
    rows = [
        {"name": name, "born": "05/08/1985", "phone": f"0912 345 0{place:02}", "position": "Chuyên viên",
         "unit": "Xã Vạn Yên"}
        for place, name in enumerate(names)
    ]  # fmt: skip
    return stage(manager, units.p1, *rows)


@pytest.mark.parametrize(("answer", "outcome"), [("person", "changed"), ("new", "new"), ("out", "refused")])
def test_one_answer_counts_for_all_rows_of_a_kind_and_a_second_time_for_none(manager_p1, units, answer, outcome):
    batch = many_doubtful(manager_p1, units)
    assert {row.refusal for row in batch.rows.all()} == {Refusal.LOOKS_LIKE}
    said = {"batch": batch, "refusal": Refusal.LOOKS_LIKE, "answer": answer, "by": manager_p1, "at": AT}
    assert roster_answers.answer_kind(**said, at_most=3) == (3, 2)
    assert roster_answers.answer_kind(**said, at_most=3) == (2, 0)
    assert roster_answers.answer_kind(**said, at_most=3) == (0, 0)
    assert [row.outcome for row in batch.rows.all()] == [outcome] * 5


def test_rows_that_mean_several_people_are_not_answered_as_one(manager_p1, units):
    batch = many_doubtful(manager_p1, units, 2)
    other = User.objects.create(username="x2", full_name="Vi Văn A", birth_year=1985)
    Appointment.objects.create(person=other, unit=units.p1_a, position="Chuyên viên", starts_on=SINCE)
    batch = stage(
        manager_p1, units.p1,
        *[{"name": name, "born": "05/08/1985", "position": "Chuyên viên", "unit": "Xã Vạn Yên"}
          for name in ("Vi Văn A", "Vi Văn B")],
    )  # fmt: skip
    said = {"batch": batch, "refusal": Refusal.LOOKS_LIKE, "answer": "person", "by": manager_p1, "at": AT}
    assert roster_answers.answer_kind(**said, at_most=99) == (1, 0)
    assert outcomes(batch) == [(2, "conflict", Refusal.LOOKS_LIKE), (3, "changed", "")]


def test_who_may_bring_in_nobody_here_answers_for_no_row(client, manager_p1, manager_p2, units):
    batch = many_doubtful(manager_p1, units, 2)
    client.force_login(manager_p2)
    answer = client.post(f"/units/roster/{batch.pk}/doubts/kind/", {"kind": "looks_like", "answer": "out"})
    assert answer.status_code == 404
    assert {row.outcome for row in batch.rows.all()} == {Outcome.CONFLICT}


def test_the_page_of_four_hundred_doubtful_rows_shows_twenty_and_how_many_are_decided(client, manager_p1, units):
    batch = many_doubtful(manager_p1, units, 10)
    first = batch.rows.first()
    extra = [
        type(first)(batch=batch, number=100 + number, full_name="Vi Văn A", unit=first.unit, outcome=Outcome.CONFLICT,
                    refusal=Refusal.LOOKS_LIKE, candidates=first.candidates)
        for number in range(390)
    ]  # fmt: skip
    type(first).objects.bulk_create(extra)
    client.force_login(manager_p1)
    page = client.get(f"/units/roster/{batch.pk}/doubts/?page=3")
    assert (len(page.context["doubts"]), page.context["decided"]) == (20, 0)
    assert [(kind.refusal, kind.rows) for kind in page.context["kinds"]] == [("looks_like", 400)]
    answer = client.post(f"/units/roster/{batch.pk}/doubts/kind/", {"kind": "looks_like", "answer": "out"})
    assert answer.status_code == 302
    page = client.get(f"/units/roster/{batch.pk}/doubts/")
    assert page.context["decided"] == 300
    one = {"row": page.context["doubts"][0].row.pk, "answer": "out", "page": "2"}
    back = client.post(f"/units/roster/{batch.pk}/doubts/row/", one).url
    assert back == f"/units/roster/{batch.pk}/doubts/?page=2#row-{one['row']}"
