"""What the words of strangers are held to before anything is made of them."""

from typing import Annotated, Final

import msgspec

UNDECODABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding bytes of a stranger may raise: not JSON, another form, not UTF-8, nested without
end."""

# No NUL, which PostgreSQL's text cannot hold.
type Text128 = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[^\x00]*\Z")]
type PageUrl = Annotated[str, msgspec.Meta(pattern=r"^https?://[!-~]{1,2000}\Z")]
