"""Giving a task: what is asked on the one page, and the step before it is given. All of it works without JavaScript."""

import datetime as dt
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from courses.models import Course
from lms.accounts import phones
from lms.accounts.models import User
from lms.core import clock, text
from lms.plans import queries, rules
from lms.plans.models import BasisDocument
from lms.units.models import Appointment, Grant, Level, Unit
from lms.units.queries import UnitHit, names_on, search_units
from lms.units.scope import granted_paths, granted_units

DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]
_OFFICER, _TEAM = Appointment.Duty.OFFICER.value, Appointment.Duty.TEAM.value
DUTIES = {"officer": (_OFFICER,), "team": (_OFFICER, _TEAM), "everybody": ()}


class _DeadlineMixin(forms.Form):
    """The fields that may be changed later."""

    deadline = forms.DateField(
        label=_("Deadline"),
        required=False,
        input_formats=DATE_FORMATS,
        help_text=_("The last day, until 23:59; for example 30/11/2026. Empty: no deadline."),
        error_messages={"invalid": _("Write the day as dd/mm/yyyy, for example 30/11/2026.")},
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric", "placeholder": "dd/mm/yyyy"}),
    )
    contact_name = forms.CharField(label=_("Whom to ask"), max_length=100)
    contact_phone = forms.CharField(
        label=_("Telephone"), max_length=30, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})
    )
    note = forms.CharField(
        label=_("A line for the officers"),
        required=False,
        max_length=300,
        help_text=_("For example: bring the certificate to the meeting of 05/12."),
    )

    # The deadline that stands, which may stay although it is over.
    standing_deadline: dt.date | None = None

    def clean_deadline(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["deadline"]
        if day and day != self.standing_deadline and day < clock.today():
            raise forms.ValidationError(_("That day is over already."))
        return day

    def clean_contact_phone(self) -> str:
        typed: str = text.clean(self.cleaned_data["contact_phone"])
        if sum(char.isdigit() for char in typed) < 6:
            raise forms.ValidationError(_("Write a telephone number that can be called."))
        return typed


class TaskForm(_DeadlineMixin):
    """``found``: units that the search brought up, to be chosen beside the own ones."""

    course = forms.ModelChoiceField(label=_("Course"), queryset=Course.objects.none(), empty_label=None)
    unit = forms.TypedChoiceField(label=_("For the units below"), coerce=int, widget=forms.RadioSelect)
    levels = forms.ModelMultipleChoiceField(
        label=_("Level"),
        queryset=Level.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every level."),
    )
    duty = forms.ChoiceField(
        label=_("Duty"),
        widget=forms.RadioSelect,
        choices=[
            ("officer", _("Officers in charge of the page")),
            ("team", _("Officers in charge of the page and members of the page team")),
            ("everybody", _("All officers")),
        ],
        initial="officer",
    )
    positions = forms.MultipleChoiceField(
        label=_("Position"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every position."),
    )
    other_positions = forms.CharField(
        label=_("Other positions, separated by commas"),
        required=False,
        max_length=300,
        help_text=_("Words are enough: “Phó Chủ tịch” finds “Phó Chủ tịch Thường trực” too."),
    )
    basis = forms.ModelChoiceField(
        label=_("A document entered before"),
        queryset=BasisDocument.objects.none(),
        required=False,
        empty_label=_("none of these"),
    )
    document_kind = forms.CharField(label=pgettext_lazy("document", "Kind"), required=False, max_length=60)
    document_reference = forms.CharField(label=_("Number and symbol"), required=False, max_length=80)
    document_date = forms.CharField(label=_("Date as written"), required=False, max_length=60)
    document_issuer = forms.CharField(label=pgettext_lazy("document", "Issued by"), required=False, max_length=200)
    document_title = forms.CharField(label=_("About"), required=False, max_length=300)
    unit_search = forms.CharField(
        label=_("Another unit below"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    def __init__(self, sent: Any = None, *, manager: User, initial: dict[str, Any] | None = None) -> None:
        """``sent``: what was typed, None for a fresh form."""
        today = clock.today()
        self.manager = manager
        self.paths = granted_paths(manager, Grant.Right.ASSIGN)
        own = [
            unit for unit in granted_units(manager, Grant.Right.ASSIGN) if not unit.closed_on or unit.closed_on > today
        ]
        start = {
            "unit": own[0].pk if own else None,
            "contact_name": manager.get_full_name(),
            "contact_phone": phones.display(manager.phone or ""),
        }
        super().__init__(sent, initial={**start, **(initial or {})}, label_suffix="")
        self.found = self._search(own, today)
        self.searched = bool(sent and text.clean(sent.get("unit_search", "")))
        self._choices(own, today)

    def _search(self, own: list[Unit], today: dt.date) -> list[UnitHit]:
        typed = text.clean((self.data.get("unit_search") or "") if self.is_bound else "")[:80]
        if not typed or "\0" in typed:
            return []
        hits = {hit.unit.id: hit for unit in own for hit in search_units(typed, today, within=unit, limit=8)}
        return list(hits.values())

    def _choices(self, own: list[Unit], today: dt.date) -> None:
        fields: Any = self.fields
        ids = [unit.pk for unit in own]
        chosen = (self.data.get("unit") if self.is_bound else self.initial.get("unit")) or ""
        if str(chosen).isascii() and str(chosen).isdigit() and int(chosen) not in ids:
            ids += self._allowed(int(chosen), today)
        names = names_on(ids, today)
        labels = [(str(pk), names[pk].name) for pk in ids if pk in names]
        labels += [
            (str(hit.unit.id), f"{hit.unit.name} ({hit.where})" if hit.where else hit.unit.name)
            for hit in self.found
            if hit.unit.id not in ids
        ]
        fields["unit"].choices = labels
        fields["course"].queryset = Course.objects.filter(retired_at__isnull=True).order_by("title")
        levels = queries.levels_below(self.paths, today)
        fields["levels"].queryset = Level.objects.filter(pk__in=[level.pk for level in levels]).order_by("rank")
        fields["levels"].label_from_instance = queries.level_words
        held = queries.positions_in_use(self.paths, today)
        kept = [entry for entry in self._sent("positions") if len(entry) <= 150] if self.is_bound else []
        fields["positions"].choices = [(rules.WHOLE + position, position) for position in held] + [
            (entry, rules.shown_position(entry)) for entry in kept if rules.shown_position(entry) not in held
        ]
        fields["basis"].queryset = queries.documents_known(self.manager)
        fields["basis"].label_from_instance = queries.document_said

    def _sent(self, name: str) -> list[str]:
        data: Any = self.data
        return list(data.getlist(name))

    def without_complaints(self) -> "TaskForm":
        """What was typed stays; what is missing is not said yet."""
        self._errors = ErrorDict()
        return self

    def _allowed(self, pk: int, today: dt.date) -> list[int]:
        unit = Unit.objects.open_on(today).filter(pk=pk).first()
        return [pk] if unit and unit.path.startswith(tuple(self.paths)) else []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        typed = [name for name in cleaned if name.startswith("document_") and text.clean(cleaned[name])]
        if typed and cleaned.get("basis"):
            self.add_error("basis", _("Choose a document entered before, or write another one: not both."))
        elif typed and not text.clean(cleaned.get("document_reference", "")):
            self.add_error("document_reference", _("Write the number and symbol as they stand on the document."))
        return cleaned

    @property
    def unit_row(self) -> Unit:
        return Unit.objects.select_related("level").get(pk=self.cleaned_data["unit"])

    @property
    def wanted_positions(self) -> list[str]:
        typed = [text.clean(part) for part in self.cleaned_data["other_positions"].split(",")]
        return [*self.cleaned_data["positions"], *(part for part in typed if part)]

    @property
    def duties(self) -> tuple[str, ...]:
        return DUTIES[self.cleaned_data["duty"]]

    @property
    def document(self) -> dict[str, str]:
        """What was typed of a new document, for ``services.enter_document``; {} where there is none."""
        names = {
            "kind": "kind",
            "reference": "reference",
            "date_as_written": "date",
            "issuer": "issuer",
            "title": "title",
        }
        found = {name: text.clean(self.cleaned_data[f"document_{field}"]) for name, field in names.items()}
        return found if found["reference"] else {}

    def aim(self, unit: Unit) -> rules.Aim:
        return rules.Aim(
            unit.path,
            frozenset(level.pk for level in self.cleaned_data["levels"]),
            tuple(self.wanted_positions),
            frozenset(self.duties),
        )

    def sent_fields(self) -> list[tuple[str, str]]:
        """Everything that was sent, for the hidden fields of the step before the task is given."""
        return [(name, value) for name in self.fields if name != "unit_search" for value in self._sent(name) if value]


class ChangeForm(_DeadlineMixin):
    def __init__(self, *args: Any, standing_deadline: dt.date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.standing_deadline = standing_deadline


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is withdrawn"),
        max_length=300,
        help_text=_("For example: replaced by Plan 12/KH-MTTQ-BTT."),
    )
