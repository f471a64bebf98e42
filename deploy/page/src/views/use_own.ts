/** What is the caller's own, and the catalogue, as components see them. */

import { useEffect, useState } from 'preact/hooks';
import { CATALOGUE } from '../api/documents.ts';
import type { Endpoint } from '../api/endpoint.ts';
import { followBalance, followEarnings } from '../api/live.ts';
import type { Balance, Earnings, Item } from '../api/types.ts';

export function useBalance(endpoint: Endpoint): Balance | null {
  const [balance, setBalance] = useState<Balance | null>(null);
  useEffect(() => followBalance(endpoint, setBalance), [endpoint]);
  return balance;
}

export function useEarnings(endpoint: Endpoint): Earnings | null {
  const [earnings, setEarnings] = useState<Earnings | null>(null);
  useEffect(() => followEarnings(endpoint, setEarnings), [endpoint]);
  return earnings;
}

/** Cheapest first; empty until it is there. */
export function useCatalogue(endpoint: Endpoint): readonly Item[] {
  const [items, setItems] = useState<readonly Item[]>([]);
  useEffect(() => {
    endpoint
      .askPatiently<{ giftCatalogue: { items: { nodes: readonly Item[] } } }>(CATALOGUE)
      .then(({ giftCatalogue }) => setItems(giftCatalogue.items.nodes))
      .catch(() => undefined);
  }, [endpoint]);
  return items;
}
