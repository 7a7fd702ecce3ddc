"""A crosslist that is left with one section before the SIS ever had it: it would be refused, so none goes."""

from scheduling.models import Relationship


def test_a_crosslist_of_one_is_not_sent_and_its_section_says_why(college):
    group = college.crosslist(college.id_of("S1"), college.id_of("S2"))
    college.sis.apply_revision({"delete": ["S1"]})
    answer = college.run("all", "--send-updates")
    assert Relationship.objects.get(pk=group).members.count() == 1
    assert answer.exit_code == 0
    [run] = [one for one in answer.runs if one["type"] == "relationships"]
    assert (run["counts"]["pending"], run["counts"]["sis_create"], run["counts"]["rejected"]) == (1, 0, 0)
    college.sweep()
    assert not [one for one in college.sis.journal if one["resource"] == "section-crosslists"]
    status = college.status("S2")
    assert (status["state"], status["reasons"][0]["code"]) == ("HELD", "TOO_FEW_MEMBERS")
    assert "Add a section to it or dissolve it" in status["reasons"][0]["message"]
