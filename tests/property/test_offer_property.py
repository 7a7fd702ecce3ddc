"""Whatever a site offers, capabilities are never more than the profile's, and never less for more offered."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from integration.sis.ethos.adapter import EthosAdapter
from integration.sis.ethos.address import PROFILES, Address
from integration.sis.ethos.check import READ_ONLY, needed_methods
from integration.sis.ethos.offered import ALL_METHODS, lost, within

ABLE = {
    profile: EthosAdapter(
        address=Address.parse(f"ethos+https://sis.example.edu?profile={profile}"),
        api_key="",
        pace=None,
        zone=None,
    ).by_profile
    for profile in PROFILES
}
NEEDED = {name: {"get"} for name in READ_ONLY} | needed_methods(ABLE["banner"])
OFFERS = st.dictionaries(st.sampled_from(sorted(NEEDED)), st.sets(st.sampled_from(ALL_METHODS)))
ABILITIES = st.sampled_from(list(ABLE.values()))


def is_within(less, more):
    return (
        less.reads <= more.reads
        and less.writable_fields <= more.writable_fields
        and all(less.writes[kind] <= more.writes[kind] for kind in more.writes)
    )


@given(able=ABILITIES, offer=OFFERS)
def test_an_offer_only_takes_away_and_only_what_it_can(able, offer):
    cut = within(able, offer)
    assert is_within(cut, able)
    assert replace(cut, reads=able.reads, writes=able.writes, writable_fields=able.writable_fields) == able
    assert all(kind in cut.reads for kind, operations in cut.writes.items() if operations)


@given(able=ABILITIES, offer=OFFERS, more=OFFERS)
def test_who_offers_more_is_asked_no_less(able, offer, more):
    both = {name: {*offer.get(name, ()), *more.get(name, ())} for name in offer.keys() | more.keys()}
    assert is_within(within(able, offer), within(able, both))


@given(able=ABILITIES, offer=OFFERS)
def test_what_is_needed_is_enough_and_a_loss_is_always_told(able, offer):
    assert within(able, NEEDED) == able
    cut = within(able, offer)
    assert bool(list(lost(able, cut))) is (cut != able)
