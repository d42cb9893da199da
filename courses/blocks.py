"""The blocks of a lesson. Each has a preview, so that a trainer sees in the picker what it will look like."""

from dataclasses import asdict
from typing import Any

from django.forms.utils import ErrorList
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock

from courses.simulator import Check, Fault, Task, TaskError, passes, read_state, read_task

# Samples are content, not interface: they stay Vietnamese.
_SAMPLE_STEPS = [
    {"title": "Chuyển sang Trang", "text": "<p>Bấm ảnh đại diện, chọn Trang của đơn vị.</p>"},
    {"title": "Chọn quyền vừa đủ", "text": "<p>Chỉ tổ trưởng và người dự phòng giữ toàn quyền kiểm soát.</p>"},
]
_SAMPLE_OPTIONS = [
    {"text": "Chưa thích Trang", "is_right": False, "reason": "Thích Trang không cho ai quyền gì."},
    {"text": "Chưa chấp nhận lời mời", "is_right": True, "reason": "Đúng. Người được mời phải tự bấm chấp nhận."},
]
_SAMPLE_SIMULATOR = {
    "heading": "Chọn ảnh và viết văn bản thay thế",
    "kind": "composer",
    "scene": "Xã A (giả định) vừa trao nhà đại đoàn kết. Đồng chí soạn bài cho Trang.",
    "goals": ["Viết bài, chọn ảnh được phép đăng", "Viết văn bản thay thế cho ảnh"],
    "parts": [
        {
            "type": "picture",
            "value": {"key": "anh-1", "title": "Ảnh 1", "shows": "Lễ cắt băng trước ngôi nhà mới, chụp từ xa."},
        },
    ],
    "rules": [
        {
            "check": "has_alt_text",
            "right": "Ảnh có văn bản thay thế: người không nhìn được ảnh vẫn biết ảnh có gì.",
            "wrong": "Ảnh chưa có văn bản thay thế: hãy tả trong một câu ảnh cho thấy điều gì.",
        },
    ],
    "model": "Chọn ảnh chụp chung, tả ảnh trong một câu.",
}


class FromLibrary(blocks.StructBlock):
    """The preview shows whatever the library holds first; with an empty library the block shows without it."""

    def get_preview_value(self) -> Any:
        value = super().get_preview_value()
        for name, child in self.child_blocks.items():
            if isinstance(child, blocks.ChooserBlock) and value.get(name) is None:
                value[name] = child.model_class._default_manager.order_by("pk").first()
        return value


RICH = ["h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link", "hr"]


class TextBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=150)
    text = blocks.RichTextBlock(label=_("Text"), features=RICH)

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = "courses/blocks/text.html"
        description = _("Paragraphs, subheadings and lists.")
        preview_value = {
            "heading": "Vì sao phải phân quyền",
            "text": "<p>Trang không có <b>mật khẩu riêng</b>. Ai quản trị là do tài khoản cá nhân được cấp quyền.</p>",
        }


class PictureBlock(FromLibrary):
    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=150)
    image = ImageChooserBlock(label=_("Picture"))
    caption = blocks.CharBlock(label=_("Caption (app and date of a drawn screen)"), required=False, max_length=250)

    class Meta:
        icon = "image"
        label = _("Picture")
        template = "courses/blocks/picture.html"
        description = _("One drawing or photograph with its caption; the alternative text comes from the library.")
        preview_value = {
            "heading": "Ba mức chìa khóa",
            "caption": "Hình vẽ minh họa, ứng dụng Facebook, tháng 11/2026.",
        }


class StepBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("What to do"), max_length=150)
    text = blocks.RichTextBlock(label=_("Text"), features=RICH)
    image = ImageChooserBlock(label=_("Picture"), required=False)
    caption = blocks.CharBlock(label=_("Caption (app and date of a drawn screen)"), required=False, max_length=250)

    class Meta:
        icon = "list-ol"
        label = _("Step")


class StepsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=150)
    steps = blocks.ListBlock(StepBlock(), label=_("Steps"), min_num=2)

    class Meta:
        icon = "list-ol"
        label = _("Steps with pictures")
        template = "courses/blocks/steps.html"
        description = _("Numbered steps to follow on the phone, each with at most one picture.")
        preview_value = {"heading": "Cấp quyền trong hai bước", "steps": _SAMPLE_STEPS}


