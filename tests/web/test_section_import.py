"""Importing a file of sections: what it would do is shown, then exactly that is done."""

import datetime as dt
import io
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from integration.tasks import look_after
from phases.models import Phase, TimelineEntry
from scheduling.models import ChangeLog, Section, SectionUpload
from scheduling.sheets.reading import MOST_BYTES
from tests.campus import TERM

IMPORT = f"/terms/{TERM}/sections/import/"


def upload(client, text, name="edits.csv", **options):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, content)}, **options)


def shown(client, text, **options):
    answer = upload(client, text, follow=True, **options)
    assert answer.status_code == 200, answer.content.decode()
    return answer


def save(client, answer):
    return client.post(answer.redirect_chain[-1][0], form_of(answer.content.decode()) | {"do": "save"})


def form_of(page):
    """The hidden fields of the page's form, the token left out."""
    found = re.findall(r'<input type="hidden" name="(digest|students)" value="([^"]*)">', page)
    return dict(found)


def refusals(answer):
    return {row.line: row.refusal for row in answer.context["preview"].refused}


def by_task(_campus):
    look_after()


def by_sweep(campus):
    campus.sweep()


@pytest.mark.parametrize("door", [by_task, by_sweep])
def test_a_file_that_nobody_saves_goes_after_a_day_by_itself(campus, registrar, door):
    upload(registrar, "id,title\n1,Mine\n")
    now = SectionUpload.objects.get().at
    with time_machine.travel(now + dt.timedelta(hours=23)):
        door(campus)
    assert SectionUpload.objects.exists()
    with time_machine.travel(now + dt.timedelta(hours=25)):
        door(campus)
    assert not SectionUpload.objects.exists()


# ---- who


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("anonymous", 302),
        ("no product", 403),
        ("no role", 403),
        ("viewer", 403),
        ("scheduler", 200),
        ("registrar", 200),
        ("admin", 403),
    ],
)
def test_who_may_import(campus, person, kind, status):
    client = person(kind)
    assert client.get(IMPORT).status_code == status
    answer = upload(client, "id,title\n1,x\n")
    assert answer.status_code == (302 if status == 200 else status)
    assert SectionUpload.objects.exists() == (status == 200)


def test_a_file_is_seen_by_who_uploaded_it_alone(registrar, person):
    path = upload(registrar, f"code,title\nBIO-101-A,{'New'}\n").headers["Location"]
    assert registrar.get(path).status_code == 200
    assert person("scheduler").get(path).status_code == 404
    assert registrar.get(path.replace(TERM, "20263")).status_code == 404


def test_sections_of_another_department_are_neither_changed_nor_made(campus, person):
    client = person("scheduler")
    before = Section.objects.count()
    answer = shown(
        client,
        f"id,course,section_number,title\n{campus.id_of('S3')},CHE-202,A,Mine\n,CHE-202,Z,Mine\n"
        f"{campus.id_of('S1')},CHE-202,A,Mine\n{campus.id_of('S1')},BIO-101,A,Mine\n",
    )
    found = refusals(answer)
    assert set(found) == {2, 3, 4, 5}
    assert "that you may import" in found[2]
    assert "another department" in found[3]
    assert "another department" in found[4]
    assert "line 4" in found[5]
    save(client, answer)
    assert Section.objects.count() == before
    assert not Section.objects.filter(title="Mine").exists()


# ---- what it does


def test_changes_are_shown_and_then_saved_with_the_file_and_line_as_their_reason(campus, registrar):
    answer = shown(
        registrar,
        "code,title,capacity,meetings,instructors\n"
        "BIO-101-A,Cells I,31,TR 13:00-13:50 in HAL 103,I2 primary\n",
    )
    page = answer.content.decode()
    assert all(words in page for words in ("Title of S1", "Cells I", "HAL 103", "1:00–1:50 pm"))
    assert Section.objects.get(sis_id="S1").title == "Title of S1"
    assert not ChangeLog.objects.filter(source="FORM").exists()
    assert save(registrar, answer).status_code == 302
    section = Section.objects.get(sis_id="S1")
    assert (section.title, section.capacity, section.version) == ("Cells I", 31, 2)
    assert section.meetings.get().room.number == "103"
    rows = ChangeLog.objects.filter(source="FORM")
    assert set(rows.values_list("reason", flat=True)) == {"From edits.csv, line 2"}
    assert set(rows.values_list("field", flat=True)) == {"title", "capacity", "meetings"}
    assert not SectionUpload.objects.exists()


