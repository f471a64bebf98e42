/** Sends a gift and sees it through, or says in words why it was not sent. */

import { GIFT, SEND_GIFT } from './documents.ts';
import type { Endpoint } from './endpoint.ts';
import type { Item, Refused } from './types.ts';
import { newId } from './ids.ts';

export interface Order {
  readonly item: Item;
  readonly count: number;
  readonly message: string;
  readonly creatorId: string;
  readonly roomId: string;
}

export type Given =
  | { readonly kind: 'sent' }
  | { readonly kind: 'short'; readonly neededCoins: number; readonly balanceCoins: number }
  | ({ readonly kind: 'refused' } & Refused);

type Gift = { readonly id: string; readonly status: string; readonly refusal: Refused | null };
type Answer =
  | { readonly __typename: 'SendGiftPayload'; readonly gift: Gift }
  | { readonly __typename: 'InsufficientCoins'; readonly neededCoins: number; readonly balanceCoins: number }
  | ({ readonly __typename: 'Refusal' } & Refused);

const LOOK_EVERY_MS = 300;

/** @throws EndpointError if the endpoint stays away for longer than it takes to restart */
export async function give(endpoint: Endpoint, order: Order): Promise<Given> {
  // One id, however often it is sent: whoever got no answer sends the same again.
  const giftId = newId();
  const { sendGift } = await endpoint.askPatiently<{ sendGift: Answer }>(SEND_GIFT, {
    input: {
      giftId,
      itemId: order.item.id,
      count: order.count,
      creatorId: order.creatorId,
      target: { roomId: order.roomId },
      quotedPriceCoins: order.item.priceCoins * order.count,
      ...(order.message === '' ? {} : { message: order.message }),
    },
  });
  if (sendGift.__typename === 'InsufficientCoins') {
    return { kind: 'short', neededCoins: sendGift.neededCoins, balanceCoins: sendGift.balanceCoins };
  }
  if (sendGift.__typename !== 'SendGiftPayload') return { kind: 'refused', code: sendGift.code, message: sendGift.message };
  let { gift } = sendGift;
  while (gift.status === 'PENDING') {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    gift = (await endpoint.askPatiently<{ gift: Gift | null }>(GIFT, { id: giftId })).gift ?? gift;
  }
  return gift.refusal === null ? { kind: 'sent' } : { kind: 'refused', ...gift.refusal };
}
