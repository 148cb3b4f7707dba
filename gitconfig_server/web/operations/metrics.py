"""``/metrics``, for Prometheus. One scrape tells of all workers, whichever of them it reaches."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gitconfig_server.web.operations.counted import Metrics


def metrics_route(metrics: Metrics) -> Route:
    """``GET /metrics``; it is answered in a worker thread, since it reads files."""

    def scrape(_: Request) -> Response:
        # Prometheus's client takes a tenth of the time that a start may take
        from gitconfig_server.web.operations.exposition import MEDIA_TYPE, write_metrics

        return Response(write_metrics(metrics), headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})

    return Route("/metrics", scrape)
