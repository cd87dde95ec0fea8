"""The Celery application. Tasks are bells: the truth about what is to do stands in PostgreSQL."""

import os
from pathlib import Path

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gens.settings")

app = Celery("gens")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

for folder in (settings.CELERY_BROKER_TRANSPORT_OPTIONS.get(key) for key in ("data_folder_in", "control_folder")):
    if folder:
        Path(str(folder)).mkdir(parents=True, exist_ok=True)
