"""What a learner has done at a quiz, beside what its page says; and questions written in short Markdown."""

from functools import lru_cache
from typing import Any

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from lms.core import clock
from quizzes.models import QuizPage
from quizzes.queries import attempts as screens
from quizzes.queries import bank
from quizzes.services import attempts

register = template.Library()
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "code", "blockquote"}


@register.filter
@lru_cache(maxsize=4096)
def short_markdown(text: str) -> SafeString:
    """Paragraphs, lists, bold, italic; anything else is shown as typed or left out."""
    return mark_safe(nh3.clean(_markdown.render(text), tags=_TAGS, attributes={}))  # noqa: S308  cleaned


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
