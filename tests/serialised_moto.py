"""Start moto so that it answers one request at a time: `python serialised_moto.py PORT`, with the Python of `.doubles`.

moto checks `If-Match` and stores the object in two steps, without a lock between its threads. S3 does both at once. A
lock around each request makes moto do so too.
"""

import sys
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

lock = threading.Lock()
application = DomainDispatcherApplication(create_backend_app)


def one_at_a_time(environ, start_response):
    """Answer a request while no other is answered."""
    with lock:
        return [b"".join(application(environ, start_response))]


run_simple("127.0.0.1", int(sys.argv[1]), one_at_a_time, threaded=True)