class CalloutBlock(blocks.StructBlock):
    kind = blocks.ChoiceBlock(
        label=_("Kind"),
        choices=[("note", _("Note")), ("tip", _("Tip")), ("warning", _("Common mistakes")), ("example", _("Example"))],
        default="note",
    )
    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=150)
    text = blocks.RichTextBlock(label=_("Text"), features=RICH)

    class Meta:
        icon = "warning"
        label = _("Callout")
        template = "courses/blocks/callout.html"
        description = _("A note, a tip, common mistakes or an example, set apart from the text.")
        preview_value = {
            "kind": "warning",
            "heading": "Lỗi thường gặp",
            "text": "<ul><li>Ai cũng toàn quyền.</li><li>Quên gỡ người đã chuyển công tác.</li></ul>",
        }


class ChecklistBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=150)
    items = blocks.ListBlock(blocks.CharBlock(label=_("Item"), max_length=300), label=_("Items"), min_num=2)

    class Meta:
        icon = "tasks"
        label = _("Checklist")
        template = "courses/blocks/checklist.html"
        description = _("What to have ready or to look through before going on.")
        preview_value = {
            "heading": "Trước khi bấm Tạo Trang",
            "items": ["Đã có chủ trương của Ban Thường trực", "Đã có hai người giữ toàn quyền"],
        }


class TableRowBlock(blocks.StructBlock):
    cells = blocks.ListBlock(blocks.CharBlock(label=_("Cell"), required=False, max_length=500), label=_("Cells"))

    class Meta:
        label = _("Row")


class ComparisonBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=150)
    header = blocks.ListBlock(
        blocks.CharBlock(label=_("Column"), max_length=100, required=False), label=_("Columns"), min_num=2
    )
    rows = blocks.ListBlock(TableRowBlock(), label=_("Rows"), min_num=1)

    class Meta:
        icon = "table"
        label = _("Comparison table")
        template = "courses/blocks/comparison.html"
        description = _("A table with a header row; the first column names the rows.")
        preview_value = {
            "heading": "Ai giữ quyền gì",
            "header": ["Người", "Quyền vừa đủ"],
            "rows": [
                {"cells": ["Tổ trưởng", "Toàn quyền kiểm soát"]},
                {"cells": ["Biên tập viên", "Quyền một phần"]},
            ],
        }


class DownloadBlock(FromLibrary):
    title = blocks.CharBlock(label=_("Title"), max_length=150)
    document = DocumentChooserBlock(label=_("Document"))
    note = blocks.CharBlock(label=_("What it is for"), required=False, max_length=250)

    class Meta:
        icon = "download"
        label = _("Download")
        template = "courses/blocks/download.html"
        description = _("A form or guide to download, with its type and size.")
        preview_value = {"title": "Phiếu chuẩn bị lập Trang", "note": "Điền xong thì trình Ban Thường trực."}


class VideoBlock(FromLibrary):
    video = SnippetChooserBlock("media.Video", label=_("Video"))
    caption = blocks.CharBlock(label=_("Caption"), required=False, max_length=250)

    class Meta:
        icon = "media"
        label = _("Video with captions")
        template = "courses/blocks/video.html"
        description = _("A video of the library with its captions and the words spoken.")
        preview_value = {"caption": "Cấp quyền trong hai phút"}


class TermBlock(FromLibrary):
    term = SnippetChooserBlock("courses.GlossaryTerm", label=_("Term"))

    class Meta:
        icon = "openquote"
        label = _("Glossary term")
        template = "courses/blocks/term.html"
        description = _("A term of the glossary with its meaning.")
        preview_value = {"term": None}


class PracticeBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=150)
    text = blocks.RichTextBlock(label=_("Text"), features=RICH)

    class Meta:
        icon = "edit"
        label = _("Practical task")
        template = "courses/blocks/practice.html"
        description = _("What to do in one’s own unit, what to hand in and how long it takes.")
        preview_value = {
            "heading": "Điền bảng quyền của đơn vị",
            "text": "<p>Điền bảng quyền, chụp màn hình danh sách quyền. <b>Thời gian:</b> khoảng 30 phút.</p>",
        }


class LegalBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=150)
    text = blocks.RichTextBlock(label=_("Text"), features=["bold", "italic", "ol", "ul", "link"])

    class Meta:
        icon = "clipboard-list"
        label = _("Legal basis")
        template = "courses/blocks/legal.html"
        description = _("Documents that the lesson rests on, shown with the day up to which they were checked.")
        preview_value = {
            "heading": "Căn cứ",
            "text": "<ul><li><b>Nghị định 147/2024/NĐ-CP</b> (hiệu lực từ 25/12/2024).</li></ul>",
        }


class OptionBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Option"), max_length=300)
    is_right = blocks.BooleanBlock(label=_("This is the right one"), required=False)
    reason = blocks.CharBlock(label=_("Reason"), max_length=500)

    class Meta:
        label = _("Option")


class SelfCheckBlock(blocks.StructBlock):
    question = blocks.CharBlock(label=_("Question"), max_length=500)
    options = blocks.ListBlock(OptionBlock(), label=_("Options"), min_num=2, max_num=6)

    class Meta:
        icon = "help"
        label = _("Self-check question")
        template = "courses/blocks/self_check.html"
        description = _("One question, one right option, a reason for each. Answering all of them finishes the lesson.")
        preview_value = {
            "question": "Người mới được mời chưa thấy Trang. Vì sao?",
            "options": _SAMPLE_OPTIONS,
        }


# --- The simulator (courses.simulator): what a trainer edits of it -----------------------------------------

_KEY_HELP = _("A short name that the rules use: small letters without diacritics, digits, dashes.")
_NO_LEVEL, _LEVELS = (
    ("none", _("no access")),
    [
        ("insights", _("task access: insights only")),
        ("community", _("task access: comments and messages")),
        ("partial", _("partial control")),
        ("full", _("full control")),
    ],
)
# What a rule may look at, as a trainer chooses it and as a learner is told.
CHECKS: dict[Check, tuple[Any, Any]] = {
    Check.TEXT_CONTAINS_ANY: (
        _("Text: contains at least one of the words"),
        _("whether the text says what it must say"),
    ),
    Check.TEXT_CONTAINS_ALL: (_("Text: contains all of the words"), _("whether the text says what it must say")),
    Check.TEXT_AVOIDS: (
        _("Text: contains none of the words"),
        _("whether the text leaves out what does not belong there"),
    ),
    Check.NO_PERSONAL_DATA: (
        _("Text: no number of nine digits or more (telephone, identity, account)"),
        _("whether the text gives away no telephone, identity or account number"),
    ),
    Check.LENGTH_BETWEEN: (
        _("Text: length in characters, from “least” to “most”"),
        _("whether the text is neither too short nor too long"),
    ),
    Check.SOURCE_CITED: (_("Post: names a source (one of the words)"), _("whether the source is named")),
    Check.PICTURE_CHOSEN: (_("Post: this picture is chosen"), _("which pictures were chosen")),
    Check.PICTURE_NOT_CHOSEN: (_("Post: this picture is not chosen"), _("which pictures were chosen")),
    Check.PICTURES_BETWEEN: (
        _("Post: number of pictures, from “least” to “most”"),
        _("which pictures were chosen"),
    ),
    Check.HAS_ALT_TEXT: (
        _("Post: every chosen picture (or this one) has an alternative text of at least “least” characters"),
        _("whether every chosen picture has an alternative text"),
    ),
    Check.AUDIENCE_IS: (_("Post: who may see it (public, limited)"), _("who may see the post")),
    Check.POSTED_AS_PAGE: (
        _("Post: in the name of the Page, not of the own account"),
        _("in whose name the post goes out"),
    ),
    Check.SENT_AS: (_("Post: now, later or draft"), _("when the post goes out")),
    Check.SCHEDULED_BETWEEN: (
        _("Post: scheduled between two moments (2026-11-25 18:00)"),
        _("when the post goes out"),
    ),
    Check.TIME_BETWEEN: (_("Post: scheduled at an hour of the day between two (19:00)"), _("when the post goes out")),
    Check.COMMENT_HANDLED_AS: (
        _("Comment: handled exactly so (reply, hide, delete, block, record, hand_on, leave; joined with +)"),
        _("what was done with each comment"),
    ),
    Check.ALL_HANDLED: (_("Comments: something was done with each"), _("what was done with each comment")),
    Check.PERSON_HAS: (
        _("Person: has accepted, and has this access (insights, community, partial, full)"),
        _("who has which access"),
    ),
    Check.PERSON_REMOVED: (_("Person: has no access any more"), _("who no longer has access")),
    Check.INVITATION_ACCEPTED: (_("Person: has accepted the invitation"), _("whether invitations were accepted")),
    Check.NOBODY_WAITING: (_("People: no invitation waits"), _("whether invitations were accepted")),
    Check.TWO_FACTOR_ON: (
        _("Person: two-factor authentication is on"),
        _("whether two-factor authentication is on"),
    ),
    Check.TWO_FACTOR_ON_FOR_ALL: (
        _("People: two-factor authentication is on for everybody with access"),
        _("whether two-factor authentication is on"),
    ),
    Check.AT_LEAST_WITH_FULL: (
        _("People: at least “least” have full control"),
        _("how many people have full control"),
    ),
    Check.AT_MOST_WITH_FULL: (_("People: at most “most” have full control"), _("how many people have full control")),
    Check.ACCEPTED_BEFORE_REMOVED: (
        _("Person: accepted before those named in the words were removed"),
        _("in which order access was given and taken away"),
    ),
    Check.REQUEST_REFUSED: (_("Request: refused"), _("how requests were answered")),
    Check.REQUEST_ACCEPTED: (_("Request: accepted"), _("how requests were answered")),
    Check.SETTING_IS: (_("Setting: one of these choices"), _("how the settings stand")),
}
FAULTS: dict[Fault, Any] = {
    Fault.MISSING: _("“%(key)s” is missing."),
    Fault.TOO_LONG: _("“%(key)s” is longer than %(word)s characters."),
    Fault.UNKNOWN_CHOICE: _("“%(word)s” is not one of the choices."),
    Fault.BAD_KEY: _("The key “%(word)s” may hold small letters, digits and dashes only."),
    Fault.DOUBLE_KEY: _("“%(word)s” stands twice."),
    Fault.WRONG_PART: _("A task of this kind has no part “%(word)s”."),
    Fault.NO_PART: _("A task of this kind needs at least one part “%(word)s”."),
    Fault.NO_RULE: _("The task needs at least one rule."),
    Fault.WRONG_CHECK: _("This check does not belong to this kind of task."),
    Fault.NO_SUBJECT: _("This check needs a subject: the key of a part."),
    Fault.UNKNOWN_SUBJECT: _("No part that this check can look at has the key “%(word)s”."),
    Fault.NO_WORDS: _("This check needs words."),
    Fault.BAD_WORD: _("“%(word)s” is not among the words that this check knows."),
    Fault.BAD_RANGE: _("This check needs “least” or “most”, the first not above the second."),
    Fault.NO_RIGHT: _("Exactly one choice of a situation is the right one."),
    Fault.PASSES_UNTOUCHED: _("Whoever does nothing has already solved this task: no rule asks for anything."),
}


