/** Buys coins: an order here, the payment on the provider's own page. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { BUNDLES, PURCHASE_COINS } from '../api/documents.ts';
import type { Endpoint } from '../api/endpoint.ts';
import { newId } from '../api/ids.ts';
import type { Balance, Bundle, Refused } from '../api/types.ts';
import { money, whole } from '../format.ts';
import { CloseButton, Coin, Coins } from './small.tsx';

interface CoinShopProps {
  readonly endpoint: Endpoint;
  readonly balance: Balance | null;
  readonly onClose: () => void;
}

type Ordered =
  | { readonly __typename: 'PurchaseCoinsPayload'; readonly purchase: { readonly id: string; readonly checkoutUrl: string | null } }
  | ({ readonly __typename: 'Refusal' } & Refused);

export function CoinShop({ endpoint, balance, onClose }: CoinShopProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [bundles, setBundles] = useState<readonly Bundle[]>([]);
  const [ordered, setOrdered] = useState<{ bundle: Bundle; checkoutUrl: string; coinsBefore: number } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    dialog.current?.showModal();
    endpoint
      .askPatiently<{ coinBundles: { nodes: readonly Bundle[] } }>(BUNDLES)
      .then(({ coinBundles }) => setBundles([...coinBundles.nodes].sort((one, other) => one.coins - other.coins)))
      .catch((error: unknown) => setProblem(String(error)));
  }, [endpoint]);

  const order = async (bundle: Bundle): Promise<void> => {
    setProblem(null);
    try {
      const { purchaseCoins } = await endpoint.askPatiently<{ purchaseCoins: Ordered }>(PURCHASE_COINS, {
        input: { purchaseId: newId(), bundleId: bundle.id, provider: 'sandbox' },
      });
      if (purchaseCoins.__typename !== 'PurchaseCoinsPayload') return setProblem(purchaseCoins.message);
      const { checkoutUrl } = purchaseCoins.purchase;
      if (checkoutUrl !== null) setOrdered({ bundle, checkoutUrl, coinsBefore: balance?.coins ?? 0 });
    } catch (error) {
      setProblem(String(error));
    }
  };
  const hasCome = ordered !== null && (balance?.coins ?? 0) > ordered.coinsBefore;

  return (
    <dialog ref={dialog} class="shop" aria-labelledby="shop-title" onClose={onClose}>
      <header>
        <h2 id="shop-title">Get coins</h2>
        <span>{balance !== null && <Coins value={balance.coins} />}</span>
        <CloseButton does="Close" onClick={() => dialog.current?.close()} />
      </header>
      {problem !== null && <p class="note bad" role="alert">{problem}</p>}
      {ordered === null ? (
        <ul class="bundles">
          {bundles.map((bundle) => (
            <li key={bundle.id}>
              <button type="button" onClick={() => void order(bundle)}>
                <strong><Coin />{whole(bundle.coins)}<span class="unseen"> coins</span></strong>
                {bundle.bonusCoins > 0 && <small>+{whole(bundle.bonusCoins)} bonus</small>}
                <span class="price">{money(bundle.price)}</span>
              </button>
            </li>
          ))}
        </ul>
      ) : hasCome ? (
        <p class="note good" role="status" data-testid="coins-came">The coins are here. Enjoy!</p>
      ) : (
        <div class="checkout">
          <p>
            {whole(ordered.bundle.coins + ordered.bundle.bonusCoins)} coins for {money(ordered.bundle.price)}. The
            payment provider of the local stack is a sandbox: no money moves.
          </p>
          <a class="button" href={ordered.checkoutUrl} target="_blank" rel="noreferrer" data-testid="pay">
            Pay {money(ordered.bundle.price)}
          </a>
          <p role="status">Your balance changes here by itself once it is paid.</p>
        </div>
      )}
    </dialog>
  );
}
