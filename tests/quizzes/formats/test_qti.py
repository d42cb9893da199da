"""QTI: packages of ours and of others (texts our own, shaped as the versions shape them)."""

import io
import zipfile
from dataclasses import replace

import pytest

from quizzes.formats import qti
from quizzes.formats.item import Item, Problem, Reading, Trouble, UnreadableError
from quizzes.types.exchanges import hooks

V3 = 'xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0"'
V21 = 'xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1"'


def read(data: bytes | str) -> Reading:
    return qti.read(data.encode() if isinstance(data, str) else data, hooks("qti"))


def one(data: bytes | str) -> Item:
    (item,) = read(data).items
    return item


def package(parts: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def item_21(declaration: str, body: str, processing: str = "match_correct") -> str:
    template = f"http://www.imsglobal.org/question/qti_v2p1/rptemplates/{processing}"
    return (
        f'<assessmentItem {V21} identifier="q1" title="Câu 1" adaptive="false" timeDependent="false">{declaration}'
        f'<itemBody>{body}</itemBody><responseProcessing template="{template}"/></assessmentItem>'
    )


def test_a_choice_of_version_2_1() -> None:
    found = one(
        item_21(
            '<responseDeclaration identifier="R" cardinality="single" baseType="identifier">'
            "<correctResponse><value>B</value></correctResponse></responseDeclaration>",
            '<p>Trang của <strong>tổ chức</strong>?</p><choiceInteraction responseIdentifier="R" shuffle="true" '
            'maxChoices="1"><prompt>Chọn một.</prompt><simpleChoice identifier="A">Sai<feedbackInline '
            'outcomeIdentifier="F" identifier="A">Vì sai.</feedbackInline></simpleChoice>'
            '<simpleChoice identifier="B">Đúng &amp; đủ</simpleChoice></choiceInteraction>',
        )
    )

    assert (found.type, found.stem) == ("single", "Trang của **tổ chức**?\n\nChọn một.")
    assert [(row["text"], row["correct"], row["reason"]) for row in found.content["options"]] == [
        ("Sai", False, "Vì sai."),
        ("Đúng & đủ", True, ""),
    ]


@pytest.mark.parametrize(
    ("processing", "mapping", "scheme"),
    [
        ("match_correct", "", "exact"),
        ("map_response", '<mapEntry mapKey="A" mappedValue="0.5"/><mapEntry mapKey="B" mappedValue="0.5"/>'
                         '<mapEntry mapKey="C" mappedValue="-1"/>', "proportional_correct"),
        ("map_response", '<mapEntry mapKey="A" mappedValue="0.75"/><mapEntry mapKey="B" mappedValue="0.25"/>',
         "weighted"),
    ],
)  # fmt: skip
def test_how_several_answers_are_marked_follows_the_template(processing: str, mapping: str, scheme: str) -> None:
    whole = f"<mapping defaultValue='0'>{mapping}</mapping>" if mapping else ""
    choices = "".join(f'<simpleChoice identifier="{key}">Ý {key}</simpleChoice>' for key in "ABC")

    found = one(
        item_21(
            '<responseDeclaration identifier="R" cardinality="multiple" baseType="identifier">'
            f"<correctResponse><value>A</value><value>B</value></correctResponse>{whole}</responseDeclaration>",
            f'<p>Chọn hai.</p><choiceInteraction responseIdentifier="R" maxChoices="0">{choices}</choiceInteraction>',
            processing,
        )
    )

    assert (found.type, found.content["scheme"]) == ("multiple", scheme)
    assert [row["correct"] for row in found.content["options"]] == [True, True, False]


def test_order_match_and_text_entry_of_version_2_2() -> None:
    order = item_21(
        '<responseDeclaration identifier="R" cardinality="ordered" baseType="identifier"><correctResponse>'
        "<value>c</value><value>a</value><value>b</value></correctResponse></responseDeclaration>",
        '<orderInteraction responseIdentifier="R"><prompt>Xếp.</prompt><simpleChoice identifier="a">Hai</simpleChoice>'
        '<simpleChoice identifier="b">Ba</simpleChoice><simpleChoice identifier="c">Một</simpleChoice>'
        "</orderInteraction>",
    ).replace("imsqti_v2p1", "imsqti_v2p2")
    match = item_21(
        '<responseDeclaration identifier="R" cardinality="multiple" baseType="directedPair"><correctResponse>'
        "<value>x 1</value><value>y 2</value></correctResponse></responseDeclaration>",
        '<p>Nối.</p><matchInteraction responseIdentifier="R" maxAssociations="2"><simpleMatchSet>'
        '<simpleAssociableChoice identifier="x" matchMax="1">Trang</simpleAssociableChoice>'
        '<simpleAssociableChoice identifier="y" matchMax="1">Nhóm</simpleAssociableChoice></simpleMatchSet>'
        '<simpleMatchSet><simpleAssociableChoice identifier="1" matchMax="1">Tổ chức</simpleAssociableChoice>'
        '<simpleAssociableChoice identifier="2" matchMax="1">Thành viên</simpleAssociableChoice>'
        '<simpleAssociableChoice identifier="3" matchMax="1">Báo chí</simpleAssociableChoice></simpleMatchSet>'
        "</matchInteraction>",
    )
    entry = item_21(
        '<responseDeclaration identifier="R" cardinality="single" baseType="string"><correctResponse><value>ba</value>'
        '</correctResponse><mapping defaultValue="0"><mapEntry mapKey="ba" mappedValue="1" caseSensitive="false"/>'
        '<mapEntry mapKey="3" mappedValue="1" caseSensitive="false"/></mapping></responseDeclaration>',
        '<p>Xã có <textEntryInteraction responseIdentifier="R"/> ban.</p>',
        "map_response",
    )

    assert [row["text"] for row in one(order).content["items"]] == ["Một", "Hai", "Ba"]
    found = one(match)
    rights = {row["id"]: row["text"] for row in found.content["rights"]}
    assert [(row["text"], rights[row["right"]]) for row in found.content["lefts"]] == [
        ("Trang", "Tổ chức"),
        ("Nhóm", "Thành viên"),
    ]
    assert sorted(rights.values()) == ["Báo chí", "Thành viên", "Tổ chức"]
    written = one(entry)
    assert (written.type, written.stem) == ("short_text", "Xã có _____ ban.")
    assert written.content == {"accepted": ["ba", "3"], "exact": False}


def test_metadata_of_a_package_and_the_order_of_its_manifest() -> None:
    items = [
        Item("description", f"Lời dẫn {number}.", {}, code=f"MT-{number}", level="van_dung", objective="1.2",
             tags=("trang", "quyền"), status="ready", category=("Chuyên đề 1", "Bài 1/2"))
        for number in (2, 1)
    ]  # fmt: skip

    written = qti.write(items, hooks("qti"))
    names = zipfile.ZipFile(io.BytesIO(written.data)).namelist()
    manifest = zipfile.ZipFile(io.BytesIO(written.data)).read("imsmanifest.xml").decode()

    assert [replace(item, source="") for item in read(written.data).items] == items
    assert names == ["items/item-00001.xml", "items/item-00002.xml", "imsmanifest.xml"]
    assert manifest.count("imsqti_item_xmlv3p0") == 2
    assert "data-lms" not in zipfile.ZipFile(io.BytesIO(written.data)).read(names[0]).decode()


def test_an_item_that_is_no_question_of_ours_spoils_only_itself() -> None:
    good = item_21("", "<p>Đọc kỹ trước khi làm.</p>")
    slider = item_21("", '<p>Kéo.</p><sliderInteraction responseIdentifier="R"/>')

    found = read(package({"a.xml": slider, "b.xml": good, "c.xml": "<assessmentItem", "imsm.txt": "x"}))

    assert [item.stem for item in found.items] == ["Đọc kỹ trước khi làm."]
    assert [problem.code for problem in found.problems] == [Trouble.UNKNOWN_TYPE, Trouble.TRUNCATED]
    assert found.problems[0].values == {"name": "sliderInteraction"}


def test_a_picture_travels_as_a_file_of_the_package() -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"hinh"
    found = one(package({"items/q.xml": item_21("", '<p>Xem <img src="../anh/m%C3%A0n.png" alt="Màn hình"/></p>'),
                         "anh/màn.png": png}))  # fmt: skip
    (key,) = found.pictures

    assert found.pictures[key] == png
    assert found.stem == f"Xem ![Màn hình](picture:{key})"
    assert one(qti.write([found], hooks("qti")).data).pictures == {key: png}


def test_a_picture_outside_the_package_is_not_fetched_but_told() -> None:
    found = one(item_21("", '<p>Xem <img src="http://127.0.0.1/a.png" alt="ảnh"/> <img src="../../etc/passwd"/></p>'))

    assert (found.stem, dict(found.pictures)) == ("Xem ảnh", {})
    assert Problem(0, Trouble.PICTURE_DROPPED, {"names": "img"}) in found.notes


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Trouble.EMPTY),
        (b"PK\x03\x04 broken", Trouble.TRUNCATED),
        (b"<quiz></quiz>", Trouble.WRONG_KIND),
        (
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><assessmentItem>&a;</assessmentItem>',
            Trouble.DOCTYPE,
        ),
        (package({"readme.txt": "không có câu hỏi"}), Trouble.NOTHING_FOUND),
    ],
)
def test_what_is_no_package_is_refused_whole(data: bytes, code: Trouble) -> None:
    with pytest.raises(UnreadableError) as refused:
        read(data)

    assert refused.value.problem.code == code