class SimulatedPictureBlock(blocks.StructBlock):
    key = blocks.CharBlock(label=_("Key"), max_length=40, help_text=_KEY_HELP)
    title = blocks.CharBlock(label=_("Name of the picture"), max_length=100, help_text=_("For example: Picture 1."))
    shows = blocks.TextBlock(
        label=_("What one sees on it"),
        max_length=500,
        help_text=_("So that the officer can judge it. Not the alternative text: that is the officer’s to write."),
    )

    class Meta:
        icon = "image"
        label = _("Picture (post)")


class SimulatedCommentBlock(blocks.StructBlock):
    key = blocks.CharBlock(label=_("Key"), max_length=40, help_text=_KEY_HELP)
    who = blocks.CharBlock(label=_("Who wrote it"), max_length=100)
    text = blocks.TextBlock(label=_("Text"), max_length=1000)
    is_message = blocks.BooleanBlock(label=_("A private message, not a comment"), required=False)

    class Meta:
        icon = "comment"
        label = _("Comment or message (inbox)")


class SimulatedPersonBlock(blocks.StructBlock):
    key = blocks.CharBlock(label=_("Key"), max_length=40, help_text=_KEY_HELP)
    name = blocks.CharBlock(label=_("Name"), max_length=100)
    note = blocks.CharBlock(label=_("Duty, or what one must know"), required=False, max_length=300)
    level = blocks.ChoiceBlock(label=_("Access at the beginning"), choices=[_NO_LEVEL, *_LEVELS], default="none")
    is_waiting = blocks.BooleanBlock(label=_("Invited, but has not accepted yet"), required=False)
    two_factor = blocks.BooleanBlock(label=_("Has two-factor authentication on"), required=False)

    class Meta:
        icon = "user"
        label = _("Person (access)")