def test_rows_without_a_name_make_sections(campus, registrar):
    answer = shown(registrar, "course,section_number,capacity,campus\nBIO 101,Q,12,\n,R,1,\n")
    assert answer.context["preview"].new == 1
    assert "needs course and section_number" in refusals(answer)[3]
    save(registrar, answer)
    made = Section.objects.get(section_number="Q")
    assert (made.course.sis_id, made.capacity, made.version) == ("C1", 12, 1)


def test_what_does_not_differ_is_left_alone_even_with_lost_zeros_and_excels_separators(campus, registrar):
    Section.objects.filter(sis_id="S1").update(section_number="001")
    pk = campus.id_of("S1")
    answer = shown(registrar, f"\ufeffid;Section number;Title;Enrolled\r\n{pk};1;Title of S1;99\r\n")
    assert not answer.context["preview"].rows
    assert answer.context["preview"].same == 1


@pytest.mark.parametrize(
    "dates", ["2/1/2027,5/28/2027", "01.02.27,28.05.27", "2/1/2027,", "1/2/2027,", "1/2/2027,2027-05-28"]
)
def test_dates_that_a_spreadsheet_rewrote_are_left_alone(campus, registrar, dates):
    end = "2027-05-28" if not dates.endswith(",") else None
    Section.objects.filter(sis_id="S1").update(start_date="2027-02-01", end_date=end)
    answer = shown(registrar, f"code,start_date,end_date,title\nBIO-101-A,{dates},Mine\n")
    assert [step.label for row in answer.context["preview"].saved for step in row.steps] == ["Title"]


@pytest.mark.parametrize("other", ["5/28/2027", "28/5/2027"])
def test_what_comes_first_in_a_rewritten_date_is_told_by_the_others_of_the_file(campus, registrar, other):
    Section.objects.filter(sis_id="S1").update(start_date="2027-02-01")
    Section.objects.filter(sis_id="S2").update(start_date="2027-05-28")
    rows = "BIO-101-A,{},Mine\nBIO-101-B," + other + ",Title of S2\n"
    right, wrong = ("2/1/2027", "1/2/2027") if other == "5/28/2027" else ("1/2/2027", "2/1/2027")
    assert not refusals(shown(registrar, "code,start_date,title\n" + rows.format(right)))
    assert "YYYY-MM-DD" in refusals(shown(registrar, "code,start_date,title\n" + rows.format(wrong)))[2]


def test_another_date_that_a_spreadsheet_rewrote_is_refused(campus, registrar):
    Section.objects.filter(sis_id="S1").update(start_date="2027-02-01")
    found = refusals(shown(registrar, "code,start_date,title\nBIO-101-A,2/3/2027,Mine\n"))
    assert "2/3/2027" in found[2]
    assert "YYYY-MM-DD" in found[2]


def test_a_row_of_an_older_version_is_refused_where_it_differs(campus, registrar):
    pk = campus.id_of("S1")
    campus.edit("S1", title="Newer")
    found = refusals(shown(registrar, f"id,version,title\n{pk},1,Title of S1\n"))
    assert "after the file was exported" in found[2]
    assert not refusals(shown(registrar, f"id,version,title\n{pk},1,Newer\n"))


def test_each_refusal_has_its_reason_and_the_rest_is_saved(campus, registrar):
    answer = shown(
        registrar,
        "code,title,capacity,meetings\n"
        "BIO-101-A,T1,many,MWF 09:00-09:50 in HAL 101\n"
        "BIO-101-B,T2,30,MWF 09:00-09:50 in HAL 101\n"
        "BIO-101-X,T3,30,\n"
        "CHE-202-A,T4,30,MWF 11:00-11:50 in HAL 102\n"
        "CHE-202-B,T5,30,MWF on 11\n",
    )
    found = refusals(answer)
    assert set(found) == {2, 3, 4, 6}
    assert "whole number" in found[2]
    assert "HAL 101" in found[3]
    assert "BIO-101-X" in found[4]
    assert "not understood" in found[6]
    save(registrar, answer)
    assert (
        list(Section.objects.filter(title__startswith="T").values_list("title", flat=True)).count("T4") == 1
    )
    assert not Section.objects.filter(title__in=["T1", "T2", "T3", "T5"]).exists()


