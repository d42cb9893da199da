"""The glossary: its page, its search, its place in lessons and in packages."""

from pathlib import Path

import pytest
from django.test import Client

from courses.formats.registers import read_terms
from courses.models import CoursePage, GlossaryTerm
from courses.queries import glossary
from courses.services import packages
from tests.conftest import NOON
from tests.courses.package_samples import change, write_package
from tests.factories.pages import small_course

pytestmark = pytest.mark.django_db
REAL = Path(__file__).resolve().parents[2] / "courses/content/trang-cong-dong/thuat-ngu.toml"


def term(key: str, words: str, definition: str = "Nghĩa.") -> GlossaryTerm:
    return GlossaryTerm.objects.create(key=key, term=words, definition=definition)


@pytest.fixture
def reader(officer_p1) -> Client:
    client = Client()
    client.force_login(officer_p1)
    return client


# --- The page -----------------------------------------------------------------------------------------


def test_the_list_follows_the_vietnamese_alphabet_where_tones_make_no_letter():
    for words in ("Đính chính", "Duyệt bài", "Ẩn bình luận", "Anh", "Ảnh bìa", "Ăn", "Ấn định", "Dữ liệu"):
        term(words.lower().replace(" ", "-"), words)
    assert [(row.letter, [entry.term for entry in row.terms]) for row in glossary.letters()] == [
        ("A", ["Anh", "Ảnh bìa"]),
        ("Ă", ["Ăn"]),
        ("Â", ["Ẩn bình luận", "Ấn định"]),
        ("D", ["Duyệt bài", "Dữ liệu"]),
        ("Đ", ["Đính chính"]),
    ]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("dang", ["Đáng tin", "Đăng bài", "Lên lịch đăng", "Khác"]),
        ("đăng", ["Đăng bài", "Lên lịch đăng", "Khác", "Đáng tin"]),
        ("  DANG   bai ", ["Đăng bài"]),
        ("xyz", []),
        ("%", []),
        ("", []),
    ],
)
def test_search_ignores_diacritics_and_puts_what_was_typed_first(typed, expected):
    term("dang-bai", "Đăng bài")
    term("len-lich", "Lên lịch đăng")
    term("dang-tin", "Đáng tin")
    term("khac", "Khác", "Việc làm trước khi đăng.")
    assert [entry.term for entry in glossary.found(typed)] == expected


def test_the_page_lists_all_and_finds_one(reader):
    term("dang-bai", "Đăng bài", "Đưa bài lên Trang.")
    term("binh-luan", "Bình luận")
    html = reader.get("/learn/terms/").content.decode()
    assert html.index("Bình luận") < html.index("Đăng bài")
    found = reader.get("/learn/terms/", {"tim": "dang bai"}).content.decode()
    assert "Đưa bài lên Trang." in found
    assert "Bình luận" not in found
    assert 'value="dang bai"' in found


def test_a_search_without_an_answer_keeps_what_was_typed_and_leads_back(reader):
    term("dang-bai", "Đăng bài")
    html = reader.get("/learn/terms/", {"tim": "<b>xyz"}).content.decode()
    assert "&lt;b&gt;xyz" in html
    assert 'href="/learn/terms/"' in html
    assert "<dl" not in html


def test_an_empty_glossary_says_so(reader):
    html = reader.get("/learn/terms/").content.decode()
    assert 'class="card empty"' in html


def test_a_stranger_signs_in_first(client):
    answer = client.get("/learn/terms/")
    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/learn/terms/")


def test_a_long_glossary_costs_as_many_queries_as_a_short_one(reader, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost(**asked: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert reader.get("/learn/terms/", asked).status_code == 200
        return len(queries)

    term("a", "An toàn")
    reader.get("/learn/terms/")
    before = (cost(), cost(tim="an"))
    term("b", "Ban hành")
    term("c", "Cán bộ")
    assert (cost(), cost(tim="an")) == before


def test_the_course_leads_to_it(reader):
    small_course()
    assert 'href="/learn/terms/"' in reader.get(CoursePage.objects.get().url).content.decode()


# --- From a package -----------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path, settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    return write_package(tmp_path)


def outcome(root: Path) -> str:
    notes = packages.load(packages.read(root), at=NOON)
    return next(note.outcome for note in notes if note.path == "thuat-ngu.toml#quyen")


def test_the_english_of_a_term_is_brought_in_and_a_second_time_changes_nothing(root):
    assert outcome(root) == "created"
    change(root / "thuat-ngu.toml", 'key = "quyen"\n', 'key = "quyen"\nenglish = "Page access"\n')
    assert outcome(root) == "updated"
    assert GlossaryTerm.objects.get().english == "Page access"
    assert outcome(root) == "unchanged"


def test_a_trainers_english_is_kept(root):
    outcome(root)
    GlossaryTerm.objects.update(english="right")
    change(root / "thuat-ngu.toml", 'key = "quyen"\n', 'key = "quyen"\nenglish = "Page access"\n')
    assert outcome(root) == "kept"
    assert GlossaryTerm.objects.get().english == "right"


def test_the_terms_of_the_course_are_one_or_two_sentences_each_and_none_stands_twice():
    terms = read_terms(REAL)
    assert len(terms) >= 130
    names = [entry.term.casefold() for entry in terms]
    assert sorted(set(names)) == sorted(names)
    assert [entry.key for entry in terms if not entry.definition.endswith((".", "”."))] == []
    assert [entry.key for entry in terms if entry.definition.count(". ") > 1] == []
