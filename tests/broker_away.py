"""A Celery application whose broker nobody answers for."""

from celery import Celery

from config.broker import transport_options

URL = "redis://127.0.0.1:1/0"
app = Celery("tandem-tests-away", broker=URL, set_as_current=False)
app.conf.broker_transport_options = transport_options(URL)
