"""A Celery application whose broker is this process, for tests that look at the messages."""

from celery import Celery

app = Celery("tandem-tests", broker="memory://", set_as_current=False)


def messages():
    """Takes the messages out that wait: (task, what about)."""
    taken = []
    with app.connection_for_read() as connection:
        queue = connection.SimpleQueue("celery")
        while True:
            try:
                message = queue.get(block=False)
            except queue.Empty:
                break
            taken.append((message.headers["task"], message.payload[1]))
            message.ack()
        queue.close()
    return taken
