"""Puts the sandbox together: one store, one queue of deliveries, two groups of routes."""

import asyncio

import httpx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from chassis import probes, serve
from payment_sandbox import api, checkout_page, reversals_api
from payment_sandbox.deliveries import ATTEMPT_TIMEOUT_S, Deliveries
from payment_sandbox.payments import PaymentError
from payment_sandbox.settings import Settings
from payment_sandbox.store import Store


def make_app(store: Store, deliveries: Deliveries, settings: Settings) -> FastAPI:
    """The HTTP side, for merchants and payers."""
    app = FastAPI(title="Payment sandbox")
    base = settings.checkout_base
    app.include_router(
        api.make_router(store, deliveries, api_key=settings.api_key.get_secret_value(), base=base)
    )
    app.include_router(
        reversals_api.make_router(store, deliveries, api_key=settings.api_key.get_secret_value())
    )
    app.include_router(checkout_page.make_router(store, deliveries, base=base))
    app.router.routes.extend(probes.routes([]))

    @app.exception_handler(PaymentError)
    async def refuse(_: Request, error: PaymentError) -> JSONResponse:
        return _error(error.status, error.code, str(error))

    @app.exception_handler(RequestValidationError)
    async def refuse_malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        return _error(422, "invalid_request", "; ".join(faults))

    return app


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Serve and deliver until `stop`."""
    store = Store(settings.data_file)
    # No proxy from the environment: the merchant is on this machine.
    async with httpx.AsyncClient(timeout=ATTEMPT_TIMEOUT_S, trust_env=False) as client:
        deliveries = Deliveries(
            store,
            client,
            url=str(settings.webhook_url),
            secret=settings.webhook_secret.get_secret_value(),
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(deliveries.run(stop))
            await serve.serve_app(
                make_app(store, deliveries, settings),
                stop,
                host=settings.http_host,
                port=settings.http_port,
                grace_s=settings.shutdown_grace_s,
            )
    store.close()


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)
