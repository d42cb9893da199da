"""Moodle XML: files of our own words in the shape that Moodle exports, and files that nobody should send."""

import base64
import hashlib

import pytest
from lxml import etree

from quizzes import types
from quizzes.formats import moodle_xml
from quizzes.formats.item import Item, Problem, Reading, Trouble, UnreadableError, rewrite_pictures
from quizzes.types.exchanges import hooks
from tests.factories.questions import CONTENT

PNG = b"\x89PNG\r\n\x1a\n" + b"man hinh"
KEY = hashlib.sha256(PNG).hexdigest()
BANK = f"""<?xml version="1.0" encoding="UTF-8"?>
<quiz>
<!-- question: 0 -->
  <question type="category"><category><text>$course$/top/Chuyên đề 1/Bài 1//2</text></category>
    <info format="html"><text></text></info></question>
  <question type="multichoice">
    <name><text>Ai duyệt</text></name>
    <questiontext format="html"><text><![CDATA[<p dir="ltr">Ai <b>duyệt</b> bài trên
      màn hình này?</p><p><img src="@@PLUGINFILE@@/m%C3%A0n%20h%C3%ACnh.png" alt="Màn hình" width="300"></p>]]></text>
      <file name="màn hình.png" path="/" encoding="base64">{base64.b64encode(PNG).decode()}</file></questiontext>
    <generalfeedback format="html"><text>&lt;p&gt;Xem &lt;em&gt;điều 5&lt;/em&gt;.&lt;/p&gt;</text></generalfeedback>
    <defaultgrade>2.0000000</defaultgrade>
    <penalty>0.2500000</penalty>
    <hidden>0</hidden>
    <idnumber>MT-07</idnumber>
    <single>true</single>
    <shuffleanswers>true</shuffleanswers>
    <answernumbering>abc</answernumbering>
    <answer fraction="0" format="html"><text><![CDATA[<p>Tổ trưởng &amp; phó</p>]]></text>
      <feedback format="html"><text>Chưa đúng.</text></feedback></answer>
    <answer fraction="100" format="html"><text>Người được phân công</text>
      <feedback format="html"><text></text></feedback></answer>
    <answer fraction="33.33333" format="plain_text"><text>Cả &lt;hai&gt;</text>
      <feedback format="html"><text></text></feedback></answer>
    <hint format="html"><text><![CDATA[<p>Đọc lại bài 3.</p>]]></text><shownumcorrect/></hint>
    <tags><tag><text>trang</text></tag><tag><text>level:van_dung</text></tag><tag><text>objective:1.2</text></tag>
      <tag><text>status:ready</text></tag></tags>
  </question>
  <question type="truefalse">
    <name><text>TF</text></name>
    <questiontext format="markdown"><text>Trang là của **tổ chức**.</text></questiontext>
    <answer fraction="100" format="moodle_auto_format"><text>true</text>
      <feedback format="html"><text>&lt;p&gt;Đúng vậy.&lt;/p&gt;</text></feedback></answer>
    <answer fraction="0" format="moodle_auto_format"><text>false</text></answer>
  </question>
  <question type="shortanswer">
    <name><text>SA</text></name>
    <questiontext format="plain_text"><text>Viết * hai sao *?</text></questiontext>
    <usecase>1</usecase>
    <answer fraction="100" format="moodle_auto_format"><text>Quảng Ninh</text></answer>
    <answer fraction="50" format="moodle_auto_format"><text>Ninh</text></answer>
  </question>
  <question type="matching">
    <name><text>M</text></name>
    <questiontext format="html"><text>Nối.</text></questiontext>
    <subquestion format="html"><text>&lt;p&gt;Trang&lt;/p&gt;</text><answer><text>Tổ chức</text></answer></subquestion>
    <subquestion format="html"><text>Nhóm</text><answer><text>Thành viên</text></answer></subquestion>
    <subquestion format="html"><text></text><answer><text>Báo chí</text></answer></subquestion>
  </question>
  <question type="ordering">
    <name><text>O</text></name>
    <questiontext format="html"><text>Xếp.</text></questiontext>
    <gradingtype>RELATIVE_TO_CORRECT</gradingtype>
    <answer fraction="2.0000000" format="html"><text>Duyệt</text></answer>
    <answer fraction="1.0000000" format="html"><text>Soạn</text></answer>
    <answer fraction="3.0000000" format="html"><text>Đăng</text></answer>
  </question>
  <question type="essay">
    <name><text>E</text></name>
    <questiontext format="html"><text>Viết một tin.</text></questiontext>
    <responseformat>editor</responseformat><minwordlimit>20</minwordlimit><maxwordlimit>100</maxwordlimit>
    <attachments>1</attachments><filetypeslist>.pdf</filetypeslist>
    <graderinfo format="html"><text>Có nguồn.</text></graderinfo>
    <responsetemplate format="html"><text>&lt;p&gt;Tiêu đề:&lt;/p&gt;</text></responsetemplate>
  </question>
  <question type="description"><name><text>D</text></name>
    <questiontext format="html"><text>&lt;h3&gt;Phần hai&lt;/h3&gt;&lt;ul&gt;&lt;li&gt;một&lt;/li&gt;&lt;/ul&gt;</text>
    </questiontext></question>
  <question type="calculated"><name><text>C</text></name>
    <questiontext format="html"><text>{{a}} + {{b}}</text></questiontext></question>
</quiz>
"""


