"""Forms for reorganising units: the document, and one form for each kind of step, in the words of a resolution. All of
it works without JavaScript: "find" sends the form back with the units found, and what was typed stays.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from lms.core import text
from lms.units import queries as tree
from lms.units.models import DivisionType, ReorganisationStep, Unit
from lms.units.queries import UnitHit, UnitOnDay

DAY_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]
UNITS_FOUND = 12
MOST_PARTS = 12

Kind = ReorganisationStep.Kind
KINDS: tuple[tuple[str, Any, Any], ...] = (
    (Kind.MERGE.value, _("Merge units"), _("Several units become one, or one takes the others in.")),
    (Kind.SPLIT.value, _("Split a unit"), _("One unit is divided into two or more.")),
    (Kind.RENAME.value, _("New name or type"), _("The unit goes on as itself under another name, type or code.")),
    (Kind.TRANSFER.value, _("Under another unit"), _("Units come under another unit above them.")),
    (Kind.RELEVEL.value, _("Another level"), _("A unit goes on at another level.")),
    (Kind.DISSOLVE.value, _("Dissolve units"), _("Units end without a successor.")),
    (Kind.FOUND.value, _("Found a unit"), _("A unit that did not exist before.")),
)
KIND_NAMES = {kind: name for kind, name, _meaning in KINDS}


def day_field(label: Any, *, help_text: Any = "", required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        input_formats=DAY_FORMATS,
        error_messages={"invalid": _("Write the day as dd/mm/yyyy, for example 30/11/2026.")},
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric", "placeholder": "dd/mm/yyyy"}),
    )


# --- Choosing units -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """One line of a picker. ``ref``: the id of a unit, or what the plan calls a unit that it opens. ``where``: the
    units above, nearest first.
    """

    ref: str
    name: str
    where: str
    is_chosen: bool


@dataclass(frozen=True)
class Ground:
    """What the steps of one plan may name: the units open in its tops on its day, and what the plan itself opens
    (``opened``: ref → name).
    """

    tops: Sequence[Unit]
    day: dt.date
    opened: Mapping[str, str] = field(default_factory=dict)

    def find(self, typed: str) -> list[UnitHit]:
        """Three queries for each top."""
        hits = {
            hit.unit.id: hit
            for top in self.tops
            for hit in tree.search_units(typed, self.day, within=top, limit=UNITS_FOUND)
        }
        return list(hits.values())[:UNITS_FOUND]

    def units(self, ids: Sequence[int]) -> dict[int, tuple[UnitOnDay, str]]:
        """Those of ``ids`` that may be named: as they are called on the day, and the units above. Three queries."""
        paths = tuple(top.path for top in self.tops)
        rows = Unit.objects.open_on(self.day).filter(pk__in=ids)
        chains = tree.breadcrumbs_on([row for row in rows if row.path.startswith(paths)], self.day)
        found = {chain[-1].id: chain for chain in chains.values()}
        return {
            pk: (found[pk][-1], ", ".join(step.name for step in reversed(found[pk][1:-1]))) for pk in ids if pk in found
        }


class UnitPicker:
    """A field that holds units, with its own search: what was chosen stays, what is found stands below it.

    ``opened``: units that the plan opens may be chosen too, and stand there without a search.
    """

    def __init__(
        self,
        form: "QuietForm",
        name: str,
        label: Any,
        ground: Ground,
        *,
        chosen: Sequence[str],
        several: bool = False,
        opened: bool = False,
        help_text: Any = "",
    ) -> None:
        self.form, self.name, self.label, self.several, self.help_text = form, name, label, several, help_text
        self.search_name = f"{name}_search"
        typed = str(form.data.get(self.search_name, "")) if form.is_bound else ""
        self.typed = text.clean(typed.replace("\0", ""))[:80]
        may_open = ground.opened if opened else {}
        known = ground.units([int(ref) for ref in chosen if ref.isdecimal()])
        self.refs = [ref for ref in chosen if ref in may_open or (ref.isdecimal() and int(ref) in known)]
        if not several:
            self.refs = self.refs[:1]
        self.units = [known[int(ref)][0] for ref in self.refs if ref.isdecimal()]
        kept = [Choice(ref, *_described(ref, known, may_open), True) for ref in self.refs]
        self.hits = [hit for hit in ground.find(self.typed) if str(hit.unit.id) not in self.refs] if self.typed else []
        found = [Choice(str(hit.unit.id), hit.unit.name, hit.where, False) for hit in self.hits]
        new = [Choice(ref, *_described(ref, {}, may_open), False) for ref in may_open if ref not in self.refs]
        self.choices = [*kept, *found, *new]

    @property
    def searched(self) -> bool:
        return bool(self.typed)

    @property
    def ids(self) -> list[int]:
        return [int(ref) for ref in self.refs if ref.isdecimal()]

    @property
    def ref(self) -> str | None:
        return self.refs[0] if self.refs else None

    @property
    def errors(self) -> list[str]:
        return [str(error) for error in self.form.errors.get(self.name, [])] if self.form.is_bound else []


def _described(ref: str, known: Mapping[int, tuple[UnitOnDay, str]], opened: Mapping[str, str]) -> tuple[str, str]:
    if ref in opened:
        return opened[ref], gettext("opened by this change")
    unit, where = known[int(ref)]
    return unit.name, where


def sent_refs(data: Any, name: str) -> list[str]:
    """What was sent under ``name``, each once, in the order of sending."""
    return list(dict.fromkeys(value for value in data.getlist(name) if 0 < len(value) < 24 and value.isascii()))


class QuietForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def without_complaints(self) -> "QuietForm":
        """What was typed stays; what is missing is not said yet."""
        self._errors = ErrorDict()
        return self


# --- The document -------------------------------------------------------------------------------------


class HeadForm(QuietForm):
    """On whose word, from which day on, below which unit. ``tops``: where the person approves."""

    document_kind = forms.CharField(
        label=pgettext_lazy("document", "Kind"),
        max_length=60,
        widget=forms.TextInput(attrs={"list": "kinds-of-document", "autocomplete": "off"}),
        help_text=_("For example: Nghị quyết, Quyết định."),
    )
    document_number = forms.CharField(
        label=_("Number and symbol"),
        max_length=80,
        help_text=_("As it stands on the document, for example 1679/NQ-UBTVQH15."),
    )
    document_issued_on = day_field(_("Date of the document"))
    document_issuer = forms.CharField(label=pgettext_lazy("document", "Issued by"), max_length=200)
    document_title = forms.CharField(label=_("About"), required=False, max_length=300)
    effective_on = day_field(
        _("Takes effect on"), help_text=_("The first day of the new units. The day before, everything is as it was.")
    )

    def __init__(
        self, *args: Any, tops: Sequence[Unit], top: Unit | None = None, today: dt.date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        chosen = sent_refs(self.data, "top") if self.is_bound else [str(top.pk)] if top else []
        if not chosen and len(tops) == 1:
            chosen = [str(tops[0].pk)]
        self.top = UnitPicker(
            self, "top", _("Everything happens below"), Ground(tops, today), chosen=chosen,
            help_text=_("The lowest unit under which all units of the document stand, mostly the province."),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        issued, effective = cleaned.get("document_issued_on"), cleaned.get("effective_on")
        if issued and effective and issued > effective:
            self.add_error("document_issued_on", _("The document is dated after the day on which it takes effect."))
        if not self.top.ids:
            _complain(self, "top", _("Choose the unit."))
        return cleaned

    @property
    def document(self) -> dict[str, Any]:
        names = ("document_kind", "document_number", "document_issued_on", "document_issuer", "document_title")
        return {name: self.cleaned_data[name] for name in names}


def _complain(form: forms.Form, name: str, sentence: Any) -> None:
    """About a picker, which is no field of the form."""
    form.errors.setdefault(name, form.error_class()).append(str(sentence))


# --- The steps ----------------------------------------------------------------------------------------


class StepForm(QuietForm):
    """One step. ``chosen`` units stand in ``pickers``; ``units`` and ``params`` are what the engine reads
    (``lms.units.rules.changes.read_step``).
    """

    kind: ClassVar[str]
    type = forms.ChoiceField(label=_("Type"), required=False)
    name = forms.CharField(
        label=_("Name without the type"),
        required=False,
        max_length=130,
        help_text=_("For example: Hồng Gai. The type is put in front."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    code = forms.CharField(
        label=_("Official code"),
        required=False,
        max_length=10,
        help_text=_("Of the General Statistics Office; digits with their zeros. Empty where it is not known yet."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    # Which of the fields above the kind has.
    has: ClassVar[tuple[str, ...]] = ("type", "name", "code")
    empty_type: ClassVar[Any] = _("choose")

    def __init__(
        self, sent: Any = None, *, ground: Ground, step: ReorganisationStep | None = None, **kwargs: Any
    ) -> None:
        self.ground, self.step = ground, step
        self.told: Mapping[str, Any] = step.params if step else {}
        super().__init__(sent, initial=self.start(), **kwargs)
        self.types = list(DivisionType.objects.select_related("level").order_by("level__rank", "name"))
        self.pickers = self.pick()
        for name in ("type", "name", "code"):
            if name not in self.has:
                del self.fields[name]
        if "type" in self.fields:
            self._offer_types("type", self.fields["type"])

    # What each kind says for itself.

    def start(self) -> dict[str, Any]:
        """What a step that stands fills in."""
        return self.said(self.told.get("opening") or {})

    def pick(self) -> dict[str, UnitPicker]:
        raise NotImplementedError

    def check(self) -> None:
        """Complain about what is missing; what the tree forbids is the engine's business."""
        raise NotImplementedError

    @property
    def units(self) -> list[int]:
        return self.pickers["units"].ids

    @property
    def params(self) -> dict[str, Any]:
        raise NotImplementedError

    # What they share.

    def said(self, opening: Mapping[str, Any]) -> dict[str, Any]:
        kind, name = opening.get("type") or "", opening.get("name") or ""
        level = opening.get("level") or ""
        word = next(
            (row.name for row in DivisionType.objects.filter(key=kind).order_by("-level__rank")), ""
        ) if kind else ""  # fmt: skip
        if word and name.casefold().startswith(word.casefold() + " "):
            name = name[len(word) :].strip()
        return {"type": f"{level}:{kind}" if kind else "", "name": name, "code": opening.get("code") or ""}

    def _offer_types(self, name: str, choice_field: Any) -> None:
        levels: dict[str, list[tuple[str, str]]] = {}
        for row in self.types:
            levels.setdefault(row.level.name, []).append((f"{row.level.key}:{row.key}", _capital(row.name)))
        choice_field.choices = [("", self.empty_type), *levels.items()]
        initial = self.initial.get(name)
        if initial and initial.startswith(":"):
            # A step does not say the level where its units do.
            self.initial[name] = self._at_level(initial[1:])

    def _at_level(self, kind: str) -> str:
        levels = [unit.level for picker in self.pickers.values() for unit in picker.units]
        found = [row.level.key for row in self.types if row.key == kind]
        level = next((level for level in levels if level in found), found[-1] if found else "")
        return f"{level}:{kind}" if level else ""

    def picker(self, name: str, label: Any, *, told: Sequence[Any] = (), **options: Any) -> UnitPicker:
        chosen = sent_refs(self.data, name) if self.is_bound else [str(ref) for ref in told if ref]
        return UnitPicker(self, name, label, self.ground, chosen=chosen, **options)

    def parent_picker(self, label: Any = None, help_text: Any = "") -> UnitPicker:
        label = label or _("Under another unit (not required)")
        told = self.told.get("parent") or (self.told.get("opening") or {}).get("parent")
        return self.picker("parent", label, told=[told], opened=True, help_text=help_text)

    def full_name(self, kind: str, name: str) -> str:
        """ "Phường Hồng Gai"; a name typed with its type keeps it once."""
        name = text.clean(name)
        word = self.word_of(kind)
        if not word or name.casefold().startswith(word.casefold() + " "):
            return name
        return f"{_capital(word)} {name}"

    def word_of(self, kind: str) -> str:
        return next((row.name for row in self.types if f"{row.level.key}:{row.key}" == kind), "")

    def opening(self, prefix: str = "") -> dict[str, Any]:
        """The opening that was typed, without what was left empty."""
        cleaned = self.cleaned_data
        kind, name, code = (cleaned.get(f"{prefix}{key}", "") for key in ("type", "name", "code"))
        told = {
            "name": self.full_name(kind, name) if name else "",
            "type": kind.partition(":")[2],
            "code": text.clean(code),
        }
        return {key: value for key, value in told.items() if value}

    def need(self, name: str, sentence: Any) -> None:
        if not self.pickers[name].refs:
            _complain(self, name, sentence)

    def need_name(self) -> None:
        if not self.cleaned_data.get("name"):
            self.add_error("name", _("Write the new name."))
        if not self.cleaned_data.get("type"):
            self.add_error("type", _("Choose the type."))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.check()
        return cleaned


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


