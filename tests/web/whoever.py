"""A college of which everybody asks for one section: who they are, and all that could become of it."""

from dataclasses import dataclass, field

from django.test import Client
from django.urls import reverse

from scheduling.domain.fields import CATALOGUE
from scheduling.models import ChangeLog, ChangeRequest, Relationship, Section, SectionUpload, User
from scheduling.selectors import values_of_relationships, values_of_sections
from scheduling.services.audit import Author
from scheduling.services.change_requests import ask_for_change
from tests.campus import Campus
from tests.section_form import form_of

WHO = {
    "the registrar": {"role": "REGISTRAR"},
    "its scheduler": {"role": "SCHEDULER", "departments": ["CHE"]},
    "another scheduler": {"role": "SCHEDULER", "departments": ["BIO"]},
    "an instructor": {"role": "INSTRUCTOR", "departments": ["CHE"]},
    "a viewer": {"role": "VIEWER"},
    "nobody": None,
}


@dataclass
class World:
    """The college; `section` of chemistry is S3, in a crosslist with S4, of chemistry too."""

    campus: Campus
    people: dict[str, User]
    forms: dict[str, dict] = field(default_factory=dict)

    @property
    def section(self):
        return self.campus.section("S3")

    @property
    def group(self):
        return self.campus.group().pk

    def client(self, who="the registrar"):
        client = Client()
        if self.people[who] is not None:
            client.force_login(self.people[who])
        return client

    def at(self, name, *more):
        return reverse(name, args=[self.section.pk, *more])

    def form(self, path):
        """What the registrar would send from the page at `path`."""
        if path not in self.forms:
            self.forms[path] = form_of(self.client().get(path).content.decode())
        return self.forms[path]

    def state(self):
        """All that a door could change."""
        return (
            values_of_sections(list(Section.objects.values_list("pk", flat=True))),
            values_of_relationships(list(Relationship.objects.values_list("pk", flat=True))),
            list(ChangeRequest.objects.order_by("pk").values_list("pk", "state")),
            list(SectionUpload.objects.order_by("pk").values_list("pk")),
            ChangeLog.objects.count(),
        )

    def request(self, asker="the registrar"):
        """The id of a change request for the section."""
        author = self.campus.author()
        made = ask_for_change(
            self.section,
            CATALOGUE["title"],
            "Mine",
            reason="It is better",
            lock="It was locked then.",
            author=Author(now=author.now, source=author.source, user=self.people[asker]),
        )
        return made.pk
