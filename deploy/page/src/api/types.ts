/** Answers of the endpoint, as far as the page asks for them; the field names are the schema's. */

import type { Battle, BattleSide, RoomStatus, Totals } from '../room/frames.ts';

export interface Balance {
  readonly coins: number;
  readonly debtCoins: number;
}

export interface Money {
  readonly amountMinor: number;
  readonly currency: string;
}

export interface Diamonds {
  readonly microDiamonds: number;
  readonly worth?: Money;
}

export interface Earnings {
  readonly pending: Diamonds;
  readonly available: Diamonds;
  readonly lifetime: { readonly microDiamonds: number };
}

export interface Item {
  readonly id: string;
  readonly name: string;
  readonly tier: number;
  readonly priceCoins: number;
  readonly maxMessageLength: number;
  readonly streakable: boolean;
}

export interface Bundle {
  readonly id: string;
  readonly coins: number;
  readonly bonusCoins: number;
  readonly price: Money;
}

export interface RoomAnswer {
  readonly id: string;
  readonly status: RoomStatus;
  readonly title: string;
  readonly host: { readonly id: string };
  readonly goal: {
    readonly targetCoins: number | null;
    readonly reachedCoins: number;
    readonly targetCount: number | null;
    readonly reachedCount: number;
    readonly reachedAt: string | null;
    readonly item: { readonly id: string } | null;
  } | null;
  readonly summary: Totals;
  readonly topGifters: { readonly nodes: readonly { readonly rank: number; readonly coins: number; readonly user: { readonly id: string; readonly name: string | null } | null }[] };
  /** The newest that began in it. */
  readonly battle: Pick<Battle, 'status' | 'endsAt' | 'winnerRoomId'> & {
    readonly sides: readonly (Pick<BattleSide, 'points' | 'hits' | 'combos'> & {
      readonly host: { readonly id: string };
      readonly room: { readonly id: string } | null;
    })[];
  } | null;
}

export type OpenRoom = Pick<RoomAnswer, 'id' | 'title' | 'host' | 'summary'>;

export interface OpenRooms {
  readonly nodes: readonly OpenRoom[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export interface Refused {
  readonly code: string;
  readonly message: string;
}