class SimulatedRequestBlock(blocks.StructBlock):
    key = blocks.CharBlock(label=_("Key"), max_length=40, help_text=_KEY_HELP)
    who = blocks.CharBlock(label=_("Who asks"), max_length=100)
    text = blocks.TextBlock(label=_("Text"), max_length=1000)

    class Meta:
        icon = "mail"
        label = _("Request for access (access)")


class SimulatedSettingBlock(blocks.StructBlock):
    key = blocks.CharBlock(label=_("Key"), max_length=40, help_text=_KEY_HELP)
    label = blocks.CharBlock(label=_("A setting"), max_length=150)
    note = blocks.CharBlock(label=_("Explanation"), required=False, max_length=300)
    choices = blocks.ListBlock(
        blocks.CharBlock(label=_("Choice"), max_length=150),
        label=_("Choices"),
        default=[],
        help_text=_("At least two. Without any, the officer writes words (a word filter, a greeting)."),
    )
    start = blocks.CharBlock(
        label=_("As it stands at the beginning"), required=False, max_length=400, help_text=_("One of the choices.")
    )

    class Meta:
        icon = "cog"
        label = _("Setting (settings)")


class SimulatedChoiceBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Choice"), max_length=300)
    outcome = blocks.CharBlock(label=_("What comes of it"), max_length=500)
    is_right = blocks.BooleanBlock(label=_("This is the right one"), required=False)

    class Meta:
        label = _("Choice")


class SimulatedSituationBlock(blocks.StructBlock):
    key = blocks.CharBlock(label=_("Key"), max_length=40, help_text=_KEY_HELP)
    text = blocks.TextBlock(label=_("What comes about"), max_length=1000)
    seconds = blocks.IntegerBlock(
        label=_("Seconds to decide"),
        required=False,
        min_value=0,
        max_value=600,
        help_text=_("When they are over, it is said; the officer may still choose. Empty: no clock."),
    )
    choice = blocks.ListBlock(SimulatedChoiceBlock(), label=_("Choices"), min_num=2)

    class Meta:
        icon = "time"
        label = _("Situation (drill)")


class SimulatedParts(blocks.StreamBlock):
    picture = SimulatedPictureBlock()
    comment = SimulatedCommentBlock()
    person = SimulatedPersonBlock()
    request = SimulatedRequestBlock()
    setting = SimulatedSettingBlock()
    situation = SimulatedSituationBlock()

    class Meta:
        # A task has a dozen of them: one line each until it is opened.
        collapsed = True


class SimulatedRuleBlock(blocks.StructBlock):
    check = blocks.ChoiceBlock(
        label=_("What the rules look at"), choices=[(check.value, label) for check, (label, _told) in CHECKS.items()]
    )
    subject = blocks.CharBlock(
        label=_("Subject"),
        required=False,
        max_length=40,
        help_text=_("Key of the picture, comment, person, request or setting. Empty: the post itself, or all."),
    )
    words = blocks.ListBlock(
        blocks.CharBlock(label=_("One word"), max_length=200),
        label=_("Words"),
        default=[],
        help_text=_("What the check compares with. Texts are compared as whole words; capitals do not matter."),
    )
    least = blocks.IntegerBlock(label=_("Least"), required=False, min_value=0, max_value=10_000)
    most = blocks.IntegerBlock(label=_("Most"), required=False, min_value=0, max_value=10_000)
    right = blocks.CharBlock(label=_("Sentence when it is right"), max_length=500)
    wrong = blocks.CharBlock(
        label=_("Sentence when it is not"), max_length=500, help_text=_("Say why, and what to do now.")
    )

    class Meta:
        icon = "check"
        label = _("Rule")
        label_format = "{check} · {subject}"


class SimulatorValue(blocks.StructValue):
    def task(self) -> Task:
        """The task as courses.simulator judges it; TaskError for what only a draft may be."""
        data: dict[str, Any] = {name: self.get(name) or "" for name in ("kind", "scene", "draft", "model")}
        data |= {name: list(self.get(name) or []) for name in ("goals", "call")}
        data["rule"] = [_plain(row) for row in self.get("rules") or []]
        for part in self.get("parts") or []:
            data.setdefault(part.block_type, []).append(_plain(part.value))
        return read_task(data)


