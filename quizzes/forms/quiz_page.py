"""The page of a quiz in the editor: its panels, and what must hold before it is published."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm, WagtailAdminPageForm
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    Panel,
    TabbedInterface,
)
from wagtail.admin.panels.base import get_form_for_model
from wagtail.models import Page

from courses.models import ActivityPage
from quizzes.access.network import networks
from quizzes.forms.bank import CategoryChoiceField
from quizzes.forms.widgets import BlueprintField, Cell, ReviewField, TagsWidget
from quizzes.models import Category, Question, QuestionVersion, QuizPage, QuizPageCell, QuizPageDraw
from quizzes.queries import quiz_editor

# What a browser sends with a form that is meant for readers: published at once, sent to review, or approved.
PUBLISHING = ("action-publish", "action-submit", "action-restart-workflow")


class DrawForm(WagtailAdminModelForm):  # type: ignore[misc]
    """One row of the draws. The version can be fixed once the question is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "category" in self.fields:
            old = self.fields["category"]
            self.fields["category"] = CategoryChoiceField(
                label=old.label, queryset=Category.objects.order_by("path"), required=False
            )
        if "section" in self.fields:
            self.fields["section"].label = pgettext("of a quiz", "Part")
        if "version" in self.fields:
            question = self.data.get(self.add_prefix("question")) if self.is_bound else self.instance.question_id
            number = int(question) if str(question or "").isdigit() else 0
            self.fields["version"] = forms.ModelChoiceField(
                label=self.fields["version"].label,
                queryset=QuestionVersion.objects.filter(question=number).order_by("-number"),
                required=False,
                empty_label=_("the newest ready one"),
                help_text=_("Choose the question and save a draft first; then one version of it can be fixed."),
            )
            self.fields["version"].label_from_instance = lambda version: (
                _("version %(number)s, %(status)s")
                % {
                    "number": version.number,
                    "status": version.get_status_display(),
                }
            )


class DrawsPanel(InlinePanel):  # type: ignore[misc]
    """InlinePanel makes the forms of its rows of a fixed class; these need one of their own."""

    def get_form_options(self) -> dict[str, Any]:
        options: dict[str, Any] = super().get_form_options()
        row = options["formsets"][self.relation_name]
        deferred = self.child_edit_handler.get_form_options().get("defer_required_on_fields", [])
        row["form"] = get_form_for_model(
            self.db_field.related_model, form_class=DrawForm, fields=row["fields"], widgets=row["widgets"],
            defer_required_on_fields=deferred,
        )  # fmt: skip
        return options


class MatchesPanel(Panel):  # type: ignore[misc]
    """How many questions fit this row, as it was saved; a script asks again while it is being changed."""

    class BoundPanel(Panel.BoundPanel):  # type: ignore[misc]
        template_name = "quizzes/cms/panels/matches.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            context["count"] = quiz_editor.match_count(self.instance) if self.instance.pk else None
            return context


class DoorsPanel(Panel):  # type: ignore[misc]
    """Ways from the editor to what belongs to the quiz: try it, print its table."""

    class BoundPanel(Panel.BoundPanel):  # type: ignore[misc]
        template_name = "quizzes/cms/panels/doors.html"

        def is_shown(self) -> bool:
            return bool(self.instance and self.instance.pk)


