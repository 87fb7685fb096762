"""A gRPC server on 127.0.0.1 that behaves like Google Vision, and an allowance that counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from google.cloud import vision
from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorGrpcTransport

Request = vision.BatchAnnotateImagesRequest
Response = vision.BatchAnnotateImagesResponse
Behaviour = Callable[[Request, grpc.ServicerContext], Response]


def labelled(*labels: tuple[str, float]) -> vision.AnnotateImageResponse:
    return vision.AnnotateImageResponse(
        label_annotations=[vision.EntityAnnotation(description=text, score=score) for text, score in labels]
    )


def label_by_content(request: Request, _context: grpc.ServicerContext) -> Response:
    """Label each image with its own bytes: labels of another image would show."""
    return Response(responses=[labelled((f"is {image.image.content.decode()}", 0.75)) for image in request.requests])


@dataclass
class VisionServer:
    """An ImageAnnotator that uses the given behaviours in turn, one per request, and then repeats the last one.

    Requests without images have a behaviour of their own, and are only counted.
    """

    behaviours: list[Behaviour] = field(default_factory=lambda: [label_by_content])
    without_images: Behaviour = label_by_content
    requests: list[Request] = field(default_factory=list)
    asked_without_images: int = 0
    endpoint: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    def annotate(self, request: Request, context: grpc.ServicerContext) -> Response:
        if not request.requests:
            self.asked_without_images += 1
            return self.without_images(request, context)
        self.requests.append(request)
        behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
        return behaviour(request, context)

    def hang(self, _request: Request, _context: grpc.ServicerContext) -> Response:
        """Do not answer until the test is over."""
        self.released.wait(30)
        return Response()

    def connect(self) -> vision.ImageAnnotatorClient:
        channel = grpc.insecure_channel(self.endpoint)
        return vision.ImageAnnotatorClient(transport=ImageAnnotatorGrpcTransport(channel=channel))

    @property
    def images_sent(self) -> int:
        return sum(len(request.requests) for request in self.requests)


@contextmanager
def vision_on_this_machine() -> Iterator[VisionServer]:
    """A server that labels each image with its own bytes, until told otherwise."""
    vision_server = VisionServer()
    handler = grpc.unary_unary_rpc_method_handler(
        vision_server.annotate, request_deserializer=Request.deserialize, response_serializer=Response.serialize
    )
    service = grpc.method_handlers_generic_handler(
        "google.cloud.vision.v1.ImageAnnotator", {"BatchAnnotateImages": handler}
    )
    grpc_server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", 20_000_000)])
    grpc_server.add_generic_rpc_handlers((service,))
    vision_server.endpoint = f"127.0.0.1:{grpc_server.add_insecure_port('127.0.0.1:0')}"
    grpc_server.start()
    yield vision_server
    vision_server.released.set()
    grpc_server.stop(0).wait()


@dataclass
class FakeAllowance:
    """An allowance for one process that remembers what it was asked for."""

    left: int = 1_000
    asked: list[int] = field(default_factory=list)

    def reserve(self, images: int) -> int:
        self.asked.append(images)
        granted = min(images, self.left)
        self.left -= granted
        return granted
