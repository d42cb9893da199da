"""Who knows the password of the quiz may begin; case and spaces at the ends do not matter, diacritics do."""

from secrets import compare_digest

from django.utils.translation import gettext as _

from lms.core import text
from quizzes.access.base import Asked, Held


def _comparable(given: str) -> bytes:
    return text.clean(given).casefold().encode()


class Password:
    NAME = "password"
    ORDER = 20

    def asks_for(self, held: Held) -> str:
        return "password" if held.password else ""

    def refuse(self, held: Held, asked: Asked) -> str:
        if not held.password or compare_digest(_comparable(held.password), _comparable(asked.password)):
            return ""
        if not asked.password:
            return _("Type the password of this quiz, which the organisers tell you.")
        return _("That is not the password of this quiz. Ask the organisers and type it again.")


RULE = Password()
