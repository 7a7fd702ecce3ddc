"""Conflicts: who may see them, what is shown, settling one, settling many, and what was quicker."""

import pytest

from integration.conflict_pages import stamp_of
from integration.models import Conflict, Link
from integration.resolving import Choice
from integration.resolving_many import AT_ONCE
from scheduling.models import ChangeLog
from tests.web.console.waiting_campus import (
    REFUSED,
    disputed,
    many_conflicts,
    open_conflicts,
    queries_of,
    without_a_token,
    words_of,
)

PATH = "/console/conflicts/"


@pytest.fixture
def campus(college):
    return college


def page_of(conflict):
    return f"{PATH}{conflict.pk}/"


def shown(conflict):
    return f"{conflict.pk}:{stamp_of(conflict)}"


def messages_of(client, answer):
    return words_of(client.get(answer["Location"]))


# ---- who


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_the_admin_product_sees_and_settles_conflicts(person, campus, kind, method):
    [conflict] = disputed(campus, "S1")
    client = person(kind)
    for path in (PATH, page_of(conflict)):
        given = {"choice": "OURS", "stamp": stamp_of(conflict), "settle": f"OURS:{shown(conflict)}"}
        assert getattr(client, method)(path, given).status_code == 403
    assert open_conflicts() == [conflict]


def test_whoever_is_not_signed_in_is_asked_to(person, campus):
    [conflict] = disputed(campus, "S1")
    for path in (PATH, page_of(conflict)):
        assert person("anonymous").get(path)["Location"].startswith("/sign-in/")


def test_a_form_of_another_site_settles_nothing(admin, campus):
    [conflict] = disputed(campus, "S1")
    given = {"choice": "OURS", "stamp": stamp_of(conflict), "settle": f"OURS:{shown(conflict)}"}
    for path in (PATH, page_of(conflict)):
        assert without_a_token(admin.user, path, given).status_code == 403
    assert open_conflicts() == [conflict]


def test_looking_changes_nothing(admin, campus):
    [conflict] = disputed(campus, "S1")
    before = ChangeLog.objects.count()
    for path in (PATH, f"{PATH}?settle=OURS:{shown(conflict)}", f"{page_of(conflict)}?choice=OURS"):
        assert admin.get(path).status_code == 200
    assert open_conflicts() == [conflict]
    assert ChangeLog.objects.count() == before


# ---- the list


def test_a_conflict_is_listed_with_its_values_and_the_rule_in_words(admin, campus):
    disputed(campus, "S1")
    page = words_of(admin.get(PATH))
    assert "BIO 101 A" in page
    assert "Before Title of S1 Tandem Mine SIS Theirs" in page
    assert "Both sides changed it, and Merge Settings ask a person" in page
    assert "Keep Tandem's" in page
    assert "Take the SIS's" in page


def test_people_are_called_by_their_names(admin, campus):
    campus.settings(sections={"sources": {"instructors": "ASK"}})
    campus.edit("S1", instructors=[{"instructor": "I2", "percent": 40, "is_primary": True}])
    campus.adapter.edit("S1", instructors=[{"instructor": "I1", "percent": "60", "is_primary": "True"}])
    campus.merge(sends=True)
    page = words_of(admin.get(PATH))
    assert "Tandem Ada Yonath 40 % (primary)" in page
    assert "Marie Curie 60 % (primary)" in page


def test_a_title_that_reads_like_somebodys_id_is_left_as_it_is(admin, campus):
    campus.settings(sections={"sources": {"instructors": "ASK", "title": "ASK"}})
    campus.edit("S1", title="I2", instructors=[{"instructor": "I2", "percent": 40, "is_primary": True}])
    campus.adapter.edit("S1", title="I1", instructors=[])
    campus.merge(sends=True)
    page = words_of(admin.get(PATH))
    assert "Tandem Ada Yonath 40 % (primary)" in page
    assert "Tandem I2 SIS I1" in page