def test_locked_fields_are_refused_with_the_phase_s_sentence(campus, person):
    TimelineEntry.objects.create(
        term_id=TERM, phase=Phase.objects.get(name="Closed"), starts_at=timezone.now()
    )
    answer = shown(person("scheduler"), "code,title\nBIO-101-A,Mine\n")
    assert "Closed" in refusals(answer)[2]


def test_enrolled_students_are_asked_for_together_and_a_save_without_the_answer_is_not_one(campus, registrar):
    answer = shown(registrar, "code,credits\nBIO-101-A,2\nBIO-101-B,2\n")
    assert "<strong>12</strong> enrolled students touched" in answer.content.decode()
    path, form = answer.redirect_chain[-1][0], form_of(answer.content.decode())
    asked = registrar.post(path, form | {"students": "11"})
    assert asked.status_code == 409
    assert not Section.objects.filter(version__gt=1).exists()
    assert registrar.post(path, form).status_code == 302
    assert Section.objects.filter(credits="2.00").count() == 2


def test_where_something_changed_meanwhile_nothing_is_saved_and_it_is_shown_anew(campus, registrar):
    answer = shown(registrar, "code,title\nBIO-101-A,Mine\nBIO-101-B,Mine\n")
    campus.edit("S1", title="Theirs")
    again = save(registrar, answer)
    assert again.status_code == 409
    assert "has changed since it was shown" in again.content.decode()
    assert "Theirs" in again.content.decode()
    assert not Section.objects.filter(title="Mine").exists()
    form = form_of(again.content.decode())
    assert registrar.post(answer.redirect_chain[-1][0], form).status_code == 302
    assert Section.objects.filter(title="Mine").count() == 2


def test_a_file_can_be_left_and_an_older_one_goes(campus, registrar):
    upload(registrar, "code,title\nBIO-101-A,One\n")
    answer = shown(registrar, "code,title\nBIO-101-A,Two\n")
    assert SectionUpload.objects.count() == 1
    registrar.post(answer.redirect_chain[-1][0], {"do": "leave"})
    assert not SectionUpload.objects.exists()
    assert not Section.objects.filter(title="Two").exists()


def test_an_exported_file_brought_back_untouched_changes_nothing(campus, registrar):
    Section.objects.filter(sis_id="S1").update(notes="Two\nlines, =1+1", title="'quoted'")
    answer = registrar.get(f"/terms/{TERM}/sections/export.csv")
    found = shown(registrar, b"".join(answer.streaming_content))
    assert not found.context["preview"].rows
    assert found.context["preview"].same == Section.objects.filter(term=TERM).count()


