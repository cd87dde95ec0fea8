"""The background work of code lists."""

from celery import shared_task

from codelists import hub


@shared_task(soft_time_limit=1500, time_limit=1800)
def refresh_lists() -> None:
    """Beat, daily; and the bell of an operator who does not want to wait."""
    hub.refresh_all()