def read(data: bytes | str) -> Reading:
    return moodle_xml.read(data.encode() if isinstance(data, str) else data, hooks("moodle-xml"))


def found(kind: str) -> Item:
    (item,) = [item for item in read(BANK).items if item.type == kind]
    return item


def test_a_choice_with_everything_that_moodle_says_of_it() -> None:
    item = found("single")

    assert item.stem == f"Ai **duyệt** bài trên màn hình này?\n\n![Màn hình](picture:{KEY})"
    assert item.pictures == {KEY: PNG}
    assert [(row["text"], row["correct"], row["reason"], row.get("fraction")) for row in item.content["options"]] == [
        ("Tổ trưởng & phó", False, "Chưa đúng.", None),
        ("Người được phân công", True, "", None),
        ("Cả <hai>", False, "", "0.3333333"),
    ]
    assert (item.reason, item.hints, item.code) == ("Xem *điều 5*.", ("Đọc lại bài 3.",), "MT-07")
    assert (item.level, item.objective, item.status, item.tags) == ("van_dung", "1.2", "ready", ("trang",))
    assert item.category == ("Chuyên đề 1", "Bài 1/2")
    assert item.line == 6


def test_what_moodle_sets_and_we_do_not_is_told() -> None:
    notes = found("single").notes

    assert notes == (
        Problem(6, Trouble.PENALTY_IGNORED, {"percent": "25"}),
        Problem(6, Trouble.SETTING_DROPPED, {"name": "defaultgrade", "value": "2"}),
    )


def test_the_other_types_of_moodle() -> None:
    assert (found("true_false").content, found("true_false").reason) == ({"answer": True}, "Đúng vậy.")
    assert found("true_false").stem == "Trang là của **tổ chức**."
    assert found("short_text").stem == "Viết * hai sao *?"
    assert (found("short_text").content["accepted"], found("short_text").content["exact"]) == (["Quảng Ninh"], True)
    assert [row["text"] for row in found("matching").content["rights"]] == ["Tổ chức", "Thành viên", "Báo chí"]
    assert [row["text"] for row in found("ordering").content["items"]] == ["Soạn", "Duyệt", "Đăng"]
    assert [note.code for note in found("ordering").notes] == [Trouble.METRIC_CHANGED]
    essay = found("essay").content
    assert (essay["least_words"], essay["most_words"], essay["file_kinds"], essay["most_files"]) == (
        20,
        100,
        ["pdf"],
        1,
    )
    assert (essay["template"], essay["notes"]) == ("Tiêu đề:", "Có nguồn.")


def test_markup_without_a_place_here_is_told_and_keeps_its_words() -> None:
    item = found("description")

    assert item.stem == "**Phần hai**\n\n- một"
    assert [(note.code, note.values) for note in item.notes] == [(Trouble.MARKUP_DROPPED, {"names": "h3"})]


