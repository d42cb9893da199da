"""Only with a ticket of a supervised session. Whether it is good is asked of services.sessions, in the transaction."""

from django.utils.translation import gettext as _

from quizzes.access.base import Asked, Held


class Ticket:
    NAME = "ticket"
    ORDER = 30

    def asks_for(self, held: Held) -> str:
        return "ticket" if held.needs_ticket else ""

    def refuse(self, held: Held, asked: Asked) -> str:
        if held.needs_ticket and not asked.ticket.strip():
            return _("Type the code on your ticket, which the invigilator hands out.")
        return ""


RULE = Ticket()
