"""The frame of every page: which tabs this membership has, and how much waits behind each."""

from typing import Any

from django.http import HttpRequest


def navigation(request: HttpRequest) -> dict[str, Any]:
    return {"membership": getattr(request, "membership", None)}