class MergeForm(StepForm):
    kind = Kind.MERGE.value
    absorbing = forms.ChoiceField(label=_("The new unit"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(unit.id), gettext("keeps name, type and code of %(unit)s") % {"unit": unit.name})
                   for unit in self.pickers["units"].units]  # fmt: skip
        absorbing: Any = self.fields["absorbing"]
        absorbing.choices = [("", _("bears a new name, written below")), *choices]

    def start(self) -> dict[str, Any]:
        return {**super().start(), "absorbing": str(self.told.get("absorbing") or "")}

    def pick(self) -> dict[str, UnitPicker]:
        units = self.step.units if self.step else ()
        return {
            "units": self.picker("units", _("Units that merge, each of them whole"), told=units, several=True),
            "parts": self.picker(
                "parts", _("Units of which only a part comes in (not required)"), told=self.told.get("parts") or (),
                several=True, help_text=_("For each of their people somebody decides where he or she goes on."),
            ),
            "children": self.picker(
                "children", _("Units below those parts that come along (not required)"),
                told=list(self.told.get("children") or ()), several=True,
            ),
            "parent": self.parent_picker(help_text=_("Without a choice it stands where the first of them stood.")),
        }  # fmt: skip

    def check(self) -> None:
        if len(self.pickers["units"].refs) + len(self.pickers["parts"].refs) < 2:
            _complain(self, "units", _("Find and mark at least two units."))
        if not self.cleaned_data.get("absorbing"):
            self.need_name()

    @property
    def params(self) -> dict[str, Any]:
        told: dict[str, Any] = {"opening": self.opening()}
        if self.pickers["parent"].ref:
            told["opening"]["parent"] = self.pickers["parent"].ref
        if self.cleaned_data.get("absorbing"):
            told["absorbing"] = int(self.cleaned_data["absorbing"])
        for name in ("parts", "children"):
            if self.pickers[name].ids:
                told[name] = self.pickers[name].ids
        return told


