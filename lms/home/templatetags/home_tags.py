from django import template

from courses.models import CoursePage

register = template.Library()


@register.simple_tag
def open_courses() -> list[CoursePage]:
    return list(CoursePage.objects.live().order_by("path"))
