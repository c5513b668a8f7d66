"""Keep the gRPC servers that Beam starts in this process on the loopback interface.

Beam 2.77 opens the servers of its local runner (`fn_api_runner.worker_handlers.GrpcServer`), of worker pools
(`worker_pool_main`) and of subprocess workers on `[::]`, every interface, without authentication, and offers no option
for it. One of them, `ArtifactRetrievalService.GetArtifact`, returns any file that this process can read. Local workers
talk to `localhost` alone and fetch no artifacts from a local run, so neither is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import grpc

_EVERYWHERE: Final = re.compile(r"(?:\[::\]|0\.0\.0\.0|\*)(?=:\d+\Z)")
_FILES: Final = "org.apache.beam.model.job_management.v1.ArtifactRetrievalService"


def on_loopback(address: str) -> str:
    """Return the address with `localhost` in place of all interfaces: `[::]:8000` becomes `localhost:8000`."""
    return _EVERYWHERE.sub("localhost", address)


@contextmanager
def loopback_only(host: Callable[[str], str] = on_loopback) -> Iterator[None]:
    """Bind gRPC servers to loopback inside the block, and prevent them from serving files.

    Args:
        host: converts the requested address to the actual one.
    """
    make_server = grpc.server

    def server(*args: Any, **kwargs: Any) -> Any:
        made = make_server(*args, **kwargs)
        open_port, add_handlers = made.add_insecure_port, made.add_generic_rpc_handlers
        made.add_insecure_port = lambda address: open_port(host(address))
        made.add_generic_rpc_handlers = lambda handlers: add_handlers(
            tuple(h for h in handlers if getattr(h, "service_name", lambda: "")() != _FILES)
        )
        add_methods = getattr(made, "add_registered_method_handlers", None)  # grpcio 1.63 and later
        if add_methods is not None:
            made.add_registered_method_handlers = lambda name, methods: name == _FILES or add_methods(name, methods)
        return made

    grpc.server = server
    try:
        yield
    finally:
        grpc.server = make_server