def _plain(value: Any) -> dict[str, Any]:
    """A struct as a table of the format: lists are lists, what is empty is left out."""
    plain = {}
    for name, inner in value.items():
        if isinstance(inner, blocks.list_block.ListValue):
            inner = [_plain(row) if isinstance(row, blocks.StructValue) else row for row in inner]
        if inner is not None and inner != "":
            plain[name] = inner
    return plain


class SimulatorBlock(blocks.StructBlock):
    """Practising without Facebook. ``parts`` and ``rules`` as courses.simulator.tasks reads them."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=150)
    kind = blocks.ChoiceBlock(
        label=_("Kind"),
        choices=[
            ("composer", _("Write and schedule a post")),
            ("inbox", _("Handle comments and messages")),
            ("access", _("Give and take access")),
            ("settings", _("Set up the Page or the account")),
            ("drill", _("Drill: situations one after another")),
        ],
    )
    scene = blocks.TextBlock(label=_("Scene"), max_length=2000, help_text=_("Where we are, and what has happened."))
    goals = blocks.ListBlock(blocks.CharBlock(max_length=300, label=_("What to do")), label=_("What to do"), min_num=1)
    draft = blocks.TextBlock(
        label=_("Words that stand in the post already"), required=False, max_length=2000, help_text=_("Posts only.")
    )
    parts = SimulatedParts(label=_("What is on the screen"))
    rules = blocks.ListBlock(
        SimulatedRuleBlock(),
        label=_("Rules of the task"),
        default=[],
        collapsed=True,
        help_text=_("Each finding shows your own sentence. In a drill the situations judge themselves."),
    )
    model = blocks.TextBlock(
        label=_("A solution, or the proper procedure"),
        max_length=3000,
        help_text=_("Shown after checking, and on paper."),
    )
    call = blocks.ListBlock(
        blocks.CharBlock(max_length=300, label=_("Whom to telephone")), label=_("Whom to telephone"), default=[]
    )

    class Meta:
        icon = "mobile-alt"
        label = _("Simulator")
        template = "courses/blocks/simulator.html"
        value_class = SimulatorValue
        description = _("The officer practises without Facebook; your rules look at what was done and explain it.")
        preview_value = _SAMPLE_SIMULATOR

    def clean(self, value: Any) -> Any:
        """Refuses rules that look at nothing and a task that is solved already. A draft may be anything."""
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        try:
            task = cleaned.task()
            if passes(task, read_state(task, {})):
                raise TaskError(Fault.PASSES_UNTOUCHED)
        except TaskError as error:
            template = str(FAULTS.get(error.fault, FAULTS[Fault.UNKNOWN_CHOICE]))
            sentence = template % {"key": error.key, "word": error.word}
            if error.table == "rule":
                sentence = gettext("Rule %(number)s: %(sentence)s") % {"number": error.index + 1, "sentence": sentence}
            raise blocks.StructBlockValidationError(non_block_errors=ErrorList([sentence])) from None
        return cleaned

    def get_context(self, value: Any, parent_context: Any = None) -> Any:
        context = super().get_context(value, parent_context)
        try:
            task = value.task()
        except TaskError:
            return {**context, "task": None}
        told = [str(CHECKS[rule.check][1]) for rule in task.rules]
        return {
            **context,
            "task": task,
            "data": asdict(task),
            "looked_at": list(dict.fromkeys(told)),
            "levels": [_NO_LEVEL, *_LEVELS],
        }


class LessonBody(blocks.StreamBlock):
    text = TextBlock()
    steps = StepsBlock()
    picture = PictureBlock()
    callout = CalloutBlock()
    checklist = ChecklistBlock()
    comparison = ComparisonBlock()
    download = DownloadBlock()
    video = VideoBlock()
    term = TermBlock()
    practice = PracticeBlock()
    legal = LegalBlock()
    self_check = SelfCheckBlock()
    simulator = SimulatorBlock()


# What is read on paper has no links, and nothing to press.
PLAIN = ["h3", "h4", "bold", "italic", "ol", "ul"]


class PlainTextBlock(TextBlock):
    text = blocks.RichTextBlock(label=_("Text"), features=PLAIN)


class PlainCalloutBlock(CalloutBlock):
    text = blocks.RichTextBlock(label=_("Text"), features=PLAIN)


class JobAidBody(blocks.StreamBlock):
    checklist = ChecklistBlock()
    callout = PlainCalloutBlock()
    comparison = ComparisonBlock()
    text = PlainTextBlock()
