"""Ringing the bell of a background task. The truth is in the database: a bell that nobody hears loses nothing."""

import logging
from typing import Any, Final

from kombu.exceptions import KombuError

log = logging.getLogger(__name__)

BELL: Final = 600  # seconds


def nudge(task: Any, *args: object) -> None:
    """Ring the bell of a task, without retry. A dead broker costs a second at most: the sweep finds the work anyway.

    A bell that nobody heard for BELL seconds is dropped: while no worker runs, they must not pile up.
    """
    try:
        task.apply_async(args=args, retry=False, ignore_result=True, expires=BELL)
    except (KombuError, OSError) as error:
        log.warning("The broker did not take %s%s (%s); a sweep will do it.", task.name, args, error)
