"""A file of questions on its way in: nothing is lost, nothing enters twice, one click takes it back."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Enrolment
from lms.accounts.models import User
from lms.core import clock, sweeping
from lms.core.storage import private_storage
from quizzes.formats.item import Trouble, UnreadableError
from quizzes.models import Category, ImportBatch, ImportItem, Question, QuestionVersion, Quiz
from quizzes.services import bank, import_entry, imports
from tests.conftest import NOON, Outline, make_person
from tests.factories.quizzes import make_question, make_quiz
from tests.quizzes.formats.test_legacy import VIETNAMESE, in_tcvn3

State, Outcome = ImportBatch.State, ImportItem.Outcome


@pytest.fixture
def author(db: None) -> User:
    return make_person("tac-gia", "Trần Văn Bình", None)


def gift(*questions: tuple[str, str], first: str = "") -> str:
    """(code, stem) → GIFT of single choices."""
    return first + "\n\n".join(
        f"// [id:{code}]\n{stem} {{=Đúng rồi {stem} ~Sai một {stem} ~Sai hai {stem}}}" for code, stem in questions
    )


def sent(data: str | bytes, author: User, category: Category | None, **fields: Any) -> ImportBatch:
    content = ContentFile(data.encode() if isinstance(data, str) else data)
    values: dict[str, Any] = {"name": "de-cuong.gift", "level": "thong_hieu", "format": "gift"}
    return imports.receive(file=content, by=author, at=NOON, category=category, **{**values, **fields})


def read(batch: ImportBatch) -> ImportBatch:
    imports.read(batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


def entered(batch: ImportBatch, author: User) -> ImportBatch:
    assert imports.confirm(batch=batch, by=author, at=NOON)
    imports.enter(batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


def taken_back(batch: ImportBatch, author: User) -> ImportBatch:
    assert imports.undo(batch=batch, by=author, at=NOON)
    imports.take_back(batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


THREE = gift(("l-01", "Ai duyệt bài?"), ("l-02", "Ai đăng bài?"), ("l-03", "Ai gỡ bài?"))


def test_a_file_is_read_looked_at_and_entered_as_drafts(author: User, category: Category) -> None:
    batch = read(sent(THREE, author, category))
    assert (batch.state, batch.total, batch.done) == (State.READ, 3, 3)
    assert not Question.objects.exists()
    assert [row.outcome for row in batch.items.all()] == [Outcome.NEW] * 3
    batch = entered(batch, author)
    assert (batch.state, batch.done) == (State.ENTERED, 3)
    rows = Question.objects.select_related("latest").order_by("code")
    assert [(row.code, row.level, row.owner, row.category) for row in rows] == [
        (code, "thong_hieu", author, category) for code in ("l-01", "l-02", "l-03")
    ]
    assert {row.ready_id for row in rows} == {None}
    assert [(row.latest.status, row.latest.number, row.latest.stem) for row in rows] == [
        ("draft", 1, "Ai duyệt bài?"), ("draft", 1, "Ai đăng bài?"), ("draft", 1, "Ai gỡ bài?")
    ]  # fmt: skip
    assert rows[0].latest.search_text.startswith("ai duyet bai?")


def test_what_enters_in_bulk_is_what_entering_one_by_one_makes(author: User, category: Category) -> None:
    batch = entered(read(sent(THREE, author, category)), author)
    one = QuestionVersion.objects.get(question__code="l-01")
    saved = bank.save_question(
        code="l-01", category=category, type_name=one.type, stem=one.stem, content=one.content, reason=one.reason,
        level="thong_hieu", status="draft", at=NOON,
    )  # fmt: skip
    assert not saved.is_new_version
    fresh = make_question(category, one.type, code="tay", stem=one.stem, content=one.content, reason=one.reason).version
    for name in ("stem_folded", "search_text", "duplicate_key", "content_hash", "hints"):
        assert getattr(fresh, name) == getattr(one, name), name
    assert batch.made_by == one.created_by


def test_a_second_click_enters_nothing_twice(author: User, category: Category) -> None:
    batch = read(sent(THREE, author, category))
    assert imports.confirm(batch=batch, by=author, at=NOON) is True
    assert imports.confirm(batch=batch, by=author, at=NOON) is False
    assert imports.enter(batch_id=batch.pk) == 3
    assert imports.enter(batch_id=batch.pk) == 0
    assert QuestionVersion.objects.count() == 3


def test_the_same_file_again_changes_nothing(author: User, category: Category) -> None:
    entered(read(sent(THREE, author, category)), author)
    again = read(sent(THREE, author, category))
    assert [row.outcome for row in again.items.all()] == [Outcome.UNCHANGED] * 3
    entered(again, author)
    assert QuestionVersion.objects.count() == 3


def test_a_code_that_is_there_gets_its_next_version_as_a_draft_beside_the_ready_one(
    author: User, category: Category
) -> None:
    ready = make_question(category, "single", code="l-01").version
    batch = read(sent(THREE, author, category))
    assert [row.outcome for row in batch.items.all()] == [Outcome.CHANGED, Outcome.NEW, Outcome.NEW]
    entered(batch, author)
    question = Question.objects.get(code="l-01")
    assert [(row.number, row.status) for row in question.versions.order_by("number")] == [(1, "ready"), (2, "draft")]
    assert question.ready == ready
    assert question.latest is not None
    assert question.latest.number == 2


def test_duplicates_are_found_in_the_bank_and_inside_the_file_whatever_their_spelling(
    author: User, category: Category
) -> None:
    entered(read(sent(gift(("cu-1", "Ai duyệt bài?")), author, category)), author)
    old = Question.objects.get()
    text = "AI   duyet bài {=dung roi Ai duyệt bài ~SAI HAI Ai duyệt bài? ~Sai một: Ai duyệt bài?}"
    batch = read(sent(f"{text}\n\n{gift(('m-2', 'Ai gỡ?'))}\n\n{gift(('m-3', 'Ai gỡ ?'))}", author, category))
    rows = list(batch.items.all())
    assert [row.outcome for row in rows] == [Outcome.DUPLICATE, Outcome.NEW, Outcome.DUPLICATE]
    assert rows[0].duplicate_of == old
    assert rows[2].problems[0]["code"] == Trouble.SAME_AS_LINE
    assert [row.is_wanted for row in rows] == [False, True, False]
    entered(batch, author)
    assert set(Question.objects.values_list("code", flat=True)) == {"cu-1", "m-2"}


def test_a_duplicate_enters_when_the_author_wants_it_and_an_unticked_one_does_not(
    author: User, category: Category
) -> None:
    batch = read(sent(THREE, author, category))
    assert imports.tick(batch=batch, items=[1, 2], wanted=False) == 2
    assert imports.tick(batch=batch, items=[2], wanted=True) == 1
    entered(batch, author)
    assert set(Question.objects.values_list("code", flat=True)) == {"l-02", "l-03"}


def test_a_refused_question_says_its_line_and_never_enters(author: User, category: Category) -> None:
    wrong = THREE + "\n\n// [id:l-04]\nKhông có câu đúng? {~Một ~Hai}\n"
    batch = read(sent(wrong, author, category))
    last = batch.items.last()
    assert last is not None
    assert last.outcome == Outcome.REFUSED
    assert last.line >= 10
    assert last.problems
    assert imports.tick(batch=batch, items=[4], wanted=True) == 0
    entered(batch, author)
    assert Question.objects.count() == 3


def test_a_code_twice_in_a_file_is_refused(author: User, category: Category) -> None:
    batch = read(sent(gift(("l-01", "Một?"), ("l-01", "Hai?")), author, category))
    assert [row.outcome for row in batch.items.all()] == [Outcome.NEW, Outcome.REFUSED]


def test_codes_are_made_unique_and_telling_where_the_file_has_none(author: User, category: Category) -> None:
    text = "Một? {=a ~b}\n\nHai? {=c ~d}\n"
    batch = entered(read(sent(text, author, category, name="Đề cương luật.gift")), author)
    codes = list(Question.objects.order_by("code").values_list("code", flat=True))
    assert codes == [f"de-cuong-luat-{batch.pk}-001", f"de-cuong-luat-{batch.pk}-002"]


def test_without_a_level_or_a_drawer_a_new_question_is_refused_until_the_author_chooses(
    author: User, category: Category
) -> None:
    batch = read(sent(THREE, author, None, level=""))
    codes = {problem["code"] for row in batch.items.all() for problem in row.problems}
    assert codes == {Trouble.NO_LEVEL, Trouble.NO_CATEGORY}
    assert imports.choose(
        batch=batch, category=category, level="nhan_biet", convert_from="", category_wins=False, at=NOON
    )
    assert {row.outcome for row in read(batch).items.all()} == {Outcome.NEW}


def test_drawers_of_the_file_are_found_or_made_and_go_again_with_the_batch(author: User, category: Category) -> None:
    before = set(Category.objects.values_list("pk", flat=True))
    text = gift(("l-01", "Ai duyệt bài?"), first=f"$CATEGORY: {category.name}/Luật/An ninh mạng\n\n")
    batch = entered(read(sent(text, author, None)), author)
    made = Question.objects.get().category
    assert [row.name for row in (*made.get_ancestors(), made)] == [category.name, "Luật", "An ninh mạng"]
    second = entered(read(sent(text.replace("l-01", "l-02").replace("Ai", "Khi nào"), author, None)), author)
    assert {row.category for row in Question.objects.all()} == {made}
    taken_back(second, author)
    assert Category.objects.filter(pk=made.pk).exists()
    taken_back(batch, author)
    assert set(Category.objects.values_list("pk", flat=True)) == before


# --- Undoing ----------------------------------------------------------------------------------------


def test_one_click_takes_a_batch_back_and_a_second_changes_nothing(author: User, category: Category) -> None:
    old = make_question(category, "single", code="l-01", level="nhan_biet", tags=["cũ"])
    batch = entered(read(sent(THREE, author, category)), author)
    assert Question.objects.count() == 3
    batch = taken_back(batch, author)
    assert (batch.state, batch.done, batch.undone_by) == (State.UNDONE, 0, author)
    question = Question.objects.get()
    assert (question, question.latest, question.ready) == (old.question, old.version, old.version)
    assert batch.report["kept"] == []
    assert imports.undo(batch=batch, by=author, at=NOON) is False
    assert imports.take_back(batch_id=batch.pk) == 0
    assert Question.objects.count() == 1


def test_what_was_used_or_changed_since_is_retired_and_told(
    author: User, category: Category, outline: Outline, enrolment: Enrolment
) -> None:
    from quizzes.services import attempts

    batch = entered(read(sent(THREE, author, category)), author)
    used, edited = Question.objects.get(code="l-01"), Question.objects.get(code="l-02")
    bank.set_status(questions=[used], status="ready")
    quiz = make_quiz(outline.quiz, {category: 1}, version="1")
    attempts.start(user=enrolment.user, quiz=quiz, at=NOON, asked=None)
    latest = edited.latest
    assert latest is not None
    bank.save_question(
        code="l-02", category=category, type_name=latest.type, stem="Ai được đăng bài?", content=latest.content,
        reason="", level="thong_hieu", at=NOON,
    )  # fmt: skip
    batch = taken_back(batch, author)
    assert sorted(batch.report["kept"]) == [["l-01", "used"], ["l-02", "changed"]]
    assert set(Question.objects.values_list("code", "latest__status", "ready")) == {
        ("l-01", "retired", None), ("l-02", "retired", None)
    }  # fmt: skip


def test_a_question_that_a_quiz_names_is_kept(author: User, category: Category, outline: Outline) -> None:
    from quizzes.models import QuizSlot

    batch = entered(read(sent(THREE, author, category)), author)
    quiz = Quiz.objects.create(activity=outline.quiz)
    QuizSlot.objects.create(quiz=quiz, position=1, question=Question.objects.get(code="l-02"), count=1)
    batch = taken_back(batch, author)
    assert batch.report["kept"] == [["l-02", "used"]]
    assert Question.objects.get().latest.status == "retired"


def test_level_and_tags_of_an_entry_come_back_when_the_batch_goes(author: User, category: Category) -> None:
    make_question(category, "single", code="l-01", level="nhan_biet", tags=["cũ", "luật"])
    text = "// [id:l-01] [level:van_dung] [tag:mới]\nAi duyệt bài? {=Chủ tịch ~Ai cũng được}\n"
    batch = read(sent(text, author, category))
    item = batch.items.get()
    if "level" not in item.item.get("changes", []):
        item.item = {**item.item, "level": "van_dung", "tags": ["mới"]}
        item.save()
    entered(batch, author)
    question = Question.objects.get()
    assert (question.level, [tag.name for tag in question.tags.all()]) == ("van_dung", ["mới"])
    taken_back(batch, author)
    question = Question.objects.get()
    assert (question.level, sorted(tag.name for tag in question.tags.all())) == ("nhan_biet", ["cũ", "luật"])


# --- Killed on the way ------------------------------------------------------------------------------


class Killed(BaseException):
    pass


def later(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    moment = clock.now() + dt.timedelta(minutes=minutes)
    monkeypatch.setattr(imports.clock, "now", lambda: moment)


def many(count: int) -> str:
    return gift(*((f"n-{number:04d}", f"Câu số {number} hỏi gì?") for number in range(count)))


def test_a_killed_reader_leaves_nothing_that_is_shown_and_the_sweep_begins_anew(
    author: User, category: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "STAGE_AT_ONCE", 4)
    batch = sent(many(10), author, category)
    real, calls = imports._with_pictures, []

    def dies(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 7:
            raise Killed
        return real(*args)

    with monkeypatch.context() as dying:
        dying.setattr(imports, "_with_pictures", dies)
        with pytest.raises(Killed):
            imports.read(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.done, batch.total) == (State.READING, 4, 10)
    assert imports.take_up() == 0, "somebody may still be at it"
    later(monkeypatch, 6)
    assert imports.take_up() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.done, batch.items.count()) == (State.READ, 10, 10)


def test_a_killed_worker_enters_the_rest_and_nothing_twice(
    author: User, category: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ENTER_AT_ONCE", 4)
    batch = read(sent(many(10), author, category))
    imports.confirm(batch=batch, by=author, at=NOON)
    real, calls = import_entry.enter, []

    def dies(*args: Any) -> int:
        calls.append(args)
        made = real(*args)
        if len(calls) == 2:
            raise Killed
        return made

    with monkeypatch.context() as dying:
        dying.setattr(import_entry, "enter", dies)
        with pytest.raises(Killed):
            imports.enter(batch_id=batch.pk)
    assert Question.objects.count() == 4
    batch.refresh_from_db()
    assert (batch.state, batch.done) == (State.ENTERING, 4)
    assert imports.enter(batch_id=batch.pk) == 0, "somebody may still be at it"
    later(monkeypatch, 6)
    assert imports.take_up() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.done, Question.objects.count()) == (State.ENTERED, 10, 10)
    assert QuestionVersion.objects.count() == 10


def test_two_workers_never_enter_the_same_batch(
    author: User, category: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second takes over from one that slept; when the first wakes, its transaction is taken back."""
    monkeypatch.setattr(imports, "ENTER_AT_ONCE", 4)
    batch = read(sent(many(10), author, category))
    imports.confirm(batch=batch, by=author, at=NOON)
    others: list[int] = []

    def sleeps(_count: int) -> None:
        if not others:
            others.append(0)
            later(monkeypatch, 6)
            others[0] = imports.enter(batch_id=batch.pk)

    assert imports.enter(batch_id=batch.pk, step=sleeps) == 4
    assert others == [6]
    assert {row.outcome for row in batch.items.all()} == {Outcome.NEW}
    assert (Question.objects.count(), QuestionVersion.objects.count()) == (10, 10)


