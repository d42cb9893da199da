"""The blocks of a lesson. Each has a preview, so that a trainer sees in the picker what it will look like."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock

# Samples are content, not interface: they stay Vietnamese.
_SAMPLE_STEPS = [
    {"title": "Chuyển sang Trang", "text": "<p>Bấm ảnh đại diện, chọn Trang của đơn vị.</p>"},
    {"title": "Chọn quyền vừa đủ", "text": "<p>Chỉ tổ trưởng và người dự phòng giữ toàn quyền kiểm soát.</p>"},
]
_SAMPLE_OPTIONS = [
    {"text": "Chưa thích Trang", "is_right": False, "reason": "Thích Trang không cho ai quyền gì."},
    {"text": "Chưa chấp nhận lời mời", "is_right": True, "reason": "Đúng. Người được mời phải tự bấm chấp nhận."},
]


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
