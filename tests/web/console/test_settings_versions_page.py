"""Merge Settings, Versions: the history, comparing, restoring; and the profiles."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.merge.policy import Source
from integration.models import MergeProfile, MergeProfileVersion
from integration.settings import MergeSettings, TypeSettings, active_version, create_profile, save_settings
from scheduling.models import ChangeLog, CustomField
from tests.web.console.page_forms import post, sent_by, words_of

PATH = "/console/settings/versions/"
WHEN = dt.datetime(2027, 1, 12, 17, 0, tzinfo=dt.UTC)


def save(actor=None, reason="", **sources):
    document = MergeSettings(types={"sections": TypeSettings(sources=sources)})
    return save_settings(document, actor=actor, reason=reason, now=WHEN)


def path_of(version):
    return f"{PATH}{version.pk}/"


def profile(name="Frozen", **sources):
    document = MergeSettings(types={"sections": TypeSettings(sources=sources)})
    return create_profile(name, document, actor=None, now=WHEN).profile


# ---- who


@pytest.mark.parametrize("kind", ["no product", "no role", "viewer", "scheduler", "registrar"])
def test_only_the_admin_product_opens_and_sends_the_pages(person, kind):
    old, other = active_version(), profile()
    newest = save(title=Source.ASK)
    client = person(kind)
    copying = {"step": "copy", "profile": other.pk, "name": "Mine"}
    activating = {"step": "activate", "profile": other.pk, "seen": newest.pk, "shown": newest.pk}
    for answer in (
        client.get(PATH),
        client.get(path_of(old)),
        client.get(path_of(old), {"restore": "1"}),
        client.post(path_of(old), {"seen": newest.pk}),
        client.post(PATH, copying),
        client.post(PATH, activating),
    ):
        assert answer.status_code == 403
    assert active_version() == newest
    assert MergeProfile.objects.count() == 2


@pytest.mark.parametrize("path", [PATH, PATH + "1/"])
def test_nobody_else_is_asked_to_sign_in(person, path):
    assert person("anonymous").post(path).headers["Location"].startswith("/sign-in/?next=")


def test_looking_changes_nothing(admin):
    old, other = active_version(), profile()
    newest = save(title=Source.ASK)
    rows = ChangeLog.objects.count()
    admin.get(path_of(old), {"restore": "1", "seen": newest.pk})
    admin.get(PATH, {"activate": other.pk, "step": "activate", "seen": newest.pk})
    admin.get(PATH, {"step": "copy", "name": "x", "profile": other.pk})
    assert active_version() == newest
    assert ChangeLog.objects.count() == rows


# ---- the list


def test_each_version_says_who_when_why_and_how_much(admin):
    save(admin.user, "Titles come from the catalogue", title=Source.PREFER_SIS, notes=Source.ASK)
    page = words_of(admin.get(PATH))
    assert "Version 2 12 Jan 2027, 17:00 full-admin 2 settings Titles come from the catalogue" in page
    assert "First version" in page


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_the_same_number_of_queries_however_many_versions(admin, count):
    for number in range(count):
        save(admin.user, title=list(Source)[number % 5])
    with CaptureQueriesContext(connection) as queries:
        admin.get(PATH)
    assert len(queries) == QUERIES, "\n".join(one["sql"] for one in queries)
    path = path_of(active_version())
    with CaptureQueriesContext(connection) as queries:
        admin.get(path)
    assert len(queries) == QUERIES + 1, "\n".join(one["sql"] for one in queries)


QUERIES = 7
"""Session, user with rights; profiles, versions, the one before; custom fields; terms of the frame."""


def test_many_versions_come_page_by_page_and_a_lost_place_is_said(admin):
    for number in range(60):
        save(title=list(Source)[number % 5])
    first = words_of(admin.get(PATH))
    assert "Version 61 " in first
    assert "Version 11 " not in first
    assert "Next page" in first
    assert "this is the first one" in words_of(admin.get(PATH, {"cursor": "x"}))


def test_the_versions_of_another_profile_are_listed_by_its_link(admin):
    other = profile()
    assert "Versions of Frozen" in words_of(admin.get(PATH, {"profile": other.pk}))


@pytest.mark.parametrize("value", ["x", "0", "9" * 30, "²"])
@pytest.mark.parametrize("name", ["profile", "activate"])
def test_a_profile_that_there_is_not_is_not_found(admin, name, value):
    assert admin.get(PATH, {name: value}).status_code == 404


def test_the_same_settings_saved_again_make_no_version(admin):
    document = MergeSettings(types={"sections": TypeSettings(sent_fields=("title", "notes"))})
    first = save_settings(document, actor=None, reason="", now=WHEN)
    assert save_settings(document, actor=None, reason="again", now=WHEN) == first


# ---- one version


def test_a_version_shows_what_it_changed_and_what_it_says(admin):
    save(title=Source.PREFER_SIS)
    newest = save(title=Source.ALWAYS_SIS)
    page = words_of(admin.get(path_of(newest)))
    assert "What differs from version 2" in page
    assert "Sections: Title, source of truth Prefer SIS Always SIS" in page
    assert "Sections On Field by field, as delivered 1" in page


def test_any_two_versions_can_be_compared(admin):
    first, other = active_version(), profile(capacity=Source.ASK)
    newest = save(title=Source.PREFER_SIS)
    page = words_of(admin.get(path_of(newest), {"with": other.versions.get().pk}))
    assert "What differs from Frozen, version 1" in page
    assert "Sections: Capacity, source of truth Ask As default (Prefer Tandem)" in page
    assert "Nothing: both say the same." not in page
    assert "Nothing: both say the same." in words_of(admin.get(path_of(newest), {"with": newest.pk}))
    assert admin.get(path_of(first), {"with": "999999"}).status_code == 404


def test_fields_that_may_be_sent_and_single_sections_are_compared_one_by_one(admin):
    rules = TypeSettings(sent_fields=("title",), overrides={"S1": {"title": Source.ASK}})
    newest = save_settings(
        MergeSettings(types={"sections": rules}, subject_departments={"BIOL": "BIO"}),
        actor=None,
        reason="",
        now=WHEN,
    )
    page = words_of(admin.get(path_of(newest)))
    assert "Sections: Notes, may be sent Yes No" in page
    assert "Sections: Title, may be sent" not in page
    assert "Sections: Section S1, Title No exception Ask" in page
    assert "Department of subject BIOL BIOL BIO" in page


def test_a_version_that_cannot_be_read_says_so_on_its_page_and_in_the_list(admin):
    broken = MergeProfileVersion.objects.create(
        profile=active_version().profile, number=7, document={"kinds": 1}, created_at=WHEN
    )
    assert "cannot be read" in words_of(admin.get(path_of(broken)))
    assert "Cannot be read" in words_of(admin.get(PATH))
    assert "cannot be read" in words_of(admin.get("/console/settings/"))
    assert "cannot be read" in words_of(admin.get("/console/settings/types/sections/", follow=True))


# ---- restoring


def test_restoring_shows_the_difference_first_and_then_adds_a_version(admin):
    old = save(title=Source.PREFER_SIS)
    save(title=Source.ALWAYS_SIS)
    page = admin.get(path_of(old), {"restore": "1"})
    assert "Sections: Title, source of truth Always SIS Prefer SIS" in words_of(page)
    assert active_version().number == 3
    answer = post(admin, path_of(old), page, holds="seen")
    newest = active_version()
    assert answer.headers["Location"] == path_of(newest)
    assert (newest.number, newest.document, newest.created_by) == (4, old.document, admin.user)
    assert newest.reason == "Version 2 restored"
    assert "saved it again as the newest" not in words_of(admin.get(path_of(newest)))


def test_restoring_on_top_of_what_somebody_saved_meanwhile_is_refused(admin):
    old = save(title=Source.PREFER_SIS)
    save(title=Source.ALWAYS_SIS)
    page = admin.get(path_of(old), {"restore": "1"})
    save(title=Source.ASK)
    answer = post(admin, path_of(old), page, holds="seen")
    assert "saved by somebody else" in words_of(answer, status=409)
    assert active_version().number == 4


def test_a_version_with_a_field_that_is_gone_is_not_restored_and_says_why(admin):
    field = CustomField.objects.create(name="fee", label="Fee", kind="text")
    old = save(**{"custom.fee": Source.ASK})
    newest = save(title=Source.ASK)
    field.delete()
    answer = admin.post(path_of(old), {"seen": newest.pk}, follow=True)
    assert "Version 2 can no longer be used: Sections have no field" in words_of(answer)
    assert active_version() == newest


def test_restoring_what_is_the_same_has_nothing_to_do(admin):
    newest = save(title=Source.ASK)
    assert "says the same as the newest" in words_of(
        admin.get(path_of(newest), {"restore": "1"}, follow=True)
    )


@pytest.mark.parametrize("seen", ["", "x"])
def test_restoring_takes_the_page_that_showed_the_difference(admin, seen):
    assert admin.post(path_of(active_version()), {"seen": seen}).status_code == 404


# ---- profiles


def test_a_copy_begins_as_the_newest_version_and_is_not_active(admin):
    newest = save(title=Source.ASK)
    page = admin.get(PATH)
    answer = post(admin, PATH, page, holds="name", step="copy", fields={"name": " Freeze "})
    assert answer.status_code == 302
    made = MergeProfile.objects.get(name="Freeze")
    assert made.versions.get().document == newest.document
    assert made.versions.get().created_by == admin.user
    assert active_version() == newest
    assert "Freeze Not active" in words_of(admin.get(PATH))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "needs a name of its own"), ("Frozen", "blank or taken"), ("n" * 101, "at most 100 characters")],
)
def test_a_copy_needs_a_name_of_its_own(admin, name, sentence):
    profile("Frozen")
    answer = admin.post(PATH, {"step": "copy", "profile": active_version().profile_id, "name": name})
    assert sentence in words_of(answer, status=422)
    assert MergeProfile.objects.count() == 2


def test_activating_shows_the_difference_first(admin):
    other = profile(title=Source.ALWAYS_SIS)
    page = admin.get(PATH, {"activate": other.pk})
    words = words_of(page)
    assert "Activate profile Frozen? Merges follow Default, version 1, now." in words
    assert "Sections: Title, source of truth As default (Ask) Always SIS" in words
    assert active_version().profile != other
    assert post(admin, PATH, page, holds="seen", step="activate").status_code == 302
    assert active_version().profile == other
    assert ChangeLog.objects.filter(record_type="merge_profile", field="is_active").get().actor == admin.user


@pytest.mark.parametrize("whose", ["active", "other"])
def test_activating_is_refused_where_either_profile_was_saved_meanwhile(admin, whose):
    other = profile()
    page = admin.get(PATH, {"activate": other.pk})
    if whose == "active":
        save(title=Source.ASK)
    else:
        MergeProfileVersion.objects.create(profile=other, number=2, document={}, created_at=timezone.now())
    answer = post(admin, PATH, page, holds="seen", step="activate")
    assert "saved by somebody else" in words_of(answer, status=409)
    assert active_version().profile != other


def test_where_no_profile_is_active_one_can_be_activated(admin):
    MergeProfile.objects.update(is_active=False)
    chosen = MergeProfile.objects.get()
    page = admin.get(PATH, {"activate": chosen.pk})
    assert sent_by(page, holds="seen")["seen"] == [""]
    post(admin, PATH, page, holds="seen", step="activate")
    assert active_version().profile == chosen


def test_the_active_profile_and_an_empty_one_are_not_activated(admin):
    empty = MergeProfile.objects.create(name="Empty")
    active = active_version().profile_id
    assert "is active already" in words_of(admin.get(PATH, {"activate": active}, follow=True))
    assert "has no version yet" in words_of(admin.get(PATH, {"activate": empty.pk}, follow=True))
    assert "No version yet" in words_of(admin.get(PATH, {"profile": empty.pk}))
    answer = admin.post(PATH, {"step": "copy", "profile": empty.pk, "name": "Copy"})
    assert "nothing to copy" in words_of(answer, status=422)