def test_without_conflicts_the_page_says_what_will_be_here(admin, db):
    assert "No open conflicts" in words_of(admin.get(PATH))
    assert "Nothing settled yet" in words_of(admin.get(f"{PATH}?state=settled"))
    assert "No conflict matches" in words_of(admin.get(f"{PATH}?q=nothing"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("term=20271", True),
        ("term=20263", False),
        ("type=sections", True),
        ("type=relationships", False),
        ("field=title", True),
        ("field=credits", False),
        ("field=Whole+record", False),
        ("kind=FIELD", True),
        ("kind=REMOVAL", False),
        ("q=bio+101", True),
        ("q=S1", True),
        ("q=CHE", False),
        ("term=%00&q=%00", True),
        ("cursor=nonsense", True),
        ("state=settled", False),
    ],
)
def test_the_list_can_be_filtered(admin, campus, query, found):
    disputed(campus, "S1")
    assert ("Before Title of S1" in words_of(admin.get(f"{PATH}?{query}"))) is found


def test_the_list_goes_page_by_page(admin, campus):
    many_conflicts(60)
    first = admin.get(PATH)
    assert "60 open" in words_of(first)
    assert first.content.decode().count('name="tick"') == 50
    after = admin.get(f"{PATH}?cursor={first.context['page'].next}")
    assert after.content.decode().count('name="tick"') == 10


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_the_same_queries_for_one_conflict_and_for_many(admin, campus, count):
    many_conflicts(count)
    number, sql = queries_of(admin, PATH)
    assert number == QUERIES, "\n".join(sql)


QUERIES = 9
"""Session, user with rights; page, count, the filters' choices, own fields twice; labels; terms."""


# ---- settling one


@pytest.mark.parametrize(("choice", "value"), [("OURS", "Mine"), ("THEIRS", "Theirs")])
def test_one_click_in_the_list_settles_a_row(admin, campus, choice, value):
    [conflict] = disputed(campus, "S1")
    answer = admin.post(f"{PATH}?term=20271", {"settle": f"{choice}:{shown(conflict)}"})
    assert answer["Location"] == f"{PATH}?term=20271"
    assert "BIO 101 A is settled" in messages_of(admin, answer)
    campus.assert_settled()
    assert campus.section("S1").title == campus.in_sis("S1")["title"] == value
    conflict.refresh_from_db()
    assert (conflict.resolved_by, conflict.resolution) == (admin.user, choice)


@pytest.mark.parametrize(("choice", "value"), [("OURS", "Mine"), ("THEIRS", "Theirs")])
def test_the_page_of_a_conflict_says_what_each_choice_does_and_does_it(admin, campus, choice, value):
    [conflict] = disputed(campus, "S1")
    page = words_of(admin.get(page_of(conflict)))
    assert "Title stays “Mine”. In the SIS Gets “Mine” with the next delivery or merge that sends." in page
    assert "Title becomes “Theirs”. In the SIS Nothing is sent." in page
    answer = admin.post(page_of(conflict), {"choice": choice, "stamp": stamp_of(conflict)})
    assert "Both values stay on record" in messages_of(admin, answer)
    campus.assert_settled()
    assert campus.section("S1").title == value


def test_what_is_settled_is_listed_with_who_and_when_and_both_values(admin, campus):
    [conflict] = disputed(campus, "S1")
    admin.post(PATH, {"settle": f"OURS:{shown(conflict)}"})
    page = words_of(admin.get(f"{PATH}?state=settled"))
    assert "Tandem Mine SIS Theirs" in page
    assert "Tandem's was kept. full-admin" in page


def test_whoever_comes_second_is_told_who_was_quicker(admin, campus):
    [conflict] = disputed(campus, "S1")
    campus.resolve(conflict, Choice.THEIRS)
    for path, given in (
        (PATH, {"settle": f"OURS:{shown(conflict)}"}),
        (page_of(conflict), {"choice": "OURS", "stamp": stamp_of(conflict)}),
    ):
        page = words_of(admin.post(path, given), status=409)
        assert "It is settled already by kim on" in page
    assert campus.section("S1").title == "Theirs"


def test_a_conflict_that_was_renewed_since_it_was_shown_is_not_settled_unseen(admin, campus):
    [conflict] = disputed(campus, "S1")
    seen = stamp_of(conflict)
    campus.adapter.edit("S1", title="Newer")
    campus.merge(sends=True)
    page = words_of(admin.post(page_of(conflict), {"choice": "THEIRS", "stamp": seen}), status=409)
    assert "changed since you looked" in page
    assert open_conflicts() == [conflict]
    assert "SIS Newer" in words_of(admin.get(page_of(conflict)))