class SplitForm(StepForm):
    """``parts``: how many new units; the fields of each have its number in front. Units below the divided one are asked
    for, each with the part to which it goes.
    """

    kind = Kind.SPLIT.value
    has = ()

    def __init__(self, sent: Any = None, **kwargs: Any) -> None:
        super().__init__(sent, **kwargs)
        openings = list(self.told.get("openings") or ())
        asked = str(self.data.get("number", "")) if self.is_bound else ""
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else len(openings)
        if self.is_bound and self.data.get("do") == "more":
            number += 1
        self.number = max(2, min(number, MOST_PARTS))
        for place in range(self.number):
            said = self.said(openings[place]) if place < len(openings) else {}
            for name in ("type", "name", "code"):
                full = f"part{place}_{name}"
                self.fields[full] = self._copy_of(name)
                self.initial[full] = said.get(name, "")
            self._offer_types(f"part{place}_type", self.fields[f"part{place}_type"])
        self.below = self._units_below()
        assigned = {str(child): str(place) for child, place in (self.told.get("children") or {}).items()}
        places = [(str(place), gettext("part %(number)s") % {"number": place + 1}) for place in range(self.number)]
        for child in self.below:
            self.fields[f"child_{child.id}"] = forms.ChoiceField(
                label=child.name, choices=[("", _("choose")), *places], required=False
            )
            self.initial[f"child_{child.id}"] = assigned.get(str(child.id), "")

    def _copy_of(self, name: str) -> forms.Field:
        declared: forms.Field = self.base_fields[name]
        if isinstance(declared, forms.ChoiceField):
            return forms.ChoiceField(label=declared.label, required=False)
        return forms.CharField(
            label=declared.label, required=False, max_length=declared.max_length,  # type: ignore[attr-defined]
            help_text=declared.help_text, widget=declared.widget,
        )  # fmt: skip

    def _units_below(self) -> list[UnitOnDay]:
        ids = self.pickers["units"].ids
        unit = Unit.objects.filter(pk__in=ids).first()
        return tree.children_on(unit, self.ground.day) if unit else []

    def start(self) -> dict[str, Any]:
        return {}

    def pick(self) -> dict[str, UnitPicker]:
        units = self.step.units if self.step else ()
        return {"units": self.picker("units", _("The unit that is divided"), told=units)}

    @property
    def parts(self) -> list[dict[str, forms.BoundField]]:
        return [
            {name: self[f"part{place}_{name}"] for name in ("type", "name", "code")} for place in range(self.number)
        ]

    @property
    def children(self) -> list[forms.BoundField]:
        return [self[f"child_{child.id}"] for child in self.below]

    def _typed(self) -> list[int]:
        """The places of the parts that were filled in."""
        return [place for place in range(self.number) if self.cleaned_data.get(f"part{place}_name")]

    def check(self) -> None:
        self.need("units", _("Find and mark the unit."))
        typed = self._typed()
        for place in range(2 if len(typed) < 2 else 0):
            if place not in typed:
                self.add_error(f"part{place}_name", _("Write the new name."))
        for place in typed:
            if not self.cleaned_data.get(f"part{place}_type"):
                self.add_error(f"part{place}_type", _("Choose the type."))
        for child in self.below:
            chosen = self.cleaned_data.get(f"child_{child.id}")
            if not chosen or int(chosen) not in typed:
                self.add_error(f"child_{child.id}", _("Say to which part it goes."))

    @property
    def params(self) -> dict[str, Any]:
        typed = self._typed()
        told: dict[str, Any] = {"openings": [self.opening(f"part{place}_") for place in typed]}
        children = {
            str(child.id): typed.index(int(self.cleaned_data[f"child_{child.id}"]))
            for child in self.below
            if self.cleaned_data.get(f"child_{child.id}")
        }
        return {**told, "children": children} if children else told


