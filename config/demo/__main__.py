"""`python -m config.demo`: brings up Django with the demo's settings and database, then serves."""

import importlib
import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured

from config.state import BROKER_URL, SIS

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
os.environ["SIS_URL"] = f"memory://{SIS}"  # never an SIS that somebody works with
os.environ["CELERY_BROKER_URL"] = BROKER_URL  # nor a broker
try:
    django.setup()
except ImproperlyConfigured as error:
    sys.exit(str(error))
sys.exit(importlib.import_module("config.demo.site").main())  # it needs the settings