def test_a_killed_undo_goes_on(author: User, category: Category, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "ENTER_AT_ONCE", 4)
    batch = entered(read(sent(many(10), author, category)), author)
    imports.undo(batch=batch, by=author, at=NOON)
    real, calls = import_entry.take_back, []

    def dies(*args: Any) -> int:
        calls.append(args)
        if len(calls) == 2:
            raise Killed
        return real(*args)

    with monkeypatch.context() as dying:
        dying.setattr(import_entry, "take_back", dies)
        with pytest.raises(Killed):
            imports.take_back(batch_id=batch.pk)
    assert Question.objects.count() == 6
    later(monkeypatch, 6)
    assert imports.take_up() == 1
    assert Question.objects.count() == 0


def test_the_sweep_picks_up_what_no_task_has_read(
    author: User, category: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(THREE, author, category)
    ImportBatch.objects.update(made_at=clock.now() - dt.timedelta(minutes=2))
    assert sweeping.run()["imports of questions"] == 1
    batch.refresh_from_db()
    assert batch.state == State.READ


# --- Wrong files ------------------------------------------------------------------------------------


class Huge(ContentFile):  # type: ignore[type-arg]
    """Says that it has 200 MB, and breaks when somebody reads more than its head."""

    def __init__(self) -> None:
        super().__init__(b"Cau 1. ")
        self.size = 200 * 1024 * 1024
        self.read_bytes = 0

    def read(self, count: int = -1) -> bytes:  # type: ignore[override]
        assert 0 < count <= 200_000, "the whole file was read into memory"
        return b"x" * count


def test_two_hundred_megabytes_are_refused_before_they_are_in_memory(author: User, category: Category) -> None:
    with pytest.raises(UnreadableError) as raised:
        imports.receive(file=Huge(), name="to.gift", by=author, at=NOON, category=category)
    assert raised.value.problem.code == Trouble.TOO_LARGE
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "rong.gift", Trouble.EMPTY),
        ("Chỉ là văn xuôi.".encode(), "bai.txt", Trouble.WRONG_KIND),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "anh.png", Trouble.WRONG_KIND),
    ],
)
def test_what_is_no_file_of_questions_is_refused_at_the_door(
    author: User, category: Category, data: bytes, name: str, code: Trouble
) -> None:
    with pytest.raises(UnreadableError) as raised:
        imports.receive(file=ContentFile(data), name=name, by=author, at=NOON, category=category)
    assert raised.value.problem.code == code
    assert not ImportBatch.objects.exists()


