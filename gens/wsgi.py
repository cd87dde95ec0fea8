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
# A page makes ten thousands of objects and drops nearly all of them at once. With Python's own thresholds one page in three
# waits 5 ms while the younger ones are looked through, one in fifteen of a large draft 60 ms while all are.
gc.set_threshold(10_000, 20, 50)