class RenameForm(StepForm):
    kind = Kind.RENAME.value
    empty_type = _("as before")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "code"):
            self.fields[name].help_text = _("Empty: as before.")

    def start(self) -> dict[str, Any]:
        return self.said(self.told)

    def pick(self) -> dict[str, UnitPicker]:
        units = self.step.units if self.step else ()
        return {"units": self.picker("units", _("The unit"), told=units)}

    def check(self) -> None:
        self.need("units", _("Find and mark the unit."))
        if not any(self.cleaned_data.get(name) for name in ("type", "name", "code")):
            self.add_error("name", _("Write what changes: the name, the type or the code."))

    @property
    def params(self) -> dict[str, Any]:
        """With a new type alone the name goes on below it; with a new name alone the type does."""
        unit = self.pickers["units"].units[0]
        kind, name = self.cleaned_data["type"], self.cleaned_data["name"]
        told = self.opening()
        if kind and not name:
            told["name"] = self.full_name(kind, unit.short_name)
        elif name and not kind:
            same = self._at_level_of(unit)
            told["name"] = self.full_name(same, name)
        return told

    def _at_level_of(self, unit: UnitOnDay) -> str:
        return next(
            (
                f"{row.level.key}:{row.key}"
                for row in self.types
                if row.level.key == unit.level and row.name == unit.type
            ),
            "",
        )


