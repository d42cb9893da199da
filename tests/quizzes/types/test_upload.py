"""A file or a link: what is taken, what is said about a link that is not what was asked for."""

from typing import Any

import pytest
from django.http import QueryDict

from quizzes import types
from quizzes.types.upload import FACEBOOK, HTTPS, PAGE, POST, LinkProblemError, address_in
from tests.factories.questions import CONTENT, RIGHT

KIND, BOTH, GIVEN = types.get("upload"), CONTENT["upload"], RIGHT["upload"]
EITHER = {**BOTH, "needs_both": False}
LINK_ONLY = {**EITHER, "file_kinds": [], "most_files": 0}

PAGE_LINK = "https://www.facebook.com/mattran.vanyen"
POST_LINK = "https://www.facebook.com/mattran.vanyen/posts/pfbid02abc"


@pytest.mark.parametrize(
    ("kind", "typed", "address"),
    [
        (HTTPS, "https://mattran.org.vn/tin?x=1", "https://mattran.org.vn/tin?x=1"),
        (PAGE, "m.facebook.com/mattran.vanyen/?ref=x", PAGE_LINK),
        (FACEBOOK, "facebook.com/mattran.vanyen", PAGE_LINK),
        (FACEBOOK, POST_LINK, POST_LINK),
        (POST, POST_LINK, POST_LINK),
        (POST, "facebook.com/share/p/1AbCdEf/", "https://facebook.com/share/p/1AbCdEf/"),
        (POST, "https://www.facebook.com/reel/123456789", "https://www.facebook.com/reel/123456789"),
        (POST, "https://m.facebook.com/story.php?story_fbid=1&id=2", "https://m.facebook.com/story.php?story_fbid=1&id=2"),
    ],
)  # fmt: skip
def test_links_that_are_what_was_asked_for(kind: str, typed: str, address: str) -> None:
    assert address_in(kind, typed) == address


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (HTTPS, "http://mattran.org.vn/"),
        (HTTPS, "javascript:alert(1)"),
        (HTTPS, "không phải liên kết"),
        (HTTPS, "https://127.0.0.1/"),
        (PAGE, POST_LINK),
        (PAGE, "https://facebook.com/share/1AbC/"),
        (PAGE, "https://facebook.com.lua-dao.example/mattran"),
        (POST, PAGE_LINK),
        (POST, "https://l.facebook.com/l.php?u=https://lua-dao.example"),
        (POST, "https://lua-dao.example/facebook.com/posts/1"),
        (POST, "https://facebook.com@lua-dao.example/posts/1"),
        (FACEBOOK, "https://www.facebook.com/groups/123"),
        (FACEBOOK, "https://zalo.me/123"),
        (FACEBOOK, "https://www.facebook.com/settings"),
    ],
)
def test_links_that_are_not_are_told_so(kind: str, typed: str) -> None:
    with pytest.raises(LinkProblemError) as problem:
        address_in(kind, typed)
    assert str(problem.value).endswith(".")


def post(link: str = "", *files: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query["a"] = link
    query.setlist("a-files", files)
    return query


FILE = "7c9e6679-7425-40de-944b-e07fc1f90ae7|image/png|1200|man-hinh.png"


@pytest.mark.parametrize(
    ("content", "sent", "is_complete"),
    [
        (BOTH, post(PAGE_LINK, FILE), True),
        (BOTH, post(PAGE_LINK), False),
        (BOTH, post("", FILE), False),
        (EITHER, post(PAGE_LINK), True),
        (EITHER, post("", FILE), True),
        (EITHER, post("zalo.me/1", FILE), False),
        (LINK_ONLY, post("zalo.me/1"), False),
        (LINK_ONLY, post(POST_LINK), True),
    ],
)
def test_what_is_missing_or_wrong_is_kept_but_unfinished_and_a_person_marks_it(
    content: dict[str, Any], sent: QueryDict, is_complete: bool
) -> None:
    answer = KIND.parse(sent, "a", content)
    assert answer is not None
    assert KIND.is_complete(content, answer) is is_complete
    assert KIND.mark(content, answer) is None
    assert KIND.parse(post(answer["link"], *[FILE] * len(answer["files"])), "a", content) == answer


def test_nothing_sent_is_no_answer() -> None:
    assert KIND.parse(post("  "), "a", BOTH) is None
    assert KIND.mark(BOTH, None) == 0


def test_the_page_says_what_is_wrong_and_links_only_to_what_is_right() -> None:
    wrong = KIND.present(BOTH, [], {"files": [], "link": "javascript:alert(1)"})
    assert (wrong.link, wrong.address, bool(wrong.problem)) == ("javascript:alert(1)", "", True)
    right = KIND.present(BOTH, [], GIVEN)
    assert (right.address, right.problem) == (PAGE_LINK, "")


def test_a_link_is_refused_where_none_is_asked_for_and_a_second_file_where_one_is() -> None:
    with pytest.raises(types.BadAnswerError):
        KIND.parse(post(PAGE_LINK), "a", {**EITHER, "link": ""})
    with pytest.raises(types.BadAnswerError):
        KIND.parse(post("", FILE, FILE.replace("7c9e", "7c9f")), "a", BOTH)


@pytest.mark.parametrize(
    "change",
    [
        {"link": "", "file_kinds": [], "most_files": 0, "needs_both": False},
        {"link": "ftp"},
        {"link": ["https"]},
        {"link": ""},
        {"needs_both": "yes"},
        {"most_files": 6},
    ],
)
def test_broken_settings_are_refused(change: dict[str, Any]) -> None:
    errors = KIND.validate({**BOTH, **change})
    assert errors
    assert all(error.endswith(".") for error in errors)
