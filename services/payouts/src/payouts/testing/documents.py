"""What a person reads in a PDF, for tests."""

import io
from collections.abc import Sequence

from pypdf import PdfReader


def read_pages(document: bytes) -> Sequence[Sequence[str]]:
    """The lines of each page, what stands beside each other with a space in between."""
    return [
        [line.rstrip() for line in page.extract_text().splitlines() if line.strip()]
        for page in PdfReader(io.BytesIO(document)).pages
    ]
