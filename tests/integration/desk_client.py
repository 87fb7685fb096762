"""A desk in a thread, over real HTTP on 127.0.0.1, and a client that a test tells each header of."""

import http.client
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from image_release.desk.web import Access, DeskServer, application


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    data: bytes

    @property
    def text(self):
        return self.data.decode()

    @property
    def json(self):
        return json.loads(self.data)


@dataclass
class DeskClient:
    """Sends requests as a browser would that entered the desk; `headers` replaces or (None) leaves out headers."""

    access: Access
    entered: bool = True
    sent: dict = field(default_factory=dict)

    @property
    def host(self):
        return f"127.0.0.1:{self.access.port}"

    def request(self, method, path, body=None, headers=None):
        own = {"Host": self.host}
        if self.entered:
            own["Cookie"] = f"{self.access.cookie}={self.access.session}"
        if method not in ("GET", "HEAD"):
            own |= {"Origin": f"http://{self.host}", "Sec-Fetch-Site": "same-origin"}
        own = {name: value for name, value in (own | self.sent | (headers or {})).items() if value is not None}
        connection = http.client.HTTPConnection("127.0.0.1", self.access.port, timeout=120)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, values in own.items():
                for value in values if isinstance(values, list) else [values]:
                    connection.putheader(name, value)
            if body is not None and "Content-Length" not in own:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def post(self, path, form=None, headers=None, *, token=True):
        fields = {**({"form_token": self.access.form_token(self.access.person)} if token else {}), **(form or {})}
        sent = {"Content-Type": "application/x-www-form-urlencoded"} | (headers or {})
        return self.request("POST", path, urlencode(fields, doseq=True).encode(), sent)

    def post_json(self, path, document, headers=None):
        token = self.access.form_token(self.access.person)
        sent = {"Content-Type": "application/json", "Accept": "application/json", "X-Form-Token": token}
        return self.request("POST", path, json.dumps(document).encode(), sent | (headers or {}))


@contextmanager
def serving(desk, person="Ada", proxy=None):
    """A client of a desk that is served while the block runs."""
    server = DeskServer()
    access = Access(server.port, person, proxy)
    with server.serving(application(desk, access)):
        yield DeskClient(access)