class TransferForm(StepForm):
    kind = Kind.TRANSFER.value
    has = ("code",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("New code, where one unit alone goes (not required)")

    def pick(self) -> dict[str, UnitPicker]:
        units = self.step.units if self.step else ()
        return {
            "units": self.picker("units", _("Units that go there"), told=units, several=True),
            "parent": self.parent_picker(_("The unit under which they come")),
        }

    def check(self) -> None:
        self.need("units", _("Find and mark the units."))
        self.need("parent", _("Find and mark the unit above."))
        if self.cleaned_data.get("code") and len(self.pickers["units"].refs) > 1:
            self.add_error("code", _("A code is for one unit: make a step for each of them."))

    @property
    def params(self) -> dict[str, Any]:
        opening = self.opening()
        told: dict[str, Any] = {"parent": self.pickers["parent"].ref}
        return {**told, "opening": opening} if opening else told


class RelevelForm(StepForm):
    kind = Kind.RELEVEL.value

    def pick(self) -> dict[str, UnitPicker]:
        units = self.step.units if self.step else ()
        return {
            "units": self.picker("units", _("The unit"), told=units),
            "parent": self.parent_picker(help_text=_("Without a choice it stays under the same unit.")),
        }

    def check(self) -> None:
        self.need("units", _("Find and mark the unit."))
        if not self.cleaned_data.get("type"):
            self.add_error("type", _("Choose the new type; the level follows from it."))

    @property
    def params(self) -> dict[str, Any]:
        kind = self.cleaned_data["type"]
        opening = {**self.opening(), "level": kind.partition(":")[0]}
        if not self.cleaned_data["name"]:
            opening["name"] = self.full_name(kind, self.pickers["units"].units[0].short_name)
        if self.pickers["parent"].ref:
            opening["parent"] = self.pickers["parent"].ref
        return {"opening": opening}


class DissolveForm(StepForm):
    kind = Kind.DISSOLVE.value
    has = ()

    def pick(self) -> dict[str, UnitPicker]:
        units = self.step.units if self.step else ()
        return {
            "units": self.picker("units", _("Units that end"), told=units, several=True),
            "people_to": self.picker(
                "people_to", _("All their people go on in (not required)"), told=[self.told.get("people_to")],
                opened=True, help_text=_("Without a choice somebody decides for each of them."),
            ),
            "children_to": self.picker(
                "children_to", _("Units below them come under (not required)"), told=[self.told.get("children_to")],
                opened=True,
            ),
        }  # fmt: skip

    def check(self) -> None:
        self.need("units", _("Find and mark the units."))

    @property
    def params(self) -> dict[str, Any]:
        return {name: self.pickers[name].ref for name in ("people_to", "children_to") if self.pickers[name].ref}


class FoundForm(StepForm):
    kind = Kind.FOUND.value

    def pick(self) -> dict[str, UnitPicker]:
        return {"parent": self.parent_picker(_("The unit under which it stands"))}

    def check(self) -> None:
        self.need_name()
        self.need("parent", _("Find and mark the unit above."))

    @property
    def units(self) -> list[int]:
        return []

    @property
    def params(self) -> dict[str, Any]:
        level = self.cleaned_data["type"].partition(":")[0]
        return {"opening": {**self.opening(), "level": level, "parent": self.pickers["parent"].ref}}


STEP_FORMS: dict[str, type[StepForm]] = {
    form.kind: form for form in (MergeForm, SplitForm, RenameForm, TransferForm, RelevelForm, DissolveForm, FoundForm)
}


class AskForm(QuietForm):
    reason = forms.CharField(
        label=_("What the second person should know"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example: checked against the resolution with the Department of Home Affairs."),
    )


# --- What is chosen in lists --------------------------------------------------------------------------

# Instead of a unit: the person goes nowhere.
NOWHERE = "none"


def sent_choices(data: Any) -> dict[int, str | None]:
    """Appointment → the unit as the plan calls it, None: nowhere. What was left undecided is not there."""
    sent = {name[3:]: value for name, value in data.items() if name.startswith("to_") and value}
    return {
        int(key): None if value == NOWHERE else value[:24]
        for key, value in sent.items()
        if key.isascii() and key.isdigit() and len(key) < 12
    }


def sent_bulk(data: Any) -> tuple[int, str | None] | None:
    """Everybody of a unit who is not decided about → there; None where the button was not pressed."""
    unit, to = data.get("bulk_unit", ""), data.get("bulk_to", "")
    if data.get("do") != "bulk" or not to or not (unit.isascii() and unit.isdigit() and len(unit) < 12):
        return None
    return int(unit), None if to == NOWHERE else to[:24]


def sent_grants(data: Any) -> list[int]:
    """The rights that are marked to be given anew."""
    return [int(key) for key in data.getlist("renew") if key.isascii() and key.isdigit() and len(key) < 12]
