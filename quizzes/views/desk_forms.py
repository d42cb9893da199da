"""Forms of the desk. All of them work without JavaScript and keep what was typed."""

import datetime as dt
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lms.accounts.models import User
from lms.core import clock, text
from lms.units.models import Unit
from lms.units.queries import UnitHit, names_on, search_units
from quizzes.access.network import networks
from quizzes.models import Quiz
from quizzes.queries import desk
from quizzes.services.salvage import MOST_BYTES

MOMENTS = ["%H:%M %d/%m/%Y", "%d/%m/%Y %H:%M", "%Hh%M %d/%m/%Y", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
DAYS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]


def _moment(label: Any, *, required: bool = False, help_text: Any = "") -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=required,
        input_formats=MOMENTS,
        help_text=help_text or _("For example 08:00 25/11/2026."),
        error_messages={"invalid": _("Write the time and the day as 08:00 25/11/2026.")},
        widget=forms.DateTimeInput(
            format="%H:%M %d/%m/%Y",
            attrs={"type": "text", "inputmode": "numeric", "placeholder": "hh:mm dd/mm/yyyy", "autocomplete": "off"},
        ),
    )


def _unit_labels(units: list[Unit], hits: list[UnitHit]) -> list[tuple[str, str]]:
    names = names_on(units, clock.today())
    labels = [(str(unit.pk), names[unit.pk].name) for unit in units if unit.pk in names]
    known = {pk for pk, _name in labels}
    return labels + [
        (str(hit.unit.id), f"{hit.unit.name} ({hit.where})" if hit.where else hit.unit.name)
        for hit in hits
        if str(hit.unit.id) not in known
    ]