def workbook(*rows):
    """The workbook of these rows, as a spreadsheet saves it."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_shown_saved_and_refused_like_a_file_of_text(campus, registrar):
    answer = shown(
        registrar,
        workbook(
            ["Code", "Title", "Capacity", "Start date"],
            ["BIO-101-A", "Cells I", 31, dt.date(2027, 2, 3)],
            ["BIO-101-B", "Cells II", "many", None],
        ),
        name="edits.xlsx",
    )
    assert "row 3 of sheet “Sheet”" in answer.content.decode()
    assert set(refusals(answer)) == {3}
    assert save(registrar, answer).status_code == 302
    section = Section.objects.get(sis_id="S1")
    assert (section.title, section.capacity, str(section.start_date)) == ("Cells I", 31, "2027-02-03")
    reasons = set(ChangeLog.objects.filter(source="FORM").values_list("reason", flat=True))
    assert reasons == {"From edits.xlsx, row 2 of sheet “Sheet”"}


def test_a_formula_is_refused_with_its_place(registrar):
    answer = upload(registrar, workbook(["code", "capacity"], ["BIO-101-A", "=20+1"]))
    assert answer.status_code == 422
    assert "Row 2 of sheet “Sheet”, cell B2: it holds a formula" in answer.content.decode()
    assert not SectionUpload.objects.exists()


def test_an_exported_workbook_brought_back_untouched_changes_nothing(campus, registrar):
    Section.objects.filter(sis_id="S1").update(notes="=1+1", title="'quoted'", section_number="0010")
    Section.objects.filter(sis_id="S2").update(notes="One\r\ntwo\rthree", title="+1")
    answer = registrar.get(f"/terms/{TERM}/sections/export.xlsx?department=BIO")
    content = answer.content
    sheet = load_workbook(io.BytesIO(content))["Sections"]
    assert [row[2].value for row in sheet] == ["code", "BIO-101-0010", "BIO-101-B"]
    found = shown(registrar, content, name="sections.xlsx").context["preview"]
    assert (found.rows, found.same, found.refusal) == ([], 2, "")


@pytest.mark.parametrize(("kind", "status"), [("viewer", 403), ("scheduler", 200)])
def test_a_workbook_goes_to_who_may_export(campus, person, kind, status):
    answer = person(kind).get(f"/terms/{TERM}/sections/export.xlsx")
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["Content-Disposition"] == f'attachment; filename="sections-{TERM}.xlsx"'
        sheet = load_workbook(io.BytesIO(answer.content))["Sections"]
        assert {row[2].value for row in sheet} == {"code", "BIO-101-A", "BIO-101-B"}


# ---- what cannot be read


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "file is empty"),
        (b" \n", "file is empty"),
        (b"id,title\n", "no row below"),
        (b"id,title,seats\n1,x,3\n", "seats"),
        (b"id,title,Title\n1,x,y\n", "there twice"),
        (b"title\nx\n", "no column says which section"),
        (b"id,title\n1\n", "Line 2 has 1 cells"),
        (b"id,title\n1,x,y\n", "more cells than"),
        (b'id,title\n1,"x\n2,y\n', "Line 2 cannot be read"),
        (b'id,title\n1,"x"y\n', "Line 2 cannot be read"),
        (b"id,title\n1,caf\xe9\n", "Line 2 is not written in UTF-8"),
        ("id,title\n1,x\n".encode("utf-16"), "UTF-16"),
        (b"id,title\n1,x\x00\n", "Line 2 holds a NUL"),
        (b"PK\x03\x04zip", "This workbook cannot be read"),
        (b"\xd0\xcf\x11\xe0old", "has a password"),
        (b"id,title\n1," + b"x" * 200_000 + b"\n", "Line 2"),
        (b"id,title\n1," + b"x" * 30_000 + b"\n", "Line 2, title"),
        (b"id,title\n" + b"1,x\n" * 20_001, "more than 20,000 rows"),
        (b"x" * (MOST_BYTES + 1), "larger than"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(registrar, content, words):
    answer = upload(registrar, content)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not SectionUpload.objects.exists()


def test_a_form_without_a_file_and_strange_forms_are_answered(registrar):
    assert registrar.post(IMPORT).status_code == 422
    path = upload(registrar, "code,title\nBIO-101-A,One\n", name="\u202e=1\n.csv").headers["Location"]
    for strange in ("\x00", "9" * 400, "-1", ""):
        answer = registrar.post(path, {"do": strange, "digest": strange, "students": strange})
        assert answer.status_code == 409


def test_more_changes_than_can_be_saved_at_once_are_refused(registrar, monkeypatch):
    monkeypatch.setattr("scheduling.services.uploads.MOST_CHANGES", 1)  # two rows, not 501, to be over it
    answer = shown(registrar, "code,title\nBIO-101-A,One\nBIO-101-B,One\n")
    assert "more than 1 changes" in answer.content.decode()


def test_the_queries_of_a_preview_grow_by_the_same_for_each_change(campus, registrar):
    campus.grow(4)
    campus.merge()

    def queries(count, capacity):
        lines = "".join(f"BIO-101-G{number:02d},{capacity}\n" for number in range(count))
        path = upload(registrar, f"code,capacity\n{lines}").headers["Location"]
        with CaptureQueriesContext(connection) as found:
            registrar.get(path)
        return len(found)

    one, two, four = (queries(count, 29) for count in (1, 2, 4))
    assert four - two == 2 * (two - one)
    assert two - one < 35
    assert queries(4, 30) < one
