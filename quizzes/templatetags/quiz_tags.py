"""What a learner has done at a quiz, beside what its page says; and questions written in short Markdown."""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import nh3
from django import template
from django.utils.html import escape, format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from lms.core import clock
from lms.core.numbers import number
from quizzes.models import QuizPage
from quizzes.queries import attempts as screens
from quizzes.queries import bank
from quizzes.services import attempts

register = template.Library()

_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "code", "blockquote", "img"}
_ATTRIBUTES = {"img": {"src", "alt", "loading"}}
_PICTURE = re.compile(r"picture:([0-9a-f]{64})")
# Where quizzes.urls serves it; names of files never come into a text.
_PICTURE_ADDRESS = "/quizzes/pictures/{}/"


def _image(renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    """A picture of the bank; of any other only what it is called is left. Its size is left to the browser: to know it
    would take a query a page, and a lazy picture of a stem moves nothing that is being read."""
    token = tokens[index]
    found = _PICTURE.fullmatch(str(token.attrs.get("src", "")))
    if found is None:
        return escape(token.content)
    address = _PICTURE_ADDRESS.format(found[1])
    return f'<img src="{address}" alt="{escape(token.content)}" loading="lazy">'


_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
_markdown.add_render_rule("image", _image)  # type: ignore[arg-type]


@register.filter
@lru_cache(maxsize=4096)
def short_markdown(text: str) -> SafeString:
    """Paragraphs, lists, bold, italic, pictures of the bank; anything else is shown as typed or left out."""
    return mark_safe(nh3.clean(_markdown.render(text), tags=_TAGS, attributes=_ATTRIBUTES))  # noqa: S308  cleaned


@register.filter
def plain_markdown(text: str) -> str:
    """The words alone, for a line of a list; a picture by its description."""
    return strip_tags(re.sub(r"!\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("**", ""))


@register.filter
def mark(value: Decimal | None) -> str:
    """Marks with at most two decimals, none where they are whole: 1, 0,5, 0,33."""
    if value is None:
        return ""
    rounded = value.quantize(Decimal("0.01"))
    places = 0 if rounded == rounded.to_integral() else 1 if rounded * 10 == (rounded * 10).to_integral() else 2
    return number(rounded, places)


@register.simple_tag
def cells(row: Sequence[screens.Cell]) -> SafeString:
    """The squares of the list of questions. Written out here: a page of an attempt has twenty of them or more."""
    return format_html_join(
        "",
        '<li id="cell-{}" class="{}">{}</li>',
        ((cell.position, cell.kind, _square(cell)) for cell in row),
    )


def _square(cell: screens.Cell) -> SafeString:
    if not cell.is_open:
        return format_html('<span aria-label="{}">{}</span>', cell.says, cell.label)
    current = mark_safe(' aria-current="step"') if cell.is_current else ""
    return format_html(
        '<button form="question" name="go" value="{}"{} aria-label="{}">{}</button>',
        cell.position,
        current,
        cell.says,
        cell.label,
    )


@register.simple_tag(takes_context=True)
def quiz_panel(context: dict[str, Any], page: QuizPage) -> screens.QuizPanel | None:
    """Uses what the gate (courses.wagtail_hooks) left on the request; None in a preview and before publication."""
    request = context["request"]
    if getattr(request, "is_preview", False):
        return None
    access = getattr(request, "access", None)
    return screens.quiz_panel(page.translation_key, access.enrolment if access else None, clock.now())


@register.simple_tag
def refusal_sentence(panel: screens.QuizPanel) -> str:
    return attempts.sentence(panel.refusal) if panel.refusal else ""


@register.simple_tag
def preview_sample(page: QuizPage) -> list[screens.Sample]:
    return screens.preview_sample(page)


@register.simple_tag
def pool_sizes(page: QuizPage) -> list[tuple[str, int, int]]:
    """(category, how many are drawn, how many there are) of each draw: for the author's preview."""
    return [
        (draw.category.name, draw.count, bank.pool_size(draw.category)) for draw in page.draws.all() if draw.category
    ]