def test_a_file_that_cannot_be_read_leaves_a_sentence_and_nothing_else(author: User, category: Category) -> None:
    mixed = THREE.encode() + b"\n\nCau cu\xea\xf3 {=a ~b}"
    batch = sent(mixed, author, category)
    name = str(batch.file.name)
    assert private_storage().exists(name)
    batch = read(batch)
    assert (batch.state, batch.items.count(), str(batch.file)) == (State.REFUSED, 0, "")
    assert batch.report["problems"][0]["code"] == Trouble.MIXED_ENCODING
    assert batch.report["problems"][0]["line"] == 10


def test_an_error_of_ours_is_no_error_of_the_file_and_may_be_tried_again(
    author: User, category: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sent(THREE, author, category)
    with monkeypatch.context() as broken:
        broken.setattr(imports, "parse", lambda *_args: 1 / 0)
        batch = read(batch)
    assert (batch.state, batch.report["problems"][0]["code"]) == (State.REFUSED, Trouble.GIVEN_UP)
    assert imports.retry(batch=batch, at=NOON) is True
    assert read(batch).state == State.READ


# --- Old fonts --------------------------------------------------------------------------------------


def test_text_in_an_old_font_is_told_and_converted_only_when_asked(author: User, category: Category) -> None:
    typed = in_tcvn3(gift(("l-01", VIETNAMESE)))
    batch = read(sent(typed.encode("latin-1"), author, category))
    assert (batch.state, batch.report["suggests"]) == (State.READ, "tcvn3")
    before, after = batch.report["samples"][0]
    assert before != after
    assert batch.items.get().item["stem"] != VIETNAMESE
    assert imports.choose(
        batch=batch, category=category, level="nhan_biet", convert_from="tcvn3", category_wins=False, at=NOON
    )
    batch = read(batch)
    assert batch.items.get().item["stem"].casefold() == VIETNAMESE.casefold()
    assert batch.report["suggests"] == ""


def test_nothing_is_suggested_for_unicode(author: User, category: Category) -> None:
    assert read(sent(THREE, author, category)).report["suggests"] == ""


# --- Figures ----------------------------------------------------------------------------------------


def test_entering_three_costs_as_many_queries_as_entering_one(author: User, category: Category) -> None:
    counts = []
    for number in (1, 3):
        rows = [(f"q{number}-{row}", f"Câu {number}.{row}?") for row in range(number)]
        batch = read(sent(gift(*rows), author, category))
        imports.confirm(batch=batch, by=author, at=NOON)
        with CaptureQueriesContext(connection) as asked:
            imports.enter(batch_id=batch.pk)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_reading_three_costs_as_many_queries_as_reading_one(author: User, category: Category) -> None:
    counts = []
    for number in (1, 3):
        batch = sent(gift(*((f"q{number}-{row}", f"Câu {number}.{row}?") for row in range(number))), author, category)
        with CaptureQueriesContext(connection) as asked:
            imports.read(batch_id=batch.pk)
        counts.append(len(asked))
    assert counts[0] == counts[1]
