"""Answers that are no page of their own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def was_changed(request: HttpRequest, sentence: str, *, back: str) -> HttpResponse:
    """409 in plain words: what the person acted on has changed. `back`: the page as it stands now."""
    return render(request, "409.html", {"sentence": sentence, "back": back}, status=409)
