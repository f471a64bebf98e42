"""`python -m contracts`: write the JSON Schemas and the AsyncAPI document beside the package."""

from pathlib import Path

from contracts import publish

folder = Path(__file__).resolve().parents[2]
for path in publish.write(folder):
    print(f"written: {path}")
