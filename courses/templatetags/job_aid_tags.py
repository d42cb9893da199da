"""A job aid beside what its page says."""

from django import template

from courses.models import JobAidPage
from courses.queries import job_aids

register = template.Library()


@register.simple_tag
def job_aid_view(page: JobAidPage) -> job_aids.JobAidView | None:
    """Version, days and names of the files; None before the first publication. One query."""
    return job_aids.view_of(page)
