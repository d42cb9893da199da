"""True or false in files of other programs. Feedback there is the reason here."""

from fractions import Fraction

from quizzes.formats import gift, qti
from quizzes.formats.item import Parsed, RefusedError, Trouble
from quizzes.formats.moodle_xml import Source, Target
from quizzes.types.base import Content

NAME = "true_false"


def gift_read(block: gift.Block) -> Parsed | None:
    if block.kind != gift.TRUE_FALSE:
        return None
    of_true, of_false = block.answers
    return _parsed(of_true.fraction == 1, (of_true.feedback, of_false.feedback))


def gift_write(content: Content) -> gift.Block:
    is_true = content["answer"] is True
    answers = (gift.Answer("T", Fraction(is_true)), gift.Answer("F", Fraction(not is_true)))
    return gift.Block(gift.TRUE_FALSE, answers)


def moodle_read(source: Source) -> Parsed | None:
    if source.kind != "truefalse":
        return None
    answers = {answer.html.strip().lower(): answer for answer in source.answers()}
    right = [name for name in ("true", "false") if name in answers and answers[name].fraction > 0]
    if len(right) != 1:
        raise RefusedError(Trouble.NO_RIGHT_ANSWER)
    return _parsed(
        right[0] == "true", tuple(answers[name].feedback if name in answers else "" for name in ("true", "false"))
    )


def moodle_write(content: Content, target: Target) -> bool:
    target.kind = "truefalse"
    for name, is_right in (("true", content["answer"] is True), ("false", content["answer"] is not True)):
        target.answer(name, Fraction(is_right), is_plain=True)
    return True


def _parsed(is_true: bool, feedback: tuple[str, ...]) -> Parsed:
    told = [text for text in (feedback if is_true else feedback[::-1]) if text]
    return Parsed({"answer": is_true}, reason="\n\n".join(dict.fromkeys(told)))


def qti_read(body: qti.Body) -> Parsed | None:
    if len(body.interactions) != 1 or not body.interactions[0].is_true_false:
        return None
    found = body.interactions[0]
    right = [key.lower() for key in found.right]
    if len(right) != 1:
        raise RefusedError(Trouble.NO_RIGHT_ANSWER)
    reasons = {choice.id.lower(): choice.reason for choice in found.choices}
    return _parsed(right[0] == qti.TRUE, (reasons[qti.TRUE], reasons[qti.FALSE]))


def qti_write(content: Content) -> qti.Body:
    choices = (qti.Choice(qti.TRUE, "Đúng"), qti.Choice(qti.FALSE, "Sai"))
    right = qti.TRUE if content["answer"] is True else qti.FALSE
    return qti.Body((qti.Interaction(qti.CHOICE, choices, right=(right,)),))
