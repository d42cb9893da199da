import pytest

from media.rules import Problem, captions_problem, svg_problem

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>'
BOMB = (
    b'<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<svg xmlns="http://www.w3.org/2000/svg"><text>&b;</text></svg>'
)


def inside(content: str) -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {names}>{content}</svg>".encode()


def test_a_drawing_that_only_draws_is_fine():
    assert svg_problem(DRAWING) is None
    assert svg_problem(inside('<defs><path id="a" d=""/></defs><use href="#a" fill="url(#b)"/>')) is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("<script>alert(1)</script>", Problem.RUNS),
        ("<SCRIPT>alert(1)</SCRIPT>", Problem.RUNS),
        ('<rect onload="x()"/>', Problem.RUNS),
        ("<foreignObject><b/></foreignObject>", Problem.RUNS),
        ('<a href="javascript:x()"><rect/></a>', Problem.REACHES_OUT),
        ('<image xlink:href="http://example.org/a.png"/>', Problem.REACHES_OUT),
        ("<style>@import 'http://example.org/a.css';</style>", Problem.REACHES_OUT),
        ('<rect style="fill:url(http://example.org/a)"/>', Problem.REACHES_OUT),
        ("<rect>", Problem.NOT_XML),
    ],
)
def test_a_drawing_that_does_more_is_refused(content, problem):
    assert svg_problem(inside(content)) == problem


def test_a_bomb_of_entities_is_refused():
    assert svg_problem(BOMB) == Problem.NOT_XML


def test_a_page_is_no_drawing():
    assert svg_problem(b"<html><body/></html>") == Problem.NOT_XML


def test_captions_need_utf8_times_and_their_heading():
    good = "WEBVTT\n\n00:00.000 --> 00:02.000\nXin chào đồng chí"
    assert captions_problem(good.encode()) is None
    assert captions_problem(good.encode("utf-16")) == Problem.NOT_UTF8
    assert captions_problem(b"1\n00:00:00,000 --> 00:00:02,000\nsrt") == Problem.NOT_VTT
    assert captions_problem(b"WEBVTT\n\nno times") == Problem.NOT_VTT
