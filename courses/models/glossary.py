from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.search import index

from lms.core import text


class GlossaryTerm(index.Indexed, models.Model):
    key = models.SlugField(_("key"), max_length=80, unique=True)
    term = models.CharField(_("term"), max_length=120)
    definition = models.TextField(_("definition"))
    english = models.CharField(_("in English"), max_length=120, blank=True, help_text=_("Seen by authors only."))
    sort_key = models.CharField(max_length=900, editable=False)

    search_fields = [index.SearchField("term"), index.AutocompleteField("term")]

    class Meta:
        verbose_name = _("glossary term")
        verbose_name_plural = _("glossary terms")
        ordering = ["sort_key"]

    def __str__(self) -> str:
        return self.term

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_key = text.sort_key(self.term)
        super().save(*args, **kwargs)