def test_an_edit_made_here_since_is_shown_beside_the_conflict_s_values(admin, campus):
    [conflict] = disputed(campus, "S1")
    campus.edit("S1", title="Newer")
    page = words_of(admin.get(page_of(conflict)))
    assert "Tandem's value has changed since the conflict was found. It is now “Newer”." in page
    answer = admin.post(page_of(conflict), {"choice": "THEIRS", "stamp": stamp_of(conflict)})
    assert "changed here since" in words_of(answer, status=409)
    assert campus.section("S1").title == "Newer"


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("", {"settle": "BOTH:1:a"}),
        ("", {"settle": "OURS:one:a"}),
        ("", {"choose": "OURS"}),
        ("", {"choose": "OURS", "tick": ["x"]}),
        ("", {"confirmed": "NEITHER", "asked": "1:a"}),
        ("", {}),
        ("own", {"stamp": "x"}),
    ],
)
def test_a_form_that_says_nothing_sound_settles_nothing(admin, campus, path, given):
    [conflict] = disputed(campus, "S1")
    answer = admin.post(page_of(conflict) if path else PATH, given)
    assert answer.status_code == 302
    assert open_conflicts() == [conflict]


def test_a_conflict_that_is_not_there_is_not_found(admin, db):
    assert admin.get(f"{PATH}4711/").status_code == 404


# ---- records as a whole


def removed_here(campus, sis_id="S4", **edits):
    campus.delete(sis_id)
    campus.adapter.edit(sis_id, **edits)
    campus.merge(sends=True)
    return Conflict.objects.select_related("link").get(status="OPEN")


def test_a_removal_against_an_edit_says_what_each_choice_does_and_what_was_edited(admin, campus):
    conflict = removed_here(campus, title="Edited")
    page = words_of(admin.get(page_of(conflict)))
    assert "Tandem Removed SIS There, and edited" in page
    assert "Remove it in the SIS too In Tandem The section stays removed." in page
    assert "Have it back In Tandem The section comes back with the next import" in page
    assert "What was edited Title Before Title of S4" in page
    admin.post(page_of(conflict), {"choice": "THEIRS", "stamp": stamp_of(conflict)})
    campus.assert_settled()
    assert campus.section("S4").title == "Edited"


def test_students_forbid_a_removal_in_words_and_in_deed(admin, campus):
    conflict = removed_here(campus, enrollment="3")
    page = words_of(admin.get(page_of(conflict)))
    assert "There, 3 enrolled" in page
    assert "Not possible: students are enrolled in the SIS" in page
    answer = admin.post(page_of(conflict), {"choice": "OURS", "stamp": stamp_of(conflict)})
    assert "never removed from here" in messages_of(admin, answer)
    assert open_conflicts() == [conflict]


def test_a_removal_in_the_sis_against_an_edit_here_can_be_followed(admin, campus):
    campus.edit("S1", title="Mine")
    campus.adapter.remove("S1")
    campus.merge(sends=True)
    [conflict] = open_conflicts()
    page = words_of(admin.get(page_of(conflict)))
    assert "Let it go" in page
    assert "Keep it In Tandem The section stays, with what was edited here." in page
    admin.post(page_of(conflict), {"choice": "THEIRS", "stamp": stamp_of(conflict)})
    campus.assert_settled()


def test_which_record_of_the_sis_it_is_has_to_be_said(admin, campus):
    conflict = Conflict.objects.create(
        link=Link.objects.get(section=campus.create()),
        kind="AMBIGUOUS",
        theirs=["T1", "T2"],
        rule="AMBIGUOUS",
        opened_at="2027-01-12T12:00Z",
    )
    page = words_of(admin.get(page_of(conflict)))
    assert "Which record of the SIS is it? T1 T2" in page
    given = {"choice": "THEIRS", "stamp": stamp_of(conflict)}
    assert "one of T1, T2" in messages_of(admin, admin.post(page_of(conflict), given))
    admin.post(page_of(conflict), given | {"sis_id": "T2"})
    conflict.refresh_from_db()
    assert (conflict.status, conflict.link.sis_id) == ("RESOLVED", "T2")
    assert "T2" in words_of(admin.get(page_of(conflict)))


