"""Puts the bank together: one store, one group of routes."""

import asyncio

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from chassis import probes, serve
from sandbox_bank import api
from sandbox_bank.settings import Settings
from sandbox_bank.store import Store
from sandbox_bank.transfers import BankError


def make_app(store: Store, *, api_key: str) -> FastAPI:
    """The HTTP side."""
    app = FastAPI(title="Sandbox bank")
    app.include_router(api.make_router(store, api_key=api_key))
    app.router.routes.extend(probes.routes([]))

    @app.exception_handler(BankError)
    async def refuse(_: Request, error: BankError) -> JSONResponse:
        return _error(error.status, error.code, str(error))

    @app.exception_handler(RequestValidationError)
    async def refuse_malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        # Not the values: they are somebody's bank account.
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        return _error(422, "invalid_request", "; ".join(faults))

    return app


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop`."""
    store = Store(settings.data_file)
    await serve.serve_app(
        make_app(store, api_key=settings.api_key.get_secret_value()),
        stop,
        host=settings.http_host,
        port=settings.http_port,
        grace_s=settings.shutdown_grace_s,
    )
    store.close()


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)
