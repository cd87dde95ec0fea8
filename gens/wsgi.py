"""The WSGI application, for any WSGI server."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gens.settings")

application = get_wsgi_application()

# All views are loaded, and stay for ever. A collector that reads them again and again makes one page in sixty wait a fifth
# of a second.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
# A page makes ten thousands of objects and drops nearly all of them at once: looking through them after each seven hundred,
# and through drafts of five hundred lines after each seventy thousand, costs a sixth of its time and half of a slow page's.
gc.set_threshold(10_000, 20, 50)