class _WithUnits(forms.Form):
    """A unit out of those where ``person`` supervises: the tops to choose from, others by searching."""

    unit_search = forms.CharField(
        label=_("Another unit below"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    def _find_units(self, person: User, chosen: str) -> list[tuple[str, str]]:
        tops = desk.supervised_units(person)
        typed = text.clean((self.data.get("unit_search") or "") if self.is_bound else "")[:80].replace("\0", "")
        hits = {hit.unit.id: hit for top in tops for hit in (search_units(typed, within=top, limit=8) if typed else [])}
        units = list(tops)
        if chosen.isascii() and chosen.isdigit() and len(chosen) < 10:
            kept = desk.supervised_unit(person, int(chosen))
            if kept is not None and kept.pk not in [unit.pk for unit in units]:
                units.append(kept)
        self.searched = bool(typed)
        self.found = list(hits.values())
        return _unit_labels(units, self.found)

    def without_complaints(self) -> Any:
        """What was typed stays; what is missing is not said yet."""
        self._errors = ErrorDict()
        return self


class OverrideForm(_WithUnits):
    """Whom it is for (a person found by name, or a unit), what differs, why and until when."""

    PERSON, UNIT = "person", "unit"

    whom = forms.ChoiceField(
        label=pgettext_lazy("exception", "For whom"),
        choices=[(PERSON, _("one person")), (UNIT, _("everybody of a unit and below it"))],
        widget=forms.RadioSelect,
        initial=PERSON,
    )
    person_search = forms.CharField(
        label=_("Find the person"),
        required=False,
        max_length=80,
        help_text=_("Without diacritics too. Part of a name is enough."),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    person = forms.TypedChoiceField(
        label=_("Person"), coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    unit = forms.TypedChoiceField(
        label=_("Unit"), coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    opens_at = _moment(_("Opens at"))
    closes_at = _moment(_("Closes at"))
    limit_minutes = forms.IntegerField(
        label=_("Time limit, minutes"), required=False, min_value=0, max_value=1440, help_text=_("0: no limit.")
    )
    time_factor = forms.DecimalField(
        label=_("Time multiplied by"),
        required=False,
        min_value=1,
        max_value=5,
        max_digits=4,
        decimal_places=2,
        localize=True,
        help_text=_("For example 1,5 for somebody who needs half as long again."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    max_attempts = forms.IntegerField(
        label=_("Attempts in all"), required=False, min_value=0, max_value=99, help_text=_("0: no limit.")
    )
    password = forms.CharField(label=_("A password of its own"), required=False, max_length=60)
    no_password = forms.BooleanField(label=_("No password is asked for"), required=False)
    reason = forms.CharField(
        label=pgettext_lazy("decision", "Reason"),
        max_length=300,
        help_text=_("For example: on sick leave until 20/11, doctor's note handed in."),
    )
    expires_on = forms.DateField(
        label=_("Valid until"),
        required=False,
        input_formats=DAYS,
        help_text=_("The last day. Empty: until it is withdrawn."),
        error_messages={"invalid": _("Write the day as dd/mm/yyyy, for example 30/11/2026.")},
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric", "placeholder": "dd/mm/yyyy"}),
    )

    def __init__(self, sent: Any = None, *, person: User, quiz: Quiz) -> None:
        super().__init__(sent, label_suffix="")
        self.viewer, self.quiz = person, quiz
        fields: Any = self.fields
        typed = text.clean((sent.get("person_search") or "") if sent else "")[:80].replace("\0", "")
        self.people_searched = bool(typed)
        self.people = desk.find_people(person, quiz, typed) if typed else []
        sent_person = (sent.get("person") or "") if sent else ""
        chosen = int(sent_person) if sent_person.isascii() and sent_person.isdigit() and len(sent_person) < 10 else 0
        if chosen and chosen not in [each.id for each in self.people]:
            self.people = [*desk.person_supervised(person, quiz, chosen), *self.people]
        fields["person"].choices = [(str(each.id), _who(each)) for each in self.people]
        fields["unit"].choices = self._find_units(person, (sent.get("unit") or "") if sent else "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("whom") == self.PERSON and not cleaned.get("person") and "person" not in self.errors:
            self.add_error("person_search", _("Find the person by name and choose."))
        if cleaned.get("whom") == self.UNIT and not cleaned.get("unit") and "unit" not in self.errors:
            self.add_error("unit", _("Choose the unit."))
        if cleaned.get("password") and cleaned.get("no_password"):
            self.add_error("password", _("Either a password of its own or none: not both."))
        opens, closes = cleaned.get("opens_at"), cleaned.get("closes_at")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("It has to close after it opens."))
        if not self.errors and all(value is None for value in self.values.values()):
            self.add_error(None, _("Fill in at least one thing that is to differ."))
        return cleaned

    def clean_expires_on(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["expires_on"]
        if day and day < clock.today():
            raise forms.ValidationError(_("That day is over already."))
        return day

    @property
    def values(self) -> dict[str, Any]:
        """What differs; None: as the quiz says."""
        found = {
            name: self.cleaned_data.get(name)
            for name in ("opens_at", "closes_at", "limit_minutes", "time_factor", "max_attempts")
        }
        password = self.cleaned_data.get("password") or None
        return {**found, "password": "" if self.cleaned_data.get("no_password") else password}

    @property
    def chosen_person(self) -> User | None:
        if self.cleaned_data["whom"] != self.PERSON:
            return None
        return User.objects.get(pk=self.cleaned_data["person"])

    @property
    def chosen_unit(self) -> Unit | None:
        if self.cleaned_data["whom"] != self.UNIT:
            return None
        return Unit.objects.get(pk=self.cleaned_data["unit"])


def _who(each: desk.Candidate) -> str:
    where = ", ".join(part for part in (each.position, each.unit) if part)
    return f"{each.name} – {where}" if where else each.name


class SessionFacts(forms.Form):
    """What is said of a sitting: where, when, from which computers, who watches."""

    room = forms.CharField(
        label=_("Room"), max_length=150, help_text=_("For example: Hall A, Front committee of the province.")
    )
    planned_at = _moment(_("Begins at"), required=True)
    networks = forms.CharField(
        label=_("Only from these network addresses"),
        required=False,
        max_length=2000,
        help_text=_("One address or range a line, e.g. 10.1.0.0/16. Empty: from everywhere."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    invigilators = forms.CharField(
        label=_("Invigilators"), max_length=300, help_text=_("Names as the minutes are to have them, with commas.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def clean_networks(self) -> str:
        lines: str = self.cleaned_data["networks"].strip()
        try:
            list(networks(lines))
        except ValueError as bad:
            raise forms.ValidationError(
                _("“%(line)s” is not a network address."), params={"line": str(bad)[:60]}
            ) from None
        return lines


class SessionForm(SessionFacts, _WithUnits):
    """A new sitting: of which quiz, for the officers of which unit."""

    quiz = forms.TypedChoiceField(label=_("Quiz"), coerce=int)
    unit = forms.TypedChoiceField(label=_("For the officers of"), coerce=int, widget=forms.RadioSelect)

    field_order = ["quiz", "unit", "unit_search", "room", "planned_at", "networks", "invigilators"]

    def __init__(self, sent: Any = None, *, person: User, initial: dict[str, Any] | None = None) -> None:
        super().__init__(sent, initial={"invigilators": person.get_full_name(), **(initial or {})})
        fields: Any = self.fields
        quizzes = Quiz.objects.filter(activity__retired_at__isnull=True).select_related("activity__course")
        fields["quiz"].choices = [
            (str(quiz.pk), f"{quiz.activity.title} – {quiz.activity.course.title}")
            for quiz in quizzes.order_by("activity__course__title", "activity__position")
        ]
        labels = self._find_units(person, (sent.get("unit") or "") if sent else "")
        fields["unit"].choices = labels
        if labels:
            self.initial.setdefault("unit", labels[0][0])


class VoidForm(forms.Form):
    reason = forms.CharField(
        label=pgettext_lazy("decision", "Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    decision_number = forms.CharField(label=_("Number of the decision"), max_length=60)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=pgettext_lazy("decision", "Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class SalvageForm(forms.Form):
    """The file that a learner's page saved; the second time its text, which the page carried."""

    file = forms.FileField(label=_("File of answers"), required=False, max_length=200)
    text_sent = forms.CharField(required=False, strip=False, max_length=MOST_BYTES, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=pgettext_lazy("decision", "Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        sent = cleaned.get("file")
        self.data_bytes = b""
        if sent is not None and sent.size > MOST_BYTES:
            self.add_error("file", _("This file is too large to be one of answers."))
        elif sent is not None:
            self.data_bytes = sent.read()
        else:
            self.data_bytes = (cleaned.get("text_sent") or "").encode()
        if not self.data_bytes and "file" not in self.errors:
            self.add_error("file", _("Choose the file that the learner handed over."))
        return cleaned

    @property
    def text(self) -> str:
        return self.data_bytes.decode("utf-8-sig", errors="replace")