class QuizPageForm(WagtailAdminPageForm):  # type: ignore[misc]
    """A quiz that cannot be drawn, or only from a pool that is too small, is not published; a draft may be saved."""

    review = ReviewField(label=gettext_lazy("What learners see afterwards"), required=False)
    blueprint = BlueprintField(label=gettext_lazy("Blueprint"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "blueprint" in self.fields and self.instance is not None:
            self.initial["blueprint"] = _rows_of(self.instance)
        if "navigation" in self.fields:
            self.fields["navigation"].label = _("Order of answering")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        self._check_settings(cleaned)
        if self._is_for_readers() and "draws" in self.formsets:
            self._check_questions(cleaned)
        return cleaned

    def _is_for_readers(self) -> bool:
        approves = self.data.get("action-workflow-action") and self.data.get("workflow-action-name") == "approve"
        return bool(approves) or any(name in self.data for name in PUBLISHING)

    def _check_settings(self, cleaned: dict[str, Any]) -> None:
        opens, closes = cleaned.get("opens_at"), cleaned.get("closes_at")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("It closes before it opens."))
        try:
            list(networks(str(cleaned.get("networks") or "")))
        except ValueError as error:
            self.add_error("networks", _("“%(line)s” is no network address.") % {"line": error})
        starts = [
            form.cleaned_data.get("from_percent")
            for form in self._rows("bands")
            if form.cleaned_data.get("from_percent") is not None
        ]
        if len(set(starts)) != len(starts):
            self.add_error(None, _("Two feedback bands begin at the same percentage."))
        goals = [form.cleaned_data.get("objective") for form in self._rows("goals")]
        if len(set(goals)) != len(goals):
            self.add_error(None, _("An objective has two pass marks of its own."))

    def _rows(self, name: str) -> list[Any]:
        """The rows that stay, in their order."""
        if name not in self.formsets:
            return []
        rows = [form for form in self.formsets[name].forms if form.is_valid() and not form.cleaned_data.get("DELETE")]
        return sorted(rows, key=lambda form: form.cleaned_data.get("ORDER") or 0)

    def _check_questions(self, cleaned: dict[str, Any]) -> None:
        rows = self._rows("draws")
        cells: list[Cell] = cleaned.get("blueprint") or []
        slots: list[QuizPageDraw] = []
        forms_of_slots: list[Any] = []
        for form in rows:
            draw = _draw(form.cleaned_data)
            sentence = _incomplete(draw)
            if sentence:
                self._refuse(form, "category", sentence)
                continue
            slots.append(draw)
            forms_of_slots.append(form)
        slots += [
            QuizPageDraw(objective=cell.objective, level=cell.level, count=cell.count, max_mark=cell.max_mark)
            for cell in cells
        ]
        forms_of_slots += [None] * len(cells)
        if not slots:
            if not self.errors:
                self.add_error(None, _("The quiz asks nothing yet: add a draw or fill in the blueprint."))
            return
        found = quiz_editor.standing(slots)
        for index, (slot, form) in enumerate(zip(slots, forms_of_slots, strict=True)):
            if slot.question_id and not found.matches[index]:
                self._refuse(form, "question", _("This question has no version that could be asked."))
            elif index in found.missing:
                self._refuse(form, "count", self._too_few(slot, found.matches[index]))
            elif index in found.thin:
                self._refuse(form, "count", self._too_thin(slot, found.matches[index]))
        if found.missing:
            self.add_error(None, _short(slots, found.missing, found.missing_by))
        elif found.thin:
            self.add_error(None, _thin(slots, found.thin, found.thin_by))

    def _refuse(self, form: Any, field: str, sentence: str) -> None:
        if form is None:
            self.add_error("blueprint", sentence)
        else:
            form.add_error(field if field in form.fields else None, sentence)
            self.add_error(None, sentence)

    @staticmethod
    def _too_few(slot: QuizPageDraw, size: int) -> str:
        values = {"row": name_of(slot), "count": slot.count, "size": size}
        if size >= slot.count:
            return _("%(row)s: other rows want the same %(size)s ready questions.") % values
        return _("%(row)s: %(count)s wanted, %(size)s ready.") % values

    @staticmethod
    def _too_thin(slot: QuizPageDraw, size: int) -> str:
        least = quiz_editor.COMFORTABLE * slot.count
        values = {"row": name_of(slot), "count": slot.count, "least": least, "size": size}
        if size >= least:
            return _("%(row)s: other rows want the same %(size)s ready questions.") % values
        return _("%(row)s: a draw of %(count)s needs at least %(least)s ready questions, there are %(size)s.") % values

    def save(self, commit: bool = True) -> QuizPage:
        """The blueprint becomes the page's cells; one that says the same keeps its row."""
        if "blueprint" in self.fields and "blueprint" in self.cleaned_data:
            kept = {
                (cell.objective_id, cell.level, cell.section): cell.pk for cell in self.instance.cells.all() if cell.pk
            }
            self.instance.cells = [
                QuizPageCell(
                    pk=kept.get((cell.objective.pk, cell.level, cell.section)),
                    objective=cell.objective,
                    level=cell.level,
                    count=cell.count,
                    max_mark=cell.max_mark,
                    section=cell.section,
                    sort_order=order,
                )
                for order, cell in enumerate(self.cleaned_data["blueprint"] or [])
            ]
        page: QuizPage = super().save(commit=commit)
        return page


def _rows_of(page: QuizPage) -> list[dict[str, str]]:
    """The cells of ``page`` as the blueprint's widget shows them."""
    rows: dict[tuple[int, int], dict[str, str]] = {}
    for cell in sorted(page.cells.all(), key=lambda cell: cell.sort_order or 0):
        row = rows.setdefault(
            (cell.objective_id, cell.section), {"objective": str(cell.objective_id), "section": str(cell.section)}
        )
        row[f"{cell.level}-count"] = str(cell.count)
        row[f"{cell.level}-mark"] = f"{cell.max_mark.normalize():f}".replace(".", ",")
    return list(rows.values())


def _draw(row: dict[str, Any]) -> QuizPageDraw:
    named = {name: row[name] for name in QuizPageDraw.FILTER if row.get(name) is not None}
    draw = QuizPageDraw(**named)
    draw.tags_all, draw.tags_any = row.get("tags_all") or [], row.get("tags_any") or []
    return draw


def _incomplete(draw: QuizPageDraw) -> str:
    if not (draw.category_id or draw.objective_id or draw.question_id):
        return _("Choose a category, an objective or one question for this row.")
    if draw.question_id and draw.count != 1:
        return _("A row with one fixed question asks exactly one.")
    if draw.version_id and draw.version and draw.version.question_id != draw.question_id:
        return _("The fixed version belongs to another question.")
    return ""


def name_of(slot: QuizPageDraw) -> str:
    """What the row draws from, in words."""
    if slot.question:
        return str(slot.question.code)
    parts = [slot.category.name if slot.category else "", slot.objective.name if slot.objective else ""]
    if slot.level:
        parts.append(str(Question.CognitiveLevel(slot.level).label))
    parts.extend([*slot.tags_all, *slot.tags_any])
    return "“" + " · ".join(part for part in parts if part) + "”"


def _short(slots: list[QuizPageDraw], rows: tuple[int, ...], by: int) -> str:
    return ngettext(
        "This quiz cannot be drawn: %(rows)s together lack %(by)s question.",
        "This quiz cannot be drawn: %(rows)s together lack %(by)s questions.",
        by,
    ) % {"rows": "; ".join(name_of(slots[index]) for index in rows), "by": by}


def _thin(slots: list[QuizPageDraw], rows: tuple[int, ...], by: int) -> str:
    return ngettext(
        "The pool is smaller than three times what is drawn: %(rows)s lack %(by)s more ready question.",
        "The pool is smaller than three times what is drawn: %(rows)s lack %(by)s more ready questions.",
        by,
    ) % {"rows": "; ".join(name_of(slots[index]) for index in rows), "by": by}


# --- The editor ---------------------------------------------------------------------------------------


def _group(heading: Any, *fields: Any, help_text: Any = "") -> MultiFieldPanel:
    panels = [
        FieldPanel(field) if isinstance(field, str)
        else FieldRowPanel([FieldPanel(name) for name in field]) if isinstance(field, tuple)
        else field
        for field in fields
    ]  # fmt: skip
    return MultiFieldPanel(panels, heading=heading, help_text=help_text)


DRAW_PANELS = [
    MatchesPanel(),
    FieldRowPanel([FieldPanel("count"), FieldPanel("max_mark"), FieldPanel("section")]),
    FieldRowPanel([FieldPanel("category"), FieldPanel("only_here")]),
    FieldRowPanel([FieldPanel("objective"), FieldPanel("level")]),
    FieldRowPanel(
        [
            FieldPanel("tags_all", widget=TagsWidget, help_text=gettext_lazy("Separated by commas.")),
            FieldPanel("tags_any", widget=TagsWidget, help_text=gettext_lazy("Separated by commas.")),
        ]
    ),
    FieldPanel("not_in_last", help_text=gettext_lazy("0: may be asked again at once.")),
    FieldRowPanel([FieldPanel("question"), FieldPanel("version")]),
    FieldRowPanel([FieldPanel("requires_previous"), FieldPanel("display_number")]),
]

QUIZ_PANELS = TabbedInterface(
    [
        ObjectList(
            [*Page.content_panels, *ActivityPage.shared_panels, FieldPanel("introduction"), DoorsPanel()],
            heading=gettext_lazy("Content"),
        ),
        ObjectList(
            [
                DrawsPanel(
                    "draws",
                    panels=DRAW_PANELS,
                    heading=gettext_lazy("Draw from the bank"),
                    label=gettext_lazy("draw"),
                    help_text=gettext_lazy(
                        "Each row draws questions that fit all it says, or asks one fixed question. "
                        "At least three times as many have to be ready as are drawn."
                    ),
                ),
                MultiFieldPanel(
                    [FieldPanel("blueprint")],
                    heading=gettext_lazy("Blueprint"),
                    help_text=gettext_lazy(
                        "So many questions of each level for each objective. It may stand alone or beside the draws."
                    ),
                ),
                InlinePanel(
                    "sections",
                    panels=[FieldPanel("title"), FieldPanel("introduction"), FieldPanel("shuffles")],
                    heading=gettext_lazy("Parts of the quiz"),
                    label=pgettext_lazy("of a quiz", "part"),
                    help_text=gettext_lazy("The first is part 1. A quiz without parts is one part without a name."),
                ),
            ],
            heading=gettext_lazy("Questions"),
        ),
        ObjectList(
            [
                _group(gettext_lazy("Time"), ("limit_minutes", "on_time_up"), "grace_minutes",
                       ("opens_at", "closes_at")),
                _group(gettext_lazy("Attempts"), ("max_attempts", "grading"), ("wait_minutes", "wait_later_minutes"),
                       "needs_remediation"),
                _group(gettext_lazy("How it is answered"), ("behaviour", "tries"), ("penalty_percent", "navigation"),
                       ("per_page", "shuffles")),
                _group(gettext_lazy("Who may begin"), ("password", "needs_ticket"), "networks", "one_device"),
            ],
            heading=gettext_lazy("Rules"),
        ),
        ObjectList(
            [
                _group(gettext_lazy("Passing"), ("pass_percent", "exempts", "marking_days")),
                InlinePanel(
                    "goals",
                    panels=[FieldRowPanel([FieldPanel("objective"), FieldPanel("pass_percent")])],
                    heading=gettext_lazy("Pass marks of single objectives"),
                    label=gettext_lazy("goal"),
                ),
                MultiFieldPanel(
                    [FieldPanel("review")],
                    heading=gettext_lazy("Looking back at an attempt"),
                    help_text=gettext_lazy("What a learner is shown, and when."),
                ),
                InlinePanel(
                    "bands",
                    panels=[FieldPanel("from_percent"), FieldPanel("text")],
                    heading=gettext_lazy("Words on the whole result"),
                    label=gettext_lazy("feedback band"),
                    help_text=gettext_lazy("The highest band that is reached speaks."),
                ),
            ],
            heading=gettext_lazy("Marks and review"),
        ),
        ObjectList(Page.promote_panels, heading=gettext_lazy("Promote")),
        ObjectList(Page.settings_panels, heading=gettext_lazy("Settings")),
    ],
    base_form_class=QuizPageForm,
)  # fmt: skip


def equip() -> None:
    """Models know no forms: the page of a quiz is given its editor when the app is ready."""
    QuizPage.base_form_class = QuizPageForm
    QuizPage.edit_handler = QUIZ_PANELS
