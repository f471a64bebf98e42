"""Where a query of the wallet subgraph starts."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import (
    AUDITOR,
    After,
    Before,
    First,
    Last,
    OperatorActionConnection,
    authenticated,
    read_actions,
    require_viewer,
    requires_scope,
)
from wallet.domain.price_book import WEB
from wallet.graphql import minor_refund, reversing
from wallet.graphql.context import Info
from wallet.graphql.minor_refund import PreviewMinorRefundInput, PreviewMinorRefundResult
from wallet.graphql.price_books import READERS as PRICE_BOOK_READERS
from wallet.graphql.price_books import PriceBookConnection, read_price_books
from wallet.graphql.purchase import (
    PURCHASE_READERS,
    CoinBundle,
    CoinBundleList,
    Purchase,
)
from wallet.graphql.reversal import PreviewReversalInput, PreviewReversalResult
from wallet.graphql.user import User
from wallet.store.price_books import find_price_book_in_force


@strawberry.type(description="Reads.")
class Query:
    """What the wallet answers."""

    @strawberry.federation.field(
        shareable=True, description="The caller.", extensions=[authenticated()]
    )
    def me(self, info: Info) -> User | None:
        """Who asks stands in the token."""
        return User(id=strawberry.ID(require_viewer(info.context).sub))

    @strawberry.field(
        description="What coins can be bought in, for the caller's region; anyone may look. Empty "
        "where that store does not sell to the caller."
    )
    async def coin_bundles(
        self,
        info: Info,
        store: Annotated[
            str, strawberry.argument(description="Where they are bought: `web` or an app store.")
        ] = WEB,
    ) -> CoinBundleList:
        """Callers without a token see the web's default market."""
        async with info.context.pool.acquire() as conn:
            book = await find_price_book_in_force(conn, info.context.now())
        if book is None:
            return CoinBundleList(price_book_version=0, nodes=[])
        viewer = info.context.viewer
        market = book.market_of(viewer.region if viewer else None, store)
        if market is None:
            return CoinBundleList(price_book_version=book.version, nodes=[])
        return CoinBundleList(
            price_book_version=book.version,
            nodes=[CoinBundle.of(bundle, market.currency) for bundle in market.bundles],
        )

    @strawberry.field(
        description="A purchase of one's own; operators see anyone's. Null when unknown or "
        "someone else's.",
        extensions=[requires_scope(*PURCHASE_READERS)],
    )
    async def purchase(
        self,
        info: Info,
        id: Annotated[UUID, strawberry.argument(description="The purchase's id.")],  # noqa: A002
    ) -> Purchase | None:
        """Unknown and not yours look the same."""
        return await Purchase.find_visible(info.context, id)

    @strawberry.field(
        description="Versions of the price book, newest first; operators' only.",
        extensions=[requires_scope(*PRICE_BOOK_READERS)],
    )
    async def price_books(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> PriceBookConnection | None:
        """Those to come too."""
        return await read_price_books(
            info.context, first=first, after=after, last=last, before=before
        )

    @strawberry.field(
        description="What operators did in the wallet, newest first; auditors' only.",
        extensions=[requires_scope(AUDITOR)],
    )
    async def wallet_actions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> OperatorActionConnection | None:
        """The wallet's own log."""
        return await read_actions(
            info.context.pool, first=first, after=after, last=last, before=before
        )

    @strawberry.field(
        description="Who would lose what if a payment were taken back now. Nothing is booked.",
        extensions=[requires_scope(reversing.REFUNDER)],
    )
    async def preview_reversal(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - the schema's name
            PreviewReversalInput, strawberry.argument(description="What to take back.")
        ],
    ) -> PreviewReversalResult | None:
        """The same plan that `reversePurchase` would book."""
        return await reversing.preview(info, input)

    @strawberry.field(
        description="Who would lose what if a share of a minor's gifts were taken back now. "
        "Nothing is booked.",
        extensions=[requires_scope(reversing.REFUNDER)],
    )
    async def preview_minor_refund(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - the schema's name
            PreviewMinorRefundInput, strawberry.argument(description="What to refund.")
        ],
    ) -> PreviewMinorRefundResult | None:
        """The same plan that `refundMinor` would book."""
        return await minor_refund.preview(info, input)
