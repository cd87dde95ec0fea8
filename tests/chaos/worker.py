"""The Celery application of a chaos run: the real one, without the printing of papers, which would take all the time."""

from gens.celery import app

app.conf.task_routes = {"certificates.tasks.render": {"queue": "paper"}}  # which nobody serves here
app.conf.beat_schedule = {name: entry for name, entry in app.conf.beat_schedule.items() if name != "render"}
