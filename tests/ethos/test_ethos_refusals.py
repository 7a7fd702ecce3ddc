"""Every shape of error is read; it becomes a class, a field, a plain sentence and somebody to ask."""

import json

import pytest

from integration.sis.ethos.address import Address
from integration.sis.ethos.complaints import complaints_of
from integration.sis.ethos.refusals import TABLE, Judge, own_entries
from integration.sis.port import BadSisUrl, SisDenied, SisLocked, SisNotFound, SisRejected
from scheduling.domain.fields import CATALOGUE

ONE = {"id": "1", "code": "Section.Duplicate", "description": "d", "message": "Taken"}


@pytest.mark.parametrize("document", [{"errors": [ONE]}, ONE, [ONE]])
def test_all_three_shapes_are_one_list_of_complaints(document):
    (found,) = complaints_of(json.dumps(document).encode())
    assert (found.code, found.text) == ("Section.Duplicate", "Taken")


def test_banners_words_come_unescaped_and_apart():
    text = "ORA-20100: ::Title is &lt;too long&gt;::Campus required::"
    body = {"errors": [{"code": "Global.SchemaValidation.Error", "message": text}]}
    assert [one.text for one in complaints_of(json.dumps(body).encode())] == [
        "Title is <too long>",
        "Campus required",
    ]


def test_a_gateways_page_is_told_as_it_is_and_nothing_as_nothing():
    (found,) = complaints_of(b"<html><h1>Bad  Gateway</h1></html>")
    assert found.text == "Bad Gateway"
    assert complaints_of(b"") == ()


@pytest.mark.parametrize(
    ("code", "text", "kind", "field"),
    [
        ("Course.Locked", "", SisLocked, ""),
        ("Global.SchemaValidation.Error", "Record is locked by JSMITH", SisLocked, ""),
        ("Access.Denied", "no", SisDenied, ""),
        ("Section.NotFound", "gone", SisNotFound, ""),
        ("Section.Duplicate", "", SisRejected, "section_number"),
        ("Section.StartDate.OutOfRange", "", SisRejected, "start_date"),
        ("InstructionalEvent.Location.RoomScheduleConflict", "", SisRejected, "meetings"),
        ("InstructionalEvent.Location.InsufficientRoomCapacity", "", SisRejected, "meetings"),
        ("InstructionalEvent.InstructorRoster.Instructor.ScheduleConflict", "", SisRejected, "instructors"),
        ("", "Section title is longer than 30 characters", SisRejected, "title"),
        ("", "Section credit hours are not within the course's range", SisRejected, "credits"),
        ("", "Part of term cannot be changed, enrollment exists", SisRejected, "part_of_term"),
        ("", "A crosslist has two or more sections, each once.", SisRejected, "members"),
        ("", "Campus is required", SisRejected, "campus"),
        ("", "Room must be an active classroom", SisRejected, "meetings"),
        ("", "Responsibility percentages must total 100 percent", SisRejected, "instructors"),
    ],
)
def test_what_the_sis_says_is_classed_by_code_and_text_not_by_status(code, text, kind, field):
    complaints = complaints_of(json.dumps({"errors": [{"code": code, "message": text}]}).encode())
    error = Judge().error_of(complaints)
    assert type(error) is kind
    assert error.field == field
    assert "put right by" in error.message
    assert error.words == " ".join(filter(None, (code, text)))


def test_a_crosslist_of_one_is_not_said_to_stand_in_another_crosslist():
    (found,) = complaints_of(b'{"errors": [{"message": "A crosslist has two or more sections, each once."}]}')
    assert "needs two sections or more" in Judge().error_of([found]).message


def test_what_no_entry_knows_is_refused_in_the_siss_own_words():
    error = Judge().error_of(complaints_of(b'{"code": "Validation.Exception", "message": "Weird thing"}'))
    assert type(error) is SisRejected
    assert error.message == "The SIS refuses it: Weird thing."
    assert error.words == "Validation.Exception Weird thing"


def test_every_field_of_the_table_is_one_of_ours():
    for entry in TABLE:
        assert entry.field in {"", "members", *CATALOGUE.names}, entry
        assert entry.sentence.endswith("."), entry


def test_an_institutions_own_entries_come_first(tmp_path):
    path = tmp_path / "own.json"
    entry = {"text": "Weird", "field": "notes", "sentence": "Notes need a stamp.", "who": "Ms Onym"}
    path.write_text(json.dumps([entry]))
    address = Address.parse(f"ethos+https://sis.example.edu?profile=banner&refusals={path}")
    error = Judge(own=own_entries(address.refusals)).error_of(complaints_of(b'{"message": "weird thing"}'))
    assert (error.field, error.message) == ("notes", "Notes need a stamp. It can be put right by Ms Onym.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '[{"sentence": "x", "colour": 1}]',
        '[{"sentence": "x", "text": "("}]',
        '[{"sentence": "x", "meaning": "odd"}]',
    ],
)
def test_a_file_of_entries_that_cannot_be_used_says_so(tmp_path, text):
    path = tmp_path / "own.json"
    path.write_text(text)
    with pytest.raises(BadSisUrl, match="refusals="):
        own_entries(path)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ethos+https://?profile=banner", "must name the host"),
        ("ethos+https://h", "profile= in SIS_URL must be colleague or banner"),
        ("ethos+https://h?profile=peoplesoft", "must be colleague or banner"),
        ("ethos+https://key@h?profile=banner", "SIS_API_KEY"),
        ("ethos+https://h?profile=banner&colour=red", "ethos knows profile"),
        ("ethos+https://h?profile=banner&statuses=A:OPEN", "CODE:MEANING"),
        ("ethos+https://h:port?profile=banner", "cannot be read"),
    ],
)
def test_an_address_that_cannot_be_used_says_what_to_write(url, says):
    with pytest.raises(BadSisUrl, match=says):
        Address.parse(url)


def test_an_address_says_where_and_what():
    address = Address.parse("ethos+http://127.0.0.1:8100/base/?profile=banner&statuses=A:ACTIVE,X:CANCELLED")
    assert (address.base_url, address.is_banner) == ("http://127.0.0.1:8100/base", True)
    assert address.statuses == {"A": "ACTIVE", "X": "CANCELLED"}
