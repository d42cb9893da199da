"""The chain over the log: whatever somebody does to it past the application is found."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.models import ModelLogEntry, Page, PageLogEntry

from lms.core import audit, origin, trace, triggers
from lms.core.models import EntryKind, TraceAnchor, TraceHead, TraceLink, TraceSalt
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def laid(officer_p1, manager_p1):
    """Five sealed entries, one of them the CMS's own about a page."""
    for number in range(4):
        audit.record("people.new_code", officer_p1, actor=manager_p1, reason=f"lần {number}", unit=1, path="0001")
    root = Page.objects.get(depth=1)
    PageLogEntry.objects.log_action(root, "wagtail.edit", user=manager_p1)
    assert trace.seal(at=NOON) == 5
    return list(TraceLink.objects.all())


@pytest.fixture
def unguarded():
    """As somebody who has the database itself: the triggers are off."""
    with connection.cursor() as cursor:
        for trigger in triggers.registered():
            if trigger.name.startswith(("trace_", "modellogentry_", "pagelogentry_")):
                on = f" ON {trigger.table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name}{on}")
    yield
    triggers.create_all()


def found(at=None, **options):
    return [
        (finding.key, finding.seq) for finding in trace.verify(walked=trace.Walked(), at=at or NOON + MINUTE, **options)
    ]


def test_an_untouched_chain_is_whole(laid):
    assert found() == []
    assert [link.seq for link in laid] == [1, 2, 3, 4, 5]
    assert [link.previous for link in laid] == ["", *(link.hash for link in laid[:-1])]
    assert {link.kind for link in laid} == {"model", "page"}
    assert laid[0].model == "accounts.user"
    assert TraceSalt.objects.count() == 5


def test_sealing_again_adds_nothing_and_writes_nothing(laid, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert trace.seal(at=NOON) == 0
    assert TraceLink.objects.count() == 5


def test_an_ordinary_write_asks_the_chain_nothing(laid, officer_p1):
    with CaptureQueriesContext(connection) as asked:
        audit.record("people.new_code", officer_p1, actor=officer_p1)
    assert [query["sql"] for query in asked if "core_trace" in query["sql"]] == []


def test_many_entries_are_sealed_in_several_batches_in_order(officer_p1, monkeypatch):
    monkeypatch.setattr(trace, "BATCH", 3)
    for _ in range(8):
        audit.record("people.new_code", officer_p1, actor=None)
    assert trace.seal(at=NOON, batches=2) == 6
    assert trace.seal(at=NOON) == 2
    assert list(TraceLink.objects.values_list("entry", flat=True)) == sorted(
        ModelLogEntry.objects.values_list("pk", flat=True)
    )
    assert found() == []


def test_an_entry_committed_late_with_an_old_number_is_sealed_once_a_day(laid, officer_p1, monkeypatch):
    audit.record("people.new_code", officer_p1, actor=None)
    TraceHead.objects.update(seen={"model": 10**9, "page": 10**9})
    assert trace.seal(at=NOON) == 0
    assert trace.seal(at=NOON, everything=True) == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda: ModelLogEntry.objects.all().delete(),
        lambda: PageLogEntry.objects.all().delete(),
        lambda: ModelLogEntry.objects.update(user=None),
        lambda: ModelLogEntry.objects.update(action="people.reset_staff"),
        lambda: ModelLogEntry.objects.update(object_id="7"),
        lambda: ModelLogEntry.objects.update(timestamp=NOON),
        lambda: ModelLogEntry.objects.update(label="Ai đó"),
        lambda: ModelLogEntry.objects.update(data={"reason": "khác"}),
        lambda: PageLogEntry.objects.update(page_id=7),
        lambda: PageLogEntry.objects.update(deleted=True),
        lambda: TraceLink.objects.all()._raw_delete("default"),
        lambda: TraceLink.objects.update(digest="0" * 64),
        lambda: TraceSalt.objects.update(salt="0"),
        lambda: TraceLink.objects.create(
            seq=6, kind="model", entry=10**6, at=NOON, frame="0", digest="0", previous="f" * 64, hash="e" * 64,
            sealed_at=NOON,
        ),
        lambda: TraceLink.objects.create(
            seq=9, kind="model", entry=10**6, at=NOON, frame="0", digest="0",
            previous=TraceLink.objects.get(seq=5).hash, hash="e" * 64, sealed_at=NOON,
        ),
    ],
)  # fmt: skip
def test_the_database_refuses_to_rewrite_the_log(laid, write):
    with pytest.raises(DatabaseError), transaction.atomic():
        write()
    assert found() == []


