"""`python -m config.demo`: brings up Django with the demo's settings and database, then serves."""

import importlib
import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured

from config.demo.alone import CannotStart, alone, choose_sis_port
from config.state import BROKER_URL, own_sis


def _main() -> int:
    try:
        with alone():
            choose_sis_port()
            os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
            os.environ.update(own_sis())  # never an SIS that somebody works with
            os.environ["CELERY_BROKER_URL"] = BROKER_URL  # nor a broker
            django.setup()
            status: int = importlib.import_module("config.demo.site").main()  # it needs the settings
    except (CannotStart, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 2
    return status


sys.exit(_main())