def test_a_type_that_we_do_not_have_is_a_problem_of_its_own() -> None:
    (problem,) = read(BANK).problems

    line = BANK[: BANK.index('type="calculated"')].count("\n") + 1
    assert (problem.code, problem.values, problem.line) == (Trouble.UNKNOWN_TYPE, {"name": "calculated"}, line)
    assert "calculated" in problem.source


def test_of_several_versions_the_latest_is_taken_and_told() -> None:
    rows = "".join(
        f'<question type="truefalse"><questiontext><text>Bản {number}</text></questiontext><idnumber>X</idnumber>'
        f"<version>{number}</version><answer fraction='100'><text>true</text></answer></question>"
        for number in (2, 3, 1)
    )

    (item,) = read(f"<quiz>{rows}</quiz>").items

    assert item.stem == "Bản 3"
    assert [(note.code, note.values) for note in item.notes] == [(Trouble.VERSIONS_COLLAPSED, {"count": 3})]


@pytest.mark.parametrize("kind", [kind.NAME for kind in types.all_types()])
def test_every_type_of_ours_travels_with_its_sample(kind: str) -> None:
    item = Item(kind, "Câu hỏi?", CONTENT[kind], code="MT-1", reason="Vì thế.", hints=("Một.", "Hai."))

    (back,) = read(moodle_xml.write([item], hooks("moodle-xml")).data).items

    assert (back.type, back.stem, back.content, back.reason, back.hints) == (
        kind, "Câu hỏi?", CONTENT[kind], "Vì thế.", ("Một.", "Hai."),
    )  # fmt: skip


def test_a_type_that_moodle_does_not_have_travels_as_json_of_ours() -> None:
    item = Item("khong_co", "Gì đó ]]> & <b>", {"a": ["]]>", "\x01", {"b": None}]}, code="MT-1")

    data = moodle_xml.write([item], hooks("moodle-xml")).data
    (question,) = etree.fromstring(data)
    (back,) = read(data).items

    assert question.get("type") == "lms_khong_co"
    assert (back.type, back.content) == (item.type, item.content)


def test_a_picture_goes_out_as_a_file_beside_its_text_and_comes_back() -> None:
    item = Item("true_false", f"Xem ![hình](picture:{KEY})", {"answer": True}, pictures={KEY: PNG})

    data = moodle_xml.write([item], hooks("moodle-xml")).data
    (back,) = read(data).items

    assert b'src="@@PLUGINFILE@@/' in data.replace(b"&quot;", b'"')
    assert (back.stem, back.pictures) == (item.stem, {KEY: PNG})


def test_a_picture_of_the_content_goes_out_too() -> None:
    item = Item("hotspot_x", "Chỉ ra.", {"picture": KEY}, pictures={KEY: PNG})

    (back,) = read(moodle_xml.write([item], hooks("moodle-xml")).data).items

    assert (back.content, back.pictures) == ({"picture": KEY}, {KEY: PNG})


def test_pictures_are_named_anew_after_they_were_drawn_anew() -> None:
    item = Item("x", f"![a](picture:{KEY})", {"picture": KEY, "rows": [f"![](picture:{KEY})"]}, reason=f"picture:{KEY}",
                hints=(f"![h](picture:{KEY})",), pictures={KEY: PNG})  # fmt: skip

    changed = rewrite_pictures(item, {KEY: "f" * 64})

    assert KEY not in repr(changed)
    assert repr(changed).count("f" * 64) == 5
    assert changed.pictures == {}


def test_a_question_edited_in_moodle_comes_back_as_edited() -> None:
    item = Item("multiple", "Chọn.", CONTENT["multiple"], code="MT-1")
    data = moodle_xml.write([item], hooks("moodle-xml")).data.decode()

    (back,) = read(data.replace("Phương án c", "Phương án đã sửa")).items

    assert [row["text"] for row in back.content["options"]][2] == "Phương án đã sửa"
    assert [note.code for note in back.notes] == [Trouble.CHANGED_OUTSIDE]