def test_anchors_are_not_rewritten(laid):
    trace.anchor(dt.date(2026, 11, 23), at=NOON)
    for write in (lambda: TraceAnchor.objects.update(hash="0"), TraceAnchor.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            write()


# --- Past the triggers ------------------------------------------------------------------------------


def test_a_changed_entry_is_found(laid, unguarded):
    link = laid[1]
    ModelLogEntry.objects.filter(pk=link.entry).update(data={"reason": "khác"})
    assert found() == [("changed", link.seq)]


@pytest.mark.parametrize(
    "change",
    [{"user": None}, {"action": "people.issue_codes"}, {"object_id": "7"}, {"label": "x"}, {"timestamp": NOON}],
)
def test_who_what_and_when_are_sealed_too(laid, unguarded, change):
    link = laid[2]
    ModelLogEntry.objects.filter(pk=link.entry).update(**change)
    assert found() == [("changed", link.seq)]


def test_a_missing_entry_is_found(laid, unguarded):
    ModelLogEntry.objects.filter(pk=laid[1].entry)._raw_delete("default")
    assert found() == [("missing", 2)]


def test_a_missing_link_is_a_gap(laid, unguarded):
    TraceSalt.objects.filter(link=3).delete()
    TraceLink.objects.filter(seq=3)._raw_delete("default")
    assert found() == [("gap", 3)]
    assert ("unsealed", 0) in found(at=NOON + dt.timedelta(days=400))


def test_the_last_link_cannot_be_cut_off_unseen(laid, unguarded, officer_p1):
    TraceSalt.objects.filter(link=5).delete()
    TraceLink.objects.filter(seq=5)._raw_delete("default")
    assert found() == [("cut", 5)]
    # Sealing goes on, and the chain itself keeps for ever that its end was cut.
    trace.seal(at=NOON)
    trace.seal(at=NOON)
    assert TraceLink.objects.count() > 5
    assert [key for key, _ in found()] == ["cut"]
    assert ModelLogEntry.objects.filter(action=trace.BROKEN).count() == 1


def test_who_cuts_the_end_and_the_head_too_is_betrayed_by_the_anchor_noted_outside(laid, unguarded):
    noted = trace.anchor(dt.date(2026, 11, 23), at=NOON).hash
    TraceAnchor.objects.all()._raw_delete("default")
    TraceSalt.objects.filter(link=5).delete()
    TraceLink.objects.filter(seq=5)._raw_delete("default")
    TraceHead.objects.update(seq=4, hash=laid[3].hash)
    trace.seal(at=NOON + MINUTE)
    assert found() == []
    assert found(noted=noted) == [("anchor", 0)]


def test_an_anchor_in_the_database_betrays_a_chain_that_was_laid_anew(laid, unguarded):
    trace.anchor(dt.date(2026, 11, 23), at=NOON)
    TraceSalt.objects.all().delete()
    TraceLink.objects.all()._raw_delete("default")
    TraceHead.objects.update(seq=0, hash="", seen={})
    ModelLogEntry.objects.filter(pk=laid[0].entry).update(label="Ai đó")
    assert trace.seal(at=NOON) == 5
    assert found() == [("anchor", 5)]


def test_two_links_that_changed_places_are_found(laid, unguarded):
    TraceSalt.objects.filter(link__in=(2, 3)).delete()
    for old, new in ((2, 99), (3, 2), (99, 3)):
        TraceLink.objects.filter(seq=old).update(seq=new)
    keys = {key for key, _ in found()}
    assert {"broken", "forged"} <= keys


def test_a_forged_link_is_found(laid, unguarded, officer_p1):
    audit.record("people.new_code", officer_p1, actor=None)
    entry = ModelLogEntry.objects.latest("pk")
    link = TraceLink(
        seq=6, kind="model", entry=entry.pk, model="accounts.user", at=entry.timestamp, digest="0" * 64,
        frame=trace.frame_of("model", "accounts.user", entry), previous="1" * 64, sealed_at=NOON,
    )  # fmt: skip
    link.hash = trace.hash_of(link)
    link.save(force_insert=True)
    TraceHead.objects.update(seq=6, hash=link.hash)
    assert found() == [("broken", 6), ("changed", 6)]


def test_a_link_whose_columns_were_changed_is_found(laid, unguarded):
    TraceLink.objects.filter(seq=2).update(sealed_at=NOON - dt.timedelta(days=30))
    assert found() == [("forged", 2)]


def test_values_that_somebody_emptied_without_an_erasure_are_found(laid):
    """The triggers allow it, because an erasure does it: the chain must hold the entry of the erasure."""
    TraceSalt.objects.filter(link=2).delete()
    ModelLogEntry.objects.filter(pk=laid[1].entry).update(label="", data={})
    assert found() == [("erased", 2)]


def test_a_salt_that_is_gone_while_the_values_stand_is_found(laid):
    TraceSalt.objects.filter(link=2).delete()
    assert found() == [("changed", 2)]


def test_an_entry_that_nobody_seals_is_found_after_ten_minutes(laid, officer_p1):
    audit.record("people.new_code", officer_p1, actor=None)
    entry = ModelLogEntry.objects.latest("pk")
    assert found(at=entry.timestamp + MINUTE) == []
    assert found(at=entry.timestamp + 11 * MINUTE) == [("unsealed", 0)]


def test_since_takes_what_was_before_for_granted(laid, unguarded, officer_p1):
    audit.record("people.new_code", officer_p1, actor=None)
    trace.seal(at=NOON + dt.timedelta(days=2))
    ModelLogEntry.objects.filter(pk=laid[0].entry).update(label="x")
    assert found(since=dt.date(2026, 11, 25)) == []
    assert found(since=dt.date(2026, 11, 23)) == [("changed", 1)]
    assert found(since=dt.date(2027, 1, 1)) == []


# --- Erasing ----------------------------------------------------------------------------------------


def test_erasing_empties_values_and_the_chain_stays_whole(laid, officer_p1, centre):
    other = centre
    audit.record("people.new_code", other, actor=None, reason="giữ lại")
    audit.record("courses.return_practice", other, actor=centre, learner=officer_p1.pk, feedback="Thiếu ảnh bìa")
    assert audit.erase_values(officer_p1, by=centre, at=NOON) == 5
    trace.seal(at=NOON)
    walked = trace.Walked()
    assert list(trace.verify(walked=walked, at=NOON + MINUTE)) == []
    assert walked.erased == 5
    about = ModelLogEntry.objects.filter(object_id=str(officer_p1.pk), action="people.new_code")
    assert set(about.values_list("label", "data__reason", "user_id")) == {("", None, laid and about[0].user_id)}
    erasure = ModelLogEntry.objects.get(action=trace.ERASED)
    assert officer_p1.full_name not in f"{erasure.label} {erasure.data}"
    assert erasure.user == centre
    assert ModelLogEntry.objects.get(data__reason="giữ lại").label == str(other)


def test_after_an_erasure_who_and_when_are_still_sealed(laid, officer_p1, centre, unguarded):
    audit.erase_values(officer_p1, by=centre, at=NOON)
    trace.seal(at=NOON)
    ModelLogEntry.objects.filter(pk=laid[0].entry).update(user=None)
    assert found() == [("changed", 1)]


def test_erasing_twice_is_logged_once(laid, officer_p1, centre):
    audit.erase_values(officer_p1, by=centre, at=NOON)
    assert audit.erase_values(officer_p1, by=centre, at=NOON) == 0
    assert ModelLogEntry.objects.filter(action=trace.ERASED).count() == 1


def test_the_entry_of_an_erasure_cannot_be_emptied(laid, officer_p1, centre):
    audit.erase_values(officer_p1, by=centre, at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        ModelLogEntry.objects.filter(action=trace.ERASED).update(data={})


def test_values_of_a_page_are_erased_too(laid, centre):
    assert audit.erase_values(Page.objects.get(depth=1), by=centre, at=NOON) == 1
    trace.seal(at=NOON)
    assert found() == []


# --- What Wagtail and Django do by themselves --------------------------------------------------------


def test_deleting_a_page_or_an_account_leaves_the_log_whole(laid, officer_p1, manager_p1, centre):
    page = Page.objects.get(depth=1).add_child(instance=Page(title="Tạm", slug="tam"))
    PageLogEntry.objects.log_action(page, "wagtail.create", user=centre)
    trace.seal(at=NOON)
    page.delete()
    type(manager_p1).objects.create_user(username="tam", full_name="Tạm", password="x").delete()
    trace.seal(at=NOON)
    assert found() == []


def test_a_content_type_that_goes_is_no_change(laid, centre):
    head = TraceHead.objects.get()
    audit.record("people.new_code", head, actor=centre)
    trace.seal(at=NOON)
    ModelLogEntry.objects.filter(content_type__model="tracehead").update(content_type=None)
    assert found() == []


# --- The daily anchor and the sweep ------------------------------------------------------------------


def test_the_sweep_seals_and_anchors_the_day_before_once(laid, officer_p1, time_machine):
    time_machine.move_to(NOON + dt.timedelta(days=1))
    audit.record("people.new_code", officer_p1, actor=None)
    assert trace.sweep() == 1
    assert trace.sweep() == 0
    assert list(TraceAnchor.objects.values_list("day", "seq", "hash")) == [(dt.date(2026, 11, 23), 5, laid[-1].hash)]


def test_the_command_says_what_is_wrong_and_fails(laid, capsys, time_machine):
    time_machine.move_to(NOON)
    call_command("verify_trace")
    assert laid[-1].hash in capsys.readouterr().out
    TraceSalt.objects.filter(link=2).delete()
    with pytest.raises(CommandError):
        call_command("verify_trace")
    assert f"model {laid[1].entry}" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("verify_trace", "--since", "hôm qua")


def test_where_no_sweep_runs_the_command_says_so_in_a_few_lines(laid, officer_p1, capsys, time_machine):
    for _ in range(9):
        audit.record("people.new_code", officer_p1, actor=None)
    newest = ModelLogEntry.objects.latest("pk")
    time_machine.move_to(newest.timestamp + 11 * MINUTE)
    with pytest.raises(CommandError, match="9"):
        call_command("verify_trace")
    said = capsys.readouterr().out
    assert [f"model {newest.pk - back} " in said for back in range(9)] == [False] * 4 + [True] * 5


# --- Property ----------------------------------------------------------------------------------------

VALUES = st.dictionaries(
    st.text(max_size=5),
    st.one_of(st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.text(max_size=9)),
    max_size=3,
)


@given(st.lists(VALUES, min_size=1, max_size=5), st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_written_is_whole_and_any_one_change_is_found(officer_p1, unguarded, told, data):
    told = [{key.replace("\x00", ""): str(value).replace("\x00", "") for key, value in row.items()} for row in told]
    with transaction.atomic():
        first = TraceLink.objects.count()
        for row in told:
            ModelLogEntry.objects.log_action(officer_p1, "people.new_code", data=row)
        assert trace.seal(at=NOON) == len(told)
        assert found() == []
        seq = first + data.draw(st.integers(1, len(told)))
        entry = TraceLink.objects.get(seq=seq).entry
        ModelLogEntry.objects.filter(pk=entry).update(data={"mới": data.draw(st.text("ab", max_size=3))})
        assert found() == [("changed", seq)]
        transaction.set_rollback(True)


def test_seals_differ_though_entries_agree(laid):
    assert len({link.digest for link in laid}) == 5
    assert len(set(TraceSalt.objects.values_list("salt", flat=True))) == 5


def test_spans():
    assert trace.spans([7, 2, 1, 3, 9]) == [[1, 3], [7, 7], [9, 9]]


# --- Whence an entry comes ---------------------------------------------------------------------------


def test_an_entry_says_its_request_and_address(client, officer_p1, rf):
    request = rf.get("/", REMOTE_ADDR="203.0.113.9")
    with origin.coming_from(origin.Origin(request="abc", http=request)):
        audit.record("people.new_code", officer_p1, actor=None, reason="x")
        PageLogEntry.objects.log_action(Page.objects.get(depth=1), "wagtail.edit")
    audit.record("people.new_code", officer_p1, actor=None)
    said = {"request": "abc", "address": "203.0.113.9"}
    assert ModelLogEntry.objects.earliest("pk").data == {"reason": "x", **said}
    assert PageLogEntry.objects.get().data == said
    assert ModelLogEntry.objects.latest("pk").data == {}


def test_an_address_told_by_the_visitor_is_believed_only_from_a_trusted_proxy(officer_p1, rf, settings):
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9")
    with origin.coming_from(origin.Origin(request="abc", http=request)):
        assert origin.told()["address"] == "10.0.0.1"
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        assert origin.told()["address"] == "203.0.113.9"


def test_every_answer_carries_the_name_of_its_request(client, db):
    first, second = client.get("/healthz"), client.get("/healthz")
    assert len(first["X-Request-Id"]) == 16
    assert first["X-Request-Id"] != second["X-Request-Id"]


def test_a_name_sent_by_the_visitor_is_not_taken_over(client, db):
    assert client.get("/healthz", headers={"X-Request-Id": "gia"})["X-Request-Id"] != "gia"


def test_a_task_and_a_command_say_their_names(officer_p1, monkeypatch):
    from lms.core.tasks import sweep

    told = []
    monkeypatch.setattr("lms.core.sweeping.run", lambda: told.append(origin.told()))
    sweep.apply()
    monkeypatch.setattr("sys.argv", ["/x/manage.py", "import_roster", "--dry-run"])
    told.append(origin.told())
    assert told == [{"task": "lms.core.sweep"}, {"command": "import_roster"}]


def test_kinds_name_both_tables():
    assert set(trace.ENTRIES) == set(EntryKind.values)
