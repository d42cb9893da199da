"""A text with small questions inside in files of other programs: Cloze as it is typed, multianswer of Moodle, QTI."""

import html
import re
from fractions import Fraction

from quizzes.formats import cloze, qti, rich
from quizzes.formats.item import Parsed
from quizzes.formats.moodle_xml import Source, Target, parted, text_of
from quizzes.types.base import Content
from quizzes.types.cloze import content_of, write
from quizzes.types.gap_select.exchange import pieces

NAME = "cloze"
STEM = "Điền vào từng chỗ trống."
_GAP = re.compile(r"\[\[(\d+)\]\]")
_MARK = re.compile("\ue000(\\d+)\ue001")


def cloze_read(text: cloze.Text) -> Parsed | None:
    return _parsed(content_of(text))


def moodle_read(source: Source) -> Parsed | None:
    """The gaps are read from the HTML as it stands: their signs are no Markdown."""
    if source.kind not in ("multianswer", "cloze"):
        return None
    found = cloze.parse(html.unescape(text_of(source.element.find("questiontext"))))
    marked = ""
    gaps: list[cloze.Gap] = []
    for piece in found.pieces:
        if isinstance(piece, str):
            marked += piece
        else:
            marked += f"\ue000{len(gaps)}\ue001"
            gaps.append(piece)
    text, _ = rich.to_markdown(marked)
    parts = _MARK.split(text)
    return _parsed(
        content_of(cloze.Text(tuple(gaps[int(part)] if index % 2 else part for index, part in enumerate(parts))))
    )


def moodle_write(content: Content, target: Target) -> bool:
    target.kind = "multianswer"
    target.text = _GAP.sub("\ue000\\1\ue001", content["text"])

    def fill(made: str) -> str:
        return _MARK.sub(
            lambda found: html.escape(
                write({"text": "[[1]]", "gaps": [content["gaps"][int(found[1]) - 1]]}), quote=False
            ),
            made,
        )

    target.fill = fill
    return True


def qti_read(body: qti.Body) -> Parsed | None:
    """Several fields to write into, perhaps with lists among them."""
    kinds = [row.kind for row in body.interactions]
    if len(kinds) < 2 or qti.TEXT_ENTRY not in kinds or set(kinds) - {qti.TEXT_ENTRY, qti.INLINE_CHOICE}:
        return None
    return _parsed(
        content_of(
            cloze.Text(
                tuple(_gap(body.interactions[piece]) if isinstance(piece, int) else piece for piece in body.text)
            )
        )
    )


def _gap(row: qti.Interaction) -> cloze.Gap:
    if row.kind == qti.INLINE_CHOICE:
        return cloze.Gap(
            cloze.CHOICE, 1, tuple(cloze.Answer(choice.text, row.share(choice.id)) for choice in row.choices)
        )
    shares = {**dict.fromkeys(row.right, Fraction(1)), **(row.shares or {})}
    answers = tuple(cloze.Answer(text, share) for text, share in shares.items())
    return cloze.Gap(cloze.NUMERIC if row.is_number else cloze.SHORT, 1, answers, row.is_exact and not row.is_number)


def qti_write(content: Content) -> qti.Body | None:
    """A gap in which several may be chosen has no like among the inline interactions; one gap alone is another type."""
    kinds = {gap["kind"] for gap in content["gaps"]}
    if "several" in kinds or kinds == {"choice"} or len(content["gaps"]) < 2:
        return None
    rows = []
    for gap in content["gaps"]:
        answers = [(row["text"], Fraction(str(row["fraction"]))) for row in gap["answers"]]
        if gap["kind"] == "choice":
            choices = tuple(qti.Choice(f"c{number}", text) for number, (text, _) in enumerate(answers, start=1))
            told = list(zip(choices, answers, strict=True))
            best = max(share for _, share in answers)
            right = next(choice.id for choice, (_, share) in told if share == best)
            shares = {choice.id: share for choice, (_, share) in told if share}
            rows.append(qti.Interaction(qti.INLINE_CHOICE, choices, right=(right,), shares=shares))
        else:
            full = tuple(text for text, share in answers if share == 1)
            is_exact, is_number = bool(gap.get("exact")), gap["kind"] == "numeric"
            shares = {text: share for text, share in answers if share > 0}
            rows.append(
                qti.Interaction(qti.TEXT_ENTRY, right=full[:1], shares=shares, is_exact=is_exact, is_number=is_number)
            )
    return qti.Body(tuple(rows), text=pieces(content["text"]))


def _parsed(content: Content) -> Parsed:
    """What stands before the paragraph of the first gap is the question, if there is anything."""
    stem, text = parted(content["text"], _GAP.pattern)
    return Parsed({**content, "text": text}, stem=stem or STEM)
