"""The guides for a first visit: pages of the CMS, made once from the texts beside this app, then the trainers' own."""

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from markdown_it import MarkdownIt

from lms.home.models import HomePage, TextPage

FOLDER = Path(__file__).resolve().parent.parent / "content" / "huong-dan"


@dataclass(frozen=True)
class Guide:
    title: str
    slug: str
    guide_for: str
    body: str


def read_guides() -> list[Guide]:
    """The texts as HTML, in the order of their files."""
    found = []
    for path in sorted(FOLDER.glob("*.md")):
        _, head, text = path.read_text().split("---\n", 2)
        words = dict(line.split(": ", 1) for line in head.splitlines())
        found.append(Guide(words["title"], words["slug"], words["guide_for"], MarkdownIt().render(text).strip()))
    return found


@transaction.atomic
def ensure_guides() -> int:
    """Publish the guides that are not there; how many. One that a trainer has changed, renamed or unpublished stays."""
    home = HomePage.objects.first()
    if home is None:
        return 0
    made = 0
    for guide in read_guides():
        if TextPage.objects.filter(guide_for=guide.guide_for).exists():
            continue
        page = TextPage(title=guide.title, slug=guide.slug, guide_for=guide.guide_for, body=guide.body)
        home.add_child(instance=page)
        page.save_revision().publish()
        made += 1
    return made
