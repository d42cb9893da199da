"""A file or an address, or both, checked when it comes in; a person marks it.

Content: ``{"file_kinds", "most_files", "link", "needs_both", "notes"}``. ``link``: "" for none, else a key of LINKS.
``notes`` are for whoever marks and are never shown to a learner.

Answer: ``{"files", "link"}`` (types.answer_files), the address as it was typed: one that is not what is asked for is
kept, said to be wrong and counts as unfinished. Nothing is fetched from it.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.rules import LinkRefusedError, checked_link
from lms.core import text
from lms.core.facebook import NotAPageAddressError, Reason, page_address
from quizzes import marking
from quizzes.types import answer_files
from quizzes.types.base import BadAnswerError, Content, Explained, Post, QuestionType, one, plain
from quizzes.types.essay import notes_field

LONGEST = 600
HTTPS, PAGE, POST = "https", "facebook_page", "facebook_post"
FACEBOOK = "facebook"
LINKS: dict[str, Promise] = {
    HTTPS: gettext_lazy("any address that begins with https://"),
    PAGE: gettext_lazy("the address of a page on facebook.com"),
    POST: gettext_lazy("the address of a post on facebook.com"),
    FACEBOOK: gettext_lazy("the address of a page or of a post on facebook.com"),
}
# What the phone copies for a post is often a sharing link: where it leads is seen by whoever opens it.
_OF_POSTS = (Reason.POST, Reason.VIDEO, Reason.SHARE_LINK)
_HOSTS = ("facebook.com", "fb.com", "fb.watch")


class LinkProblemError(ValueError):
    """Carries the sentence."""


@dataclass(frozen=True)
class Shown:
    """``address``: what the typed link leads to, "" while it is not what is asked for; then ``problem`` says why."""

    files: tuple[answer_files.FileShown, ...]
    rules: answer_files.FileRules
    asks_link: bool
    link: str
    address: str
    problem: str
    wanted: str
    longest: int
    needs_both: bool


def address_in(kind: str, typed: str) -> str:
    """The https address that ``typed`` gives; LinkProblemError where it is not what ``kind`` asks for."""
    if kind == HTTPS:
        return _https(typed)
    try:
        page = page_address(typed)
    except NotAPageAddressError as refusal:
        if kind != PAGE and refusal.reason in _OF_POSTS:
            return _post(typed)
        raise LinkProblemError(_facebook_problem(kind, refusal.reason)) from None
    if kind == POST:
        raise LinkProblemError(_("This is the address of a page. Open the post itself and copy its link."))
    return page.url


def _https(typed: str) -> str:
    try:
        return checked_link(typed)
    except LinkRefusedError:
        raise LinkProblemError(
            _("This is not an address that begins with https://. Copy it from the address bar and paste it here.")
        ) from None


def _post(typed: str) -> str:
    words = [word for word in typed.split() if any(host in word.lower() for host in _HOSTS)]
    link = _https(words[0] if len(words) == 1 else typed)
    host = link.split("/")[2].lower()
    if not any(host == known or host.endswith(f".{known}") for known in _HOSTS) or host.split(".")[0] in ("l", "lm"):
        raise LinkProblemError(_facebook_problem(POST, Reason.NOT_FACEBOOK))
    return link


def _facebook_problem(kind: str, reason: Reason) -> str:
    if reason == Reason.NOT_FACEBOOK:
        return _("This is not an address on facebook.com.")
    if kind == PAGE and reason in (Reason.POST, Reason.VIDEO):
        return _("This is the address of a single post. Give that of the page itself.")
    if kind == PAGE and reason == Reason.SHARE_LINK:
        return _("This is a sharing link. Open the page in a browser and copy the address from the address bar.")
    return _("This is not %(wanted)s. Open it in a browser, copy the address and paste it here.") % {
        "wanted": LINKS[kind]
    }


class Upload(QuestionType):
    NAME = "upload"
    LABEL = gettext_lazy("File or link")
    SOURCE_KEYS = frozenset({"file_kinds", "most_files", "link", "needs_both", "notes"})
    ORDER = 210
    NEEDS_MARKER = True

    def file_rules(self, content: Content) -> answer_files.FileRules:
        return answer_files.rules_in(content)

    def validate(self, content: Content) -> list[str]:
        link, both = content.get("link", ""), content.get("needs_both", False)
        errors = answer_files.problems(content)
        if link and (not isinstance(link, str) or link not in LINKS):
            errors.append(_("There is no such kind of link."))
        if not errors and not content.get("most_files") and not link:
            errors.append(_("Ask for a file, for a link, or for both."))
        if not isinstance(both, bool) or (both and not (link and content.get("most_files"))):
            errors.append(_("Both can be required only where both a file and a link are asked for."))
        if not isinstance(content.get("notes", ""), str):
            errors.append(_("Template and notes are texts."))
        return errors

    def map_texts(self, content: Content, change: Callable[[str], str]) -> Content:
        return {**content, "notes": change(content.get("notes", ""))}

    def freeze(self, content: Content, rng: random.Random, shuffles: bool) -> list[str]:
        return []

    def _address(self, content: Content, typed: str) -> tuple[str, str]:
        """(address, problem): one of them "", both without a link."""
        if not typed or not content.get("link"):
            return "", ""
        try:
            return address_in(content["link"], typed), ""
        except LinkProblemError as problem:
            return "", str(problem)

    def present(self, content: Content, order: list[str], answer: dict[str, Any] | None) -> Shown:
        link = answer["link"] if answer else ""
        address, problem = self._address(content, link)
        return Shown(
            files=answer_files.shown(answer["files"] if answer else ()),
            rules=self.file_rules(content),
            asks_link=bool(content.get("link")),
            link=link,
            address=address,
            problem=problem,
            wanted=str(LINKS.get(content.get("link", ""), "")),
            longest=LONGEST,
            needs_both=content.get("needs_both", False),
        )

    def parse(self, post: Post, name: str, content: Content) -> dict[str, Any] | None:
        link = text.clean(one(post, name).replace("\0", ""))
        if len(link) > LONGEST or (link and not content.get("link")):
            raise BadAnswerError(name)
        files = answer_files.parse(post, name, self.file_rules(content))
        return {"files": files, "link": link} if files or link else None

    def fields(self, answer: dict[str, Any] | None, name: str) -> list[tuple[str, str]]:
        if not answer:
            return []
        return [(name, answer["link"])] * bool(answer["link"]) + answer_files.fields(answer["files"], name)

    def is_complete(self, content: Content, answer: dict[str, Any] | None) -> bool:
        if not answer:
            return False
        address, problem = self._address(content, answer["link"])
        has_file, has_link = bool(answer["files"]), bool(address)
        return not problem and (has_file and has_link if content.get("needs_both") else has_file or has_link)

    def mark(self, content: Content, answer: dict[str, Any] | None) -> Fraction | None:
        return None if answer else marking.NOTHING

    def summarise(self, content: Content, answer: dict[str, Any] | None) -> str:
        return "; ".join(line.text for line in self.explain(content, answer))

    def right_summary(self, content: Content) -> str:
        return ""

    def explain(self, content: Content, answer: dict[str, Any] | None) -> list[Explained]:
        if not answer:
            return []
        _address, problem = self._address(content, answer["link"])
        links = [Explained(answer["link"], None, problem)] if answer["link"] else []
        return [*links, *(Explained(file["name"], None) for file in answer["files"])]

    def incompatible(self, old: Content, new: Content) -> str:
        """What a person has marked is marked again by a person, whatever changed."""
        return ""

    def from_source(self, source: Mapping[str, Any]) -> Content:
        return {
            **answer_files.from_source(source),
            "link": source.get("link", ""),
            "needs_both": source.get("needs_both", False),
            "notes": plain(source.get("notes", "")),
        }

    def edit_fields(self, content: Content) -> dict[str, forms.Field]:
        return {
            **answer_files.edit_fields(content),
            "link": forms.ChoiceField(
                label=gettext_lazy("Link that is asked for"),
                required=False,
                choices=[("", gettext_lazy("no link")), *LINKS.items()],
                initial=content.get("link", ""),
            ),
            "needs_both": forms.BooleanField(
                label=gettext_lazy("Both a file and a link are required"),
                required=False,
                initial=content.get("needs_both", False),
            ),
            "notes": notes_field(content),
        }

    def from_form(self, cleaned: Mapping[str, Any]) -> Content:
        return {
            **answer_files.chosen(cleaned),
            "link": cleaned.get("link") or "",
            "needs_both": bool(cleaned.get("needs_both")),
            "notes": plain(cleaned.get("notes") or ""),
        }


TYPE = Upload()
