"""XML that came from outside: no DTD, no entities, no network, not too large, not too deep. No Django."""

import re
from xml.parsers import expat

from lxml import etree

from quizzes.formats.item import Problem, Trouble, UnreadableError

MOST_BYTES = 64 * 1024 * 1024
MOST_ELEMENTS = 2_000_000
DEEPEST = 100
_CHUNK = 1 << 16
_TRUNCATED = re.compile("premature end|couldn't find end", re.IGNORECASE)
_DEPTH = re.compile("depth", re.IGNORECASE)
_HUGE = re.compile("huge|too long|too big", re.IGNORECASE)
_ENCODING = re.compile("encoding|not proper UTF-8|invalid bytes|invalid byte sequence", re.IGNORECASE)
# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Enough(Exception):  # noqa: N818  not an error: the prologue has been read
    pass


def parse(data: bytes, *, most: int = MOST_BYTES) -> etree._Element:
    """The root element; UnreadableError with what is wrong, and its line where there is one.

    A document type is refused before anything that it declares is read, so that no entity is ever expanded and no
    address asked. Comments and processing instructions are gone.
    """
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf\xfe\xff"):
        raise UnreadableError(Problem(0, Trouble.EMPTY))
    if len(data) > most:
        raise UnreadableError(Problem(0, Trouble.TOO_LARGE, {"most": most // (1024 * 1024)}))
    _refuse_doctype(data)
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root: etree._Element | None = None
    depth = count = 0
    is_whole = False
    try:
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
            for event, element in parser.read_events():
                if event == "end":
                    depth -= 1
                    continue
                depth, count = depth + 1, count + 1
                if root is None:
                    root = element
                if depth > DEEPEST:
                    raise UnreadableError(Problem(element.sourceline or 0, Trouble.TOO_DEEP))
                if count > MOST_ELEMENTS:
                    raise UnreadableError(Problem(element.sourceline or 0, Trouble.TOO_MANY))
        is_whole = True
        parser.close()
    except etree.XMLSyntaxError as error:
        raise UnreadableError(_problem(error, is_at_end=is_whole)) from error
    except UnreadableError:
        raise
    except (LookupError, ValueError) as error:
        raise UnreadableError(Problem(1, Trouble.BROKEN_XML, {"line": 1})) from error
    if root is None:
        raise UnreadableError(Problem(1, Trouble.BROKEN_XML, {"line": 1}))
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError(Problem(1, Trouble.DOCTYPE))
    return root


def _refuse_doctype(data: bytes) -> None:
    """Reads up to the first element and no further; what is no XML is left to the parser proper, for its sentence."""
    scan = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise UnreadableError(Problem(scan.CurrentLineNumber, Trouble.DOCTYPE))

    def enough(*_: object) -> None:
        raise _Enough

    scan.StartDoctypeDeclHandler = refuse
    scan.StartElementHandler = enough
    try:
        for start in range(0, len(data), _CHUNK):
            scan.Parse(data[start : start + _CHUNK], False)
    except (_Enough, expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, UnreadableError):
            raise


def _problem(error: etree.XMLSyntaxError, *, is_at_end: bool) -> Problem:
    """``is_at_end``: the parser had the whole file and missed something."""
    line, message = error.lineno or 1, str(error.msg or "")
    if _ENCODING.search(message):
        return Problem(line, Trouble.WRONG_ENCODING, {"encoding": "UTF-8"})
    if _DEPTH.search(message):
        return Problem(line, Trouble.TOO_DEEP)
    if _HUGE.search(message):
        return Problem(line, Trouble.TOO_LARGE, {"most": 10})
    if is_at_end or _TRUNCATED.search(message):
        return Problem(line, Trouble.TRUNCATED)
    return Problem(line, Trouble.BROKEN_XML, {"line": line})


def safe(text: str) -> str:
    """``text`` without what XML cannot hold."""
    return _FORBIDDEN.sub("", text)


def local(element: etree._Element) -> str:
    """The name of ``element`` without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
