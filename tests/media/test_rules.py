import pytest

from media.rules import Fault, captions_fault, is_video, svg_fault

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>'
BOMB = (
    b'<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<svg xmlns="http://www.w3.org/2000/svg"><text>&b;</text></svg>'
)


def inside(content: str) -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {names}>{content}</svg>".encode()


def test_a_drawing_that_only_draws_is_fine():
    assert svg_fault(DRAWING) is None
    assert svg_fault(inside('<defs><path id="a" d=""/></defs><use href="#a" fill="url(#b)"/>')) is None


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("<script>alert(1)</script>", Fault.RUNS),
        ("<SCRIPT>alert(1)</SCRIPT>", Fault.RUNS),
        ('<rect onload="x()"/>', Fault.RUNS),
        ("<foreignObject><b/></foreignObject>", Fault.RUNS),
        ('<a href="javascript:x()"><rect/></a>', Fault.OUTSIDE),
        ('<image xlink:href="http://example.org/a.png"/>', Fault.OUTSIDE),
        ("<style>@import 'http://example.org/a.css';</style>", Fault.OUTSIDE),
        ('<rect style="fill:url(http://example.org/a)"/>', Fault.OUTSIDE),
        ("<rect>", Fault.NOT_SVG),
    ],
)
def test_a_drawing_that_does_more_is_refused(content, fault):
    assert svg_fault(inside(content)) == fault


def test_a_bomb_of_entities_is_refused():
    assert svg_fault(BOMB) == Fault.DOCTYPE


def test_a_page_is_no_drawing():
    assert svg_fault(b"<html><body/></html>") == Fault.NOT_SVG


def test_captions_need_utf8_times_and_their_heading():
    good = "WEBVTT\n\n00:00.000 --> 00:02.000\nXin chào đồng chí"
    assert captions_fault(good.encode()) is None
    assert captions_fault(good.encode("utf-16")) == 0
    assert captions_fault(b"1\n00:00:00,000 --> 00:00:02,000\nsrt") == 1
    assert captions_fault(b"WEBVTT\n\n00:00,000 --> 00:02,000\ncomma") == 3
    assert captions_fault(b"WEBVTT\n\nno times") == 0


def test_a_video_is_known_by_its_first_bytes_not_by_its_name():
    assert is_video(b"\x00\x00\x00\x18ftypmp42")
    assert not is_video(b"<html><body>xx")
