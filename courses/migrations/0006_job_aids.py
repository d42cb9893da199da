import django.db.models.deletion
import lms.core.storage
import wagtail.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0005_register_of_documents_and_exemptions"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [
        migrations.CreateModel(
            name="JobAidPage",
            fields=[
                (
                    "page_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to=settings.WAGTAIL_PAGE_MODEL,
                    ),
                ),
                ("summary", models.TextField(blank=True, verbose_name="summary")),
                (
                    "body",
                    wagtail.fields.StreamField(
                        [("checklist", 3), ("callout", 7), ("comparison", 14), ("text", 15)],
                        blank=True,
                        block_lookup={
                            0: ("wagtail.blocks.CharBlock", (), {"label": "Heading", "max_length": 150}),
                            1: ("wagtail.blocks.CharBlock", (), {"label": "Item", "max_length": 300}),
                            2: ("wagtail.blocks.ListBlock", (1,), {"label": "Items", "min_num": 2}),
                            3: ("wagtail.blocks.StructBlock", [[("heading", 0), ("items", 2)]], {}),
                            4: (
                                "wagtail.blocks.ChoiceBlock",
                                [],
                                {
                                    "choices": [
                                        ("note", "Note"),
                                        ("tip", "Tip"),
                                        ("warning", "Common mistakes"),
                                        ("example", "Example"),
                                    ],
                                    "label": "Kind",
                                },
                            ),
                            5: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Heading", "max_length": 150, "required": False},
                            ),
                            6: (
                                "wagtail.blocks.RichTextBlock",
                                (),
                                {"features": ["h3", "h4", "bold", "italic", "ol", "ul"], "label": "Text"},
                            ),
                            7: ("wagtail.blocks.StructBlock", [[("kind", 4), ("heading", 5), ("text", 6)]], {}),
                            8: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Column", "max_length": 100, "required": False},
                            ),
                            9: ("wagtail.blocks.ListBlock", (8,), {"label": "Columns", "min_num": 2}),
                            10: (
                                "wagtail.blocks.CharBlock",
                                (),
                                {"label": "Cell", "max_length": 500, "required": False},
                            ),
                            11: ("wagtail.blocks.ListBlock", (10,), {"label": "Cells"}),
                            12: ("wagtail.blocks.StructBlock", [[("cells", 11)]], {}),
                            13: ("wagtail.blocks.ListBlock", (12,), {"label": "Rows", "min_num": 1}),
                            14: ("wagtail.blocks.StructBlock", [[("heading", 0), ("header", 9), ("rows", 13)]], {}),
                            15: ("wagtail.blocks.StructBlock", [[("heading", 5), ("text", 6)]], {}),
                        },
                        verbose_name="content",
                    ),
                ),
                ("updated_on", models.DateField(blank=True, null=True, verbose_name="content up to date as of")),
                (
                    "look_again_on",
                    models.DateField(
                        blank=True,
                        help_text="Printed on it. Empty: six months after the day above.",
                        null=True,
                        verbose_name="to be looked at again by",
                    ),
                ),
            ],
            options={
                "verbose_name": "job aid",
                "verbose_name_plural": "job aids",
            },
            bases=("wagtailcore.page",),
        ),
        migrations.AddField(
            model_name="glossaryterm",
            name="english",
            field=models.CharField(
                blank=True, help_text="Seen by authors only.", max_length=120, verbose_name="in English"
            ),
        ),
        migrations.AddField(
            model_name="module",
            name="job_aid_url",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.CreateModel(
            name="JobAidEdition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField()),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("position", models.PositiveSmallIntegerField(default=1)),
                ("content", models.JSONField()),
                ("content_hash", models.CharField(max_length=64)),
                ("published_at", models.DateTimeField()),
                ("pdf", models.FileField(blank=True, storage=lms.core.storage.private_storage, upload_to="")),
                ("pdf_sha256", models.CharField(blank=True, max_length=64)),
                ("picture", models.FileField(blank=True, storage=lms.core.storage.private_storage, upload_to="")),
                ("picture_sha256", models.CharField(blank=True, max_length=64)),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=1000)),
            ],
            options={
                "verbose_name": "version of a job aid",
                "verbose_name_plural": "versions of job aids",
                "ordering": ["key", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("key", "number"), name="job_aid_edition_has_its_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("pdf", ""), ("picture", "")),
                            models.Q(
                                models.Q(("pdf_sha256", ""), _negated=True),
                                models.Q(("picture_sha256", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="job_aid_files_are_known_by_their_hash",
                    ),
                ],
            },
        ),
    ]
