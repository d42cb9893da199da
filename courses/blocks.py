"""The blocks of a lesson. Each has a preview, so that a trainer sees in the picker what it will look like."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock

RICH = ["h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link", "hr"]


class TextBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=150)
    text = blocks.RichTextBlock(label=_("Text"), features=RICH)

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = "courses/blocks/text.html"


class PictureBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), required=False, max_length=150)
    image = ImageChooserBlock(label=_("Picture"))
    caption = blocks.CharBlock(label=_("Caption (app and date of a drawn screen)"), required=False, max_length=250)

    class Meta:
        icon = "image"
        label = _("Picture")
        template = "courses/blocks/picture.html"


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


class ChecklistBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=150)
    items = blocks.ListBlock(blocks.CharBlock(label=_("Item"), max_length=300), label=_("Items"), min_num=2)

    class Meta:
        icon = "tasks"
        label = _("Checklist")
        template = "courses/blocks/checklist.html"


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


class DownloadBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"), max_length=150)
    document = DocumentChooserBlock(label=_("Document"))
    note = blocks.CharBlock(label=_("What it is for"), required=False, max_length=250)

    class Meta:
        icon = "download"
        label = _("Download")
        template = "courses/blocks/download.html"


class VideoBlock(blocks.StructBlock):
    video = SnippetChooserBlock("media.Video", label=_("Video"))
    caption = blocks.CharBlock(label=_("Caption"), required=False, max_length=250)

    class Meta:
        icon = "media"
        label = _("Video with captions")
        template = "courses/blocks/video.html"


class TermBlock(blocks.StructBlock):
    term = SnippetChooserBlock("courses.GlossaryTerm", label=_("Term"))

    class Meta:
        icon = "openquote"
        label = _("Glossary term")
        template = "courses/blocks/term.html"


class PracticeBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=150)
    text = blocks.RichTextBlock(label=_("Text"), features=RICH)

    class Meta:
        icon = "edit"
        label = _("Practical task")
        template = "courses/blocks/practice.html"


class LegalBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Heading"), max_length=150)
    text = blocks.RichTextBlock(label=_("Text"), features=["bold", "italic", "ol", "ul", "link"])

    class Meta:
        icon = "clipboard-list"
        label = _("Legal basis")
        template = "courses/blocks/legal.html"


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
