"""Essays in files of other programs."""

from quizzes.formats import gift, qti
from quizzes.formats.item import Parsed
from quizzes.formats.moodle_xml import Source, Target
from quizzes.types import answer_files
from quizzes.types.base import Content
from quizzes.types.essay import MOST_WORDS, TYPE

NAME = "essay"
# Kinds of files as Moodle lists them.
_LISTED = {answer_files.IMAGE_KIND: "web_image", answer_files.PDF_KIND: ".pdf"}


def gift_read(block: gift.Block) -> Parsed | None:
    return Parsed(TYPE.from_source({})) if block.kind == gift.ESSAY else None


def gift_write(content: Content) -> gift.Block:
    return gift.Block(gift.ESSAY)


def moodle_read(source: Source) -> Parsed | None:
    if source.kind != "essay" or source.value("responseformat") == "noinline":
        return None
    return Parsed(
        TYPE.from_source(
            {
                "least_words": number(source.value("minwordlimit"), MOST_WORDS),
                "most_words": number(source.value("maxwordlimit"), MOST_WORDS),
                "template": source.markdown(source.element.find("responsetemplate")),
                "notes": source.markdown(source.element.find("graderinfo")),
                **files(source),
            }
        )
    )


def moodle_write(content: Content, target: Target) -> bool:
    target.kind = "essay"
    target.add("responseformat", "editor")
    target.add("responserequired", "1")
    target.add("responsefieldlines", "10")
    for name, key in (("minwordlimit", "least_words"), ("maxwordlimit", "most_words")):
        if content.get(key):
            target.add(name, content[key])
    write_files(content, target)
    target.add_markdown("graderinfo", content.get("notes", ""))
    target.add_markdown("responsetemplate", content.get("template", ""))
    return True


def files(source: Source) -> dict[str, object]:
    """The keys of a [[question]] that say which files an answer takes."""
    attachments = source.value("attachments", "0")
    most = answer_files.MOST if attachments == "-1" else number(attachments, answer_files.MOST)
    listed = source.value("filetypeslist")
    kinds = [kind for kind in answer_files.KINDS if not listed or _LISTED[kind] in listed or _among(kind, listed)]
    return {"most_files": most, "file_kinds": kinds if most else []}


def write_files(content: Content, target: Target) -> None:
    most = content.get("most_files", 0) if content.get("file_kinds") else 0
    target.add("attachments", most)
    target.add("attachmentsrequired", "0")
    if most:
        target.add("filetypeslist", ",".join(_LISTED[kind] for kind in content["file_kinds"] if kind in _LISTED))


def number(text: str, most: int) -> int:
    return min(int(text[:6]), most) if text.isdigit() else 0


def _among(kind: str, listed: str) -> bool:
    return kind == answer_files.IMAGE_KIND and any(word in listed for word in ("image", ".png", ".jpg", ".jpeg"))


def qti_read(body: qti.Body) -> Parsed | None:
    if len(body.interactions) != 1 or body.interactions[0].kind != qti.EXTENDED_TEXT:
        return None
    return Parsed(TYPE.from_source({}))


def qti_write(content: Content) -> qti.Body:
    return qti.Body((qti.Interaction(qti.EXTENDED_TEXT),))
