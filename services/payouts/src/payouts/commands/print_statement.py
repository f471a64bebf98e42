"""Draw a statement as PDF, as large as one may be, without holding anybody else up."""

import asyncio
from collections.abc import Callable
from typing import Final

from payouts.commands.read_statement import ReadLines
from payouts.domain.statement import Statement

DOCUMENTS_AT_ONCE: Final = 2


class Printer:
    """Draws in a thread, a few thousand lines at a time, documents by turns.

    Memory is what bounds how many are drawn at once; who comes later waits.
    """

    def __init__(self) -> None:
        self._documents = asyncio.Semaphore(DOCUMENTS_AT_ONCE)
        self._turn = asyncio.Lock()

    async def print(self, statement: Statement, read_lines: ReadLines, *, lines: int) -> bytes:
        """The document.

        Args:
            statement: Of which.
            read_lines: Reads its lines.
            lines: How many it has: with more than `LINES_MAX`, the document lists none, and says
                that they are in the CSV.
        """
        # Loaded with the first document: the library and its font take 10 MB and a third of the
        # time that the api takes to start.
        from payouts.statement_pdf import LINES_MAX, Paper

        async with self._documents:
            paper = await self._draw(lambda: Paper(statement))
            if lines > LINES_MAX:
                await self._draw(lambda: paper.leave_out(lines))
            else:
                position = None
                while part := await read_lines(position):
                    await self._draw(lambda part=part: paper.add(part))
                    position = part[-1].key
            return await self._draw(paper.finish)

    async def _draw[ResultT](self, work: Callable[[], ResultT]) -> ResultT:
        async with self._turn:
            return await asyncio.to_thread(work)