LAUGHS = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(10)
) + "]><quiz><question type='essay'><questiontext><text>&k;</text></questiontext></question></quiz>"  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Trouble.EMPTY),
        (b"\xef\xbb\xbf", Trouble.EMPTY),
        (LAUGHS.encode(), Trouble.DOCTYPE),
        (LAUGHS.replace('"1.0"?', '"1.0" encoding="UTF-16"?').encode("utf-16"), Trouble.DOCTYPE),
        (b'<!DOCTYPE q SYSTEM "http://127.0.0.1:1/x.dtd"><quiz/>', Trouble.DOCTYPE),
        (b'<!DOCTYPE q [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><quiz/>', Trouble.DOCTYPE),
        (BANK.encode()[:2000], Trouble.TRUNCATED),
        (BANK.replace('encoding="UTF-8"', 'encoding="TCVN-3"').encode(), Trouble.WRONG_ENCODING),
        (b"<quiz><question></quiz>", Trouble.BROKEN_XML),
        (BANK.encode("cp1258", "ignore"), Trouble.WRONG_ENCODING),
        (b"GIF89a" + bytes(range(256)), Trouble.BROKEN_XML),
        (b"<quiz>" + b"<a>" * 300 + b"</a>" * 300 + b"</quiz>", Trouble.TOO_DEEP),
        (b"<html><body/></html>", Trouble.WRONG_KIND),
        (b"<quiz></quiz>", Trouble.NOTHING_FOUND),
        (b"<quiz>" + b" " * (64 * 1024 * 1024) + b"</quiz>", Trouble.TOO_LARGE),
    ],
)
def test_a_hostile_or_broken_file_ends_in_one_sentence(data: bytes, code: Trouble) -> None:
    with pytest.raises(UnreadableError) as refused:
        read(data)

    assert refused.value.problem.code == code


@pytest.mark.parametrize("says", ["UTF-16", "UTF-8"])
def test_a_file_in_utf_16_is_read_even_if_it_says_otherwise(says: str) -> None:
    data = BANK.replace('encoding="UTF-8"', f'encoding="{says}"').encode("utf-16")

    assert [item.stem for item in read(data).items] == [item.stem for item in read(BANK).items]


def test_scripts_and_addresses_of_others_do_not_come_in() -> None:
    text = "&lt;p&gt;Xem&lt;script&gt;alert(1)&lt;/script&gt; &lt;img src='https://x.vn/a.png' alt='ảnh'&gt;&lt;/p&gt;"
    (item,) = read(
        f"<quiz><question type='description'><questiontext><text>{text}</text></questiontext></question></quiz>"
    ).items

    assert item.stem == "Xem ảnh"
    assert {note.code for note in item.notes} == {Trouble.MARKUP_DROPPED, Trouble.PICTURE_DROPPED}


@pytest.mark.parametrize("content", ["{", "[1]", "[" * 100_000, ""])
def test_content_of_ours_that_is_spoiled_is_a_problem(content: str) -> None:
    (problem,) = read(f"<quiz><question type='lms_single'><questiontext><text>Hỏi</text></questiontext>"
                      f"<content>{content}</content></question></quiz>").problems  # fmt: skip

    assert problem.code == Trouble.BAD_CONTENT


def test_what_a_trainer_wrote_in_moodle_goes_back_without_anything_of_ours_beside_it() -> None:
    items = [item for item in read(BANK).items if item.type != "ordering"]

    assert b"<lms>" not in moodle_xml.write(items, hooks("moodle-xml")).data


def test_words_for_gaps_as_moodle_has_them() -> None:
    boxes = "".join(
        f"<selectoption><text>{word}</text><group>1</group></selectoption>" for word in ("Dân", "Tổ", "Ban")
    )
    text = "&lt;p&gt;Điền từ.&lt;/p&gt;&lt;p&gt;[[2]] viết, [[3]] duyệt.&lt;/p&gt;"
    (found,) = read(
        f"<quiz><question type='gapselect'><questiontext format='html'><text>{text}</text></questiontext>{boxes}"
        "</question></quiz>"
    ).items
    words = {row["id"]: row["text"] for row in found.content["words"]}

    assert (found.stem, found.content["text"]) == ("Điền từ.", "[[1]] viết, [[2]] duyệt.")
    assert [words[gap["right"]] for gap in found.content["gaps"]] == ["Tổ", "Ban"]
