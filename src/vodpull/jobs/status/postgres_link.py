"""
A connection to PostgreSQL that asks one statement again and again.

It stands on libpq as psycopg hands it out: cursors, and psycopg's ways of writing parameters and of waiting, take three
times as long as all else that an answer takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

NAME = "link"

Rows = Sequence[tuple[Any, ...]]


async def prepare(connection: psycopg.AsyncConnection[Any], statement: str) -> None:
    """Make a connection ready to be a link; the statement has its parameters as $1, $2 and so on."""
    await connection.execute(f"PREPARE {NAME} AS {statement}".encode())


class Link:
    """A connection between two uses of its pool; it is asked again only when it has answered."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self.connection = connection
        self._libpq = connection.pgconn
        self._socket = connection.pgconn.socket
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Rows] | None = None
        self._results: list[PGresult] = []
        self._loop.add_reader(self._socket, self._receive)

    async def ask(self, parameters: Sequence[str]) -> Rows:
        """
        Return the rows that the statement brings.

        Raises:
            psycopg.Error: the link has ended, or the statement failed.
        """
        self._answer = self._loop.create_future()
        self._libpq.send_query_prepared(NAME.encode(), [text.encode() for text in parameters])
        self._send()
        return await self._answer

    def end(self) -> None:
        """Use the connection no more; what was asked fails."""
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(psycopg.OperationalError("the connection is not used any more"))

    def _send(self) -> None:
        """Send what there is to send, the rest when the network takes it."""
        if self._libpq.flush():
            self._loop.add_writer(self._socket, self._go_on_sending)

    def _go_on_sending(self) -> None:
        self._loop.remove_writer(self._socket)
        try:
            self._send()
        except psycopg.Error as error:
            self._fail(error)

    def _receive(self) -> None:
        try:
            self._libpq.consume_input()
            while not self._libpq.is_busy():
                result = self._libpq.get_result()
                if result is None:
                    self._settle()
                    return
                self._results.append(result)
        except psycopg.Error as error:
            self._fail(error)

    def _settle(self) -> None:
        """Give what was asked its rows, as soon as nothing comes after them."""
        if not self._results or self._answer is None or self._answer.done():
            return  # a notice, or the setting of a server
        result = self._results[0]  # a server that ends adds its farewell
        self._results.clear()
        if result.status == ExecStatus.TUPLES_OK:
            reading = Transformer(self.connection)
            reading.set_pgresult(result)
            self._answer.set_result(reading.load_rows(0, result.ntuples, tuple))
        else:
            self._answer.set_exception(error_from_result(result))

    def _fail(self, error: psycopg.Error) -> None:
        self._loop.remove_reader(self._socket)  # its end would be told for ever
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
