"""The people of the CMS: trainers write, reviewers publish, and what a trainer submits goes to the reviewers.

Takes the place of Wagtail's own Editors, Moderators and their workflow. Runs once: what an administrator changes
afterwards stays.
"""

from django.conf import settings
from django.db import migrations

TRAINERS, REVIEWERS = "Giảng viên", "Người duyệt"
WORKFLOW = "Duyệt nội dung"
WAGTAILS_OWN = {"Editors", "Moderators"}
PAGE_RIGHTS = {
    TRAINERS: ("add_page", "change_page"),
    REVIEWERS: ("add_page", "change_page", "publish_page", "lock_page", "unlock_page"),
}
# app, model, what one may do with it: for both groups.
MODEL_RIGHTS = (
    ("wagtailadmin", "admin", ("access_admin",)),
    ("courses", "glossaryterm", ("add_glossaryterm", "change_glossaryterm", "view_glossaryterm")),
    ("media", "video", ("add_video", "change_video", "view_video")),
    ("quizzes", "question", ("add_question", "change_question", "view_question")),
    ("quizzes", "category", ("add_category", "change_category", "view_category")),
)
# Wagtail asks for the rights over its own models, whichever models the site uses.
COLLECTION_RIGHTS = (
    ("wagtailimages", "image", ("add_image", "change_image", "choose_image")),
    ("wagtaildocs", "document", ("add_document", "change_document", "choose_document")),
)


def _permission(apps, app_label, model, codename):
    """Permissions come only after all migrations, so those that are needed here are made now."""
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label=app_label, model=model
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": "Can " + codename.replace("_", " ")}
    )
    return permission


def make_editors(apps, schema_editor):
    group_model = apps.get_model("auth", "Group")
    home = apps.get_model("home", "HomePage").objects.order_by("path").first()
    if home is None:
        return
    groups = {name: group_model.objects.get_or_create(name=name)[0] for name in (TRAINERS, REVIEWERS)}
    collection = apps.get_model("wagtailcore", "Collection").objects.get(depth=1)
    for name, group in groups.items():
        for codename in PAGE_RIGHTS[name]:
            apps.get_model("wagtailcore", "GroupPagePermission").objects.get_or_create(
                group=group, page_id=home.pk, permission=_permission(apps, "wagtailcore", "page", codename)
            )
        for app_label, model, codenames in MODEL_RIGHTS:
            group.permissions.add(*(_permission(apps, app_label, model, codename) for codename in codenames))
        for app_label, model, codenames in COLLECTION_RIGHTS:
            for codename in codenames:
                apps.get_model("wagtailcore", "GroupCollectionPermission").objects.get_or_create(
                    group=group, collection=collection, permission=_permission(apps, app_label, model, codename)
                )
    _make_workflow(apps, home, groups[REVIEWERS])
    group_model.objects.filter(name__in=WAGTAILS_OWN, user__isnull=True).delete()


def _make_workflow(apps, home, reviewers):
    workflow_model = apps.get_model("wagtailcore", "Workflow")
    task_model = apps.get_model("wagtailcore", "GroupApprovalTask")
    assignment_model = apps.get_model("wagtailcore", "WorkflowPage")
    assignment_model.objects.filter(workflow__name="Moderators approval").delete()
    workflow_model.objects.filter(name="Moderators approval").update(active=False)
    apps.get_model("wagtailcore", "Task").objects.filter(name="Moderators approval").update(active=False)
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="wagtailcore", model="groupapprovaltask"
    )
    task = task_model.objects.create(name=REVIEWERS, content_type=content_type, active=True)
    task.groups.add(reviewers)
    workflow = workflow_model.objects.create(name=WORKFLOW, active=True)
    apps.get_model("wagtailcore", "WorkflowTask").objects.create(workflow=workflow, task_id=task.pk, sort_order=0)
    assignment_model.objects.create(page_id=home.pk, workflow=workflow)


def remove_editors(apps, schema_editor):
    """Wagtail's own groups come back empty; people in ours lose the rights that the groups gave them."""
    group_model = apps.get_model("auth", "Group")
    workflow_model = apps.get_model("wagtailcore", "Workflow")
    task_model = apps.get_model("wagtailcore", "GroupApprovalTask")
    workflow_model.objects.filter(name=WORKFLOW).delete()
    task_model.objects.filter(name=REVIEWERS).delete()
    group_model.objects.filter(name__in=(TRAINERS, REVIEWERS)).delete()
    for name in sorted(WAGTAILS_OWN):
        group_model.objects.get_or_create(name=name)
    workflow_model.objects.filter(name="Moderators approval").update(active=True)
    apps.get_model("wagtailcore", "Task").objects.filter(name="Moderators approval").update(active=True)


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0002_home_page"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("wagtailadmin", "0001_create_admin_access_permissions"),
        ("wagtailimages", "0023_add_choose_permissions"),
        ("wagtaildocs", "0011_add_choose_permissions"),
        ("courses", "0001_initial"),
        ("media", "0001_initial"),
        ("quizzes", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(make_editors, remove_editors)]