# ---- settling many


def test_before_many_are_settled_the_page_says_what_will_happen(admin, campus):
    conflicts = disputed(campus, "S1", "S2")
    answer = admin.post(PATH, {"choose": "THEIRS", "tick": [shown(one) for one in conflicts]})
    page = words_of(answer)
    assert "Settle 2 conflicts: the SIS's side stands?" in page
    assert "2: Both sides changed it" in page
    assert page.count("Title becomes “Theirs”.") == 2
    assert open_conflicts() == conflicts


def test_the_ticked_ones_are_settled_once_confirmed(admin, campus):
    one, two, three = disputed(campus, "S1", "S2", "S3")
    asked = admin.post(PATH, {"choose": "THEIRS", "tick": [shown(one), shown(three)]}).context["question"]
    answer = admin.post(PATH, {"confirmed": "THEIRS", "asked": asked.asked})
    assert "2 conflicts are settled: the SIS's side stands." in messages_of(admin, answer)
    assert open_conflicts() == [two]
    assert campus.section("S2").title == "Mine"


def test_for_all_that_match_the_number_has_to_be_typed(admin, campus):
    disputed(campus, "S1", "S2", "S3")
    path = f"{PATH}?q=BIO"
    asked = admin.post(path, {"choose_all": "OURS"}).context["question"].asked
    given = {"confirmed": "OURS", "asked": asked, "is_all": "1"}
    page = words_of(admin.post(path, given | {"number": "3"}))
    assert "To go on, type the number 2." in page
    assert len(open_conflicts()) == 3
    answer = admin.post(path, given | {"number": " 2 "})
    assert "2 conflicts are settled: Tandem's side stands." in messages_of(admin, answer)
    assert [one.link.sis_id for one in open_conflicts()] == ["S3"]


def test_one_that_is_over_or_was_renewed_stops_no_other_and_is_told(admin, campus):
    one, two, three = conflicts = disputed(campus, "S1", "S2", "S3")
    asked = " ".join(shown(each) for each in conflicts)
    campus.resolve(two, Choice.THEIRS)
    campus.adapter.edit("S3", title="Newer")
    campus.merge()
    page = messages_of(admin, admin.post(PATH, {"confirmed": "OURS", "asked": asked}))
    assert "1 conflict is settled" in page
    assert "1 over already. BIO 101 B: settled already by kim" in page
    assert "1 not settled, because a merge renewed them" in page
    one.refresh_from_db()
    assert one.status == "RESOLVED"
    assert open_conflicts() == [three]


def test_what_cannot_be_settled_with_many_is_named_with_the_reason_and_stays(admin, campus):
    enrolled = removed_here(campus, enrollment="3")
    disputed(campus, "S1")
    answer = admin.post(PATH, {"choose_all": "OURS"})
    page = words_of(answer)
    assert "1 cannot be settled like this and stays open" in page
    assert "Not possible: students are enrolled" in page
    question = answer.context["question"]
    admin.post(PATH, {"confirmed": "OURS", "asked": question.asked})
    assert open_conflicts() == [enrolled]


def test_more_than_go_at_once_are_settled_part_by_part(admin, campus):
    many_conflicts(AT_ONCE + 3)
    answer = admin.post(PATH, {"choose_all": "OURS"})
    assert "3 more match. They stay open" in words_of(answer)
    assert len(answer.context["question"].possible) == AT_ONCE


def test_settings_that_cannot_be_read_settle_nothing_and_say_so(admin, campus, settings):
    [conflict] = disputed(campus, "S1")
    settings.SIS_URL = "gopher://nowhere"
    for path, given in (
        (PATH, {"settle": f"OURS:{shown(conflict)}"}),
        (page_of(conflict), {"choice": "OURS", "stamp": stamp_of(conflict)}),
    ):
        assert "Nothing was settled: SIS_URL" in messages_of(admin, admin.post(path, given))
    assert open_conflicts() == [conflict]
