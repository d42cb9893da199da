"""The bank: entry, version, status; what is written over and what never is."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from wagtail.models import ModelLogEntry

from courses.models import PackageItem
from courses.services.enrolment import enrol
from lms.accounts.models import User
from quizzes.models import Category, ImportBatch, ImportItem, Objective, Question, Quiz, QuizPage, QuizPageDraw
from quizzes.queries import bank_cms
from quizzes.services import attempts, bank, publishing
from tests.conftest import NOON, Outline
from tests.factories.pages import Pages, add, small_course
from tests.factories.quizzes import CONTENT, make_category, make_question, make_quiz


def write(code: str, category: Category, actor: User, **fields: object) -> bank.SavedQuestion:
    values = {
        "code": code, "category": category, "type_name": "single", "stem": "Ai được đăng bài?",
        "content": CONTENT["single"], "reason": "", "level": "nhan_biet", "status": "draft", "at": NOON, "actor": actor,
    }  # fmt: skip
    return bank.write(**{**values, **fields})  # type: ignore[arg-type]


def numbers(question: Question) -> list[tuple[int, str, str]]:
    return list(question.versions.order_by("number").values_list("number", "status", "stem"))


def test_an_unused_draft_is_written_over(category: Category, officer_p1: User) -> None:
    first = write("c", category, officer_p1)
    again = write("c", category, officer_p1, stem="Ai được xóa bài?", hints=["Xem bảng quyền."])
    assert numbers(first.question) == [(1, "draft", "Ai được xóa bài?")]
    version = again.version
    version.refresh_from_db()
    assert (version.hints, version.search_text.startswith("ai duoc xoa bai?")) == (["Xem bảng quyền."], True)
    assert version.content_hash == bank.content_hash(
        type_name="single", stem="Ai được xóa bài?", content=CONTENT["single"], reason="", hints=["Xem bảng quyền."]
    )
    assert (
        bank.search_text(type_name="single", stem="Ai được xóa bài?", content=CONTENT["single"]) == version.search_text
    )


def test_a_ready_version_is_followed_and_stays_the_one_that_is_drawn(category: Category, officer_p1: User) -> None:
    ready = write("c", category, officer_p1, status="ready")
    write("c", category, officer_p1, stem="Ai được xóa bài?")
    write("c", category, officer_p1, stem="Ai được gỡ bài?")
    assert numbers(ready.question) == [(1, "ready", "Ai được đăng bài?"), (2, "draft", "Ai được gỡ bài?")]
    ready.question.refresh_from_db()
    assert ready.question.ready == ready.version
    write("c", category, officer_p1, stem="Ai được gỡ bài?", status="ready")
    ready.question.refresh_from_db()
    assert ready.question.ready is not None
    assert (ready.question.ready.number, ready.question.versions.count()) == (2, 2)


def test_a_draft_that_was_asked_is_followed_and_the_database_refuses_to_change_it(
    category: Category, officer_p1: User, outline: Outline
) -> None:
    saved = write("c", category, officer_p1, status="ready")
    quiz = make_quiz(outline.quiz, {category: 1})
    enrol(user=officer_p1, course=outline.course, at=NOON)
    attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    bank.set_status(questions=[saved.question], status="draft")
    write("c", category, officer_p1, stem="Ai được xóa bài?")
    assert numbers(saved.question) == [(1, "draft", "Ai được đăng bài?"), (2, "draft", "Ai được xóa bài?")]
    saved.version.stem = "Khác hẳn"
    with pytest.raises(IntegrityError), transaction.atomic():
        saved.version.save(update_fields=["stem"])


def test_a_draft_that_a_quiz_has_fixed_or_an_import_brought_is_followed(
    category: Category, officer_p1: User, outline: Outline
) -> None:
    fixed, brought = write("c", category, officer_p1), write("d", category, officer_p1, stem="Câu khác?")
    Quiz.objects.create(activity=outline.quiz).slots.create(position=1, question=fixed.question, version=fixed.version)
    batch = ImportBatch.objects.create(format="gift", file_name="a.gift", sha256="0" * 64, made_at=NOON)
    ImportItem.objects.create(batch=batch, position=1, outcome="new", version=brought.version)
    for saved in (fixed, brought):
        write(saved.question.code, category, officer_p1, stem=f"Ai được xóa bài {saved.question.code}?")
        assert saved.question.versions.count() == 2


def test_what_a_type_refuses_leaves_the_draft_as_it_was(category: Category, officer_p1: User) -> None:
    saved = write("c", category, officer_p1)
    with pytest.raises(ValidationError):
        write("c", category, officer_p1, content={"options": []}, stem="Khác")
    assert numbers(saved.question) == [(1, "draft", "Ai được đăng bài?")]


def test_every_change_by_hand_leaves_a_line_in_the_log(category: Category, officer_p1: User) -> None:
    question = write("c", category, officer_p1).question
    write("c", category, officer_p1, stem="Ai được xóa bài?")
    bank.set_status(questions=[question], status="ready", actor=officer_p1)
    bank.set_status(questions=[question], status="ready", actor=officer_p1)
    bank.set_category(questions=[question], category=make_category("cd2"), actor=officer_p1)
    bank.change_tags(questions=[question], add=["luật"], remove=["cũ"], actor=officer_p1)
    bank.change_tags(questions=[question], add=["luật"], remove=["cũ"], actor=officer_p1)
    lines = ModelLogEntry.objects.filter(object_id=str(question.pk)).order_by("pk").values_list("action", "user")
    assert list(lines) == [
        (f"quizzes.question_{what}", officer_p1.pk) for what in ("create", "edit", "status", "category", "tags")
    ]


def test_the_list_tells_what_was_asked_and_what_needs_a_look_in_as_many_queries_for_three(
    category: Category, officer_p1: User, outline: Outline
) -> None:
    make_question(category, code="a")
    counts = []
    for codes in ("", "bc"):
        for code in codes:
            make_question(category, code=code)
        with CaptureQueriesContext(connection) as queries:
            rows = [(row.code, row.uses, row.latest.stem, row.category.name) for row in bank_cms.listed()]
        counts.append(len(queries))
    assert counts == [1, 1]
    assert [row[:2] for row in rows] == [("a", 0), ("b", 0), ("c", 0)]
    quiz = make_quiz(outline.quiz, {category: 3})
    enrol(user=officer_p1, course=outline.course, at=NOON)
    attempt = attempts.start(user=officer_p1, quiz=quiz, at=NOON)
    assert [row.uses for row in bank_cms.listed()] == [1, 1, 1]
    assert bank_cms.listed().filter(~bank_cms.was_asked()).count() == 0
    attempt.is_preview = True
    attempt.save(update_fields=["is_preview"])
    assert [row.uses for row in bank_cms.listed()] == [0, 0, 0]


def test_with_diacritics_typed_the_exact_wording_comes_first(category: Category) -> None:
    make_question(category, code="a", stem="Ai được dang bai ở đây?")
    make_question(category, code="b", stem="Bài đăng của ai?")
    make_question(category, code="c", stem="Ai có quyền đăng bài?")
    make_question(category, code="d", stem="Xóa trang thế nào?")

    def found(words: str) -> list[str]:
        return [row.code for row in bank_cms.search(bank_cms.listed(), words)]

    assert found("dang bai") == ["a", "b", "c"]
    assert found("đăng bài") == ["c", "b", "a"]
    assert found("Đăng bài") == ["c", "b", "a"]
    assert found("đăng trang") == []


def test_where_a_question_is_used(category: Category, outline: Outline, officer_p1: User) -> None:
    other = make_category("cd2")
    mine, its = make_question(category).question, make_question(other).question
    make_quiz(outline.quiz, {category: 1})
    enrol(user=officer_p1, course=outline.course, at=NOON)
    attempts.start(user=officer_p1, quiz=Quiz.objects.get(), at=NOON)
    mine.refresh_from_db()
    assert [(use.title, use.is_fixed, use.asked) for use in bank_cms.uses_of(mine)] == [("Kiểm tra", False, 1)]
    its.refresh_from_db()
    assert bank_cms.uses_of(its) == ()
    Quiz.objects.get().slots.create(position=2, question=its, version=its.latest)
    assert [(use.is_fixed, use.fixed_version, use.asked) for use in bank_cms.uses_of(its)] == [(True, 1, 0)]


def test_two_versions_stand_side_by_side_word_by_word(category: Category) -> None:
    first = make_question(category, code="a", stem="Ai được đăng bài?").version
    content = {"options": [{**row} for row in CONTENT["single"]["options"]]}
    content["options"][0]["text"] = "Phương án khác"
    content["options"].reverse()
    second = make_question(
        category, code="a", stem="Ai được phép đăng bài?", content=content, hints=["Đọc lại"]
    ).version
    lines = {line.label: line for line in bank_cms.compare(first, second)}
    differing = [line for line in bank_cms.compare(first, second) if line.differs]
    said = {("gone", piece.text.strip()) for line in differing for piece in line.before if piece.kind == "gone"} | {
        ("new", piece.text.strip()) for line in differing for piece in line.after if piece.kind == "new"
    }
    assert ("new", "phép") in said
    assert ("new", "Đọc lại") in said
    # Reversing the options is no change; only the one that was reworded is.
    assert len(differing) == 3, [line.label for line in differing]
    assert not any(line.differs for line in bank_cms.compare(first, first))
    assert lines


def test_an_objective_finds_its_lesson_when_the_quiz_is_published(category: Category) -> None:
    pages: Pages = small_course()
    lesson = pages.activity(pages.lesson_1)
    ours = bank.save_objective(key="goi/chuyen-de-1/1-4", name="Phân quyền")
    chosen = bank.save_objective(key="goi/chuyen-de-1/1-5", name="Khác", lesson=pages.activity(pages.lesson_2))
    strange = bank.save_objective(key="tay", name="Không từ gói nào")
    for path in ("chuyen-de-1/1-4", "chuyen-de-1/1-5"):
        PackageItem.objects.create(
            package="goi", path=path, kind="page", key=str(lesson.key), source_hash="-", loaded_at=NOON
        )
    for _ in range(3):
        make_question(category)
    page = QuizPage(title="Kiểm tra", slug="kiem-tra")
    page.draws = [QuizPageDraw(category=category, count=1)]
    add(pages.module_1, page)
    lessons = dict(Objective.objects.values_list("key", "lesson"))
    assert lessons == {ours.key: lesson.pk, chosen.key: pages.activity(pages.lesson_2).pk, strange.key: None}
    assert publishing.link_objectives() == 0
