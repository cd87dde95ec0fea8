"""Ringing the bell of a background task. The truth is in the database: a bell that nobody hears loses nothing."""

import logging
from typing import Any

from django.conf import settings
from kombu.exceptions import KombuError

log = logging.getLogger(__name__)


def nudge(task: Any, *args: object) -> None:
    """Ring the bell of a task, without retry. A dead broker costs a second at most: the sweep finds the work anyway.

    A bell that nobody heard until the next sweep is dropped: the sweep rings for all together, and a burst of bells must
    not stand before everything else.
    """
    try:
        task.apply_async(args=args, retry=False, ignore_result=True, expires=settings.SWEEP_SECONDS)
    except (KombuError, OSError) as error:
        log.warning("The broker did not take %s%s (%s); a sweep will do it.", task.name, args, error)
