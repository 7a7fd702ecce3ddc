"""Importing a file of sections: uploaded, looked at, then saved or left."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from scheduling.domain.errors import ConfirmationNeeded, DomainError, StaleVersion
from scheduling.domain.values import is_storable
from scheduling.import_page import carry_out, import_author, preview, reader_of
from scheduling.models import SectionUpload, User
from scheduling.posted_numbers import whole
from scheduling.services.uploads import MOST_CHANGES, drop_upload, keep_upload
from scheduling.sheets.naming import Reader
from scheduling.sheets.reading import KEYS, MOST_BYTES, read_sheet
from scheduling.sheets.refusing import NotASheet
from scheduling.terms import term_of_page
from scheduling.visibility import viewer_of

NO_FILE = "Choose the file first."
UNNAMED = "a file"


@require_http_methods(["GET", "HEAD", "POST"])
def sections_import(request: HttpRequest, term_code: str) -> HttpResponse:
    """Choose a file; a readable one is kept and shown. For who may import somewhere."""
    user, viewer = viewer_of(request)
    term = term_of_page(request, term_code)
    reader = reader_of(term, viewer)
    if request.method != "POST":
        return _form(request, reader)
    file = request.FILES.get("file")
    if file is None:
        return _form(request, reader, problems=[NO_FILE])
    if (file.size or 0) > MOST_BYTES:
        return _form(
            request, reader, problems=[f"The file is larger than {MOST_BYTES // 1024 // 1024} MB; split it."]
        )
    name = file.name or ""
    name = name if name and is_storable(name) and name.isprintable() else UNNAMED
    content = file.read()
    try:
        read_sheet(content, fields=reader.fields)
    except NotASheet as refused:
        return _form(request, reader, problems=list(refused.problems), name=name)
    author = import_author(user, now=timezone.now())
    upload = keep_upload(term, file_name=name, content=content, author=author)
    return redirect("sections_import_check", term.pk, upload.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def sections_import_check(request: HttpRequest, term_code: str, pk: int) -> HttpResponse:
    """What the file would do; then that is done, or it is left. For who uploaded it."""
    user, viewer = viewer_of(request)
    term = term_of_page(request, term_code)
    reader = reader_of(term, viewer)
    upload = SectionUpload.objects.filter(pk=pk, term=term, user=user).first()
    if upload is None:
        raise Http404
    if request.method != "POST":
        return _check(request, upload, reader, user)
    if request.POST.get("do") == "leave":
        drop_upload(upload.pk)
        messages.info(request, f"Nothing of {upload.file_name} was saved.")
        return redirect("sections_import", term.pk)
    return _save(request, upload, reader, user)


def _save(request: HttpRequest, upload: SectionUpload, reader: Reader, user: User) -> HttpResponse:
    students = whole(request.POST.get("students")) or 0
    author = import_author(user, now=timezone.now(), students=students)
    try:
        done = carry_out(upload, reader, author, digest=request.POST.get("digest", ""))
    except (StaleVersion, ConfirmationNeeded) as refused:
        return _check(request, upload, reader, user, sentence=refused.message, status=409)
    except DomainError as refused:
        return _check(request, upload, reader, user, sentence=refused.message, status=422)
    drop_upload(upload.pk)
    count = len(done.saved)
    messages.success(request, f"Saved {count} section{'' if count == 1 else 's'} from {upload.file_name}.")
    left = len(done.rows) - count
    if left:
        messages.warning(request, f"{left} row{' was' if left == 1 else 's were'} refused, as was shown.")
    return redirect("sections", upload.term_id)


def _form(
    request: HttpRequest, reader: Reader, *, problems: list[str] | None = None, name: str = ""
) -> HttpResponse:
    shown = {
        "term": reader.term,
        "problems": problems or [],
        "file_name": name,
        "megabytes": MOST_BYTES // 1024 // 1024,
        "most": MOST_CHANGES,
        "columns": [(one, "") for one in (*KEYS, "crn")]
        + [(one.name, one.label) for one in reader.fields if not one.is_from_sis],
    }
    return render(request, "scheduling/import/upload.html", shown, status=422 if problems else 200)


def _check(
    request: HttpRequest,
    upload: SectionUpload,
    reader: Reader,
    user: User,
    *,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    shown = {
        "term": reader.term,
        "upload": upload,
        "sentence": sentence,
        "preview": preview(upload, reader, import_author(user, now=timezone.now())),
    }
    return render(request, "scheduling/import/check.html", shown, status=status)
