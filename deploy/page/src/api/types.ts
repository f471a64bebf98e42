/** Answers of the endpoint, as far as the page asks for them; the field names are the schema's. */

import type { RoomStatus, Totals } from '../room/frames.ts';

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

export type PowerUpKind = 'GLOVE' | 'MIST' | 'TIME_MAKER' | 'STUN_HAMMER';

export interface PowerUp {
  readonly id: string;
  readonly kind: PowerUpKind;
  readonly roomId: string;
  readonly fromAt: string;
  readonly untilAt: string;
}

export interface BattleSide {
  /** Null while a mist hides them. */
  readonly points: number | null;
  readonly hits: number;
  readonly combos: number;
  readonly host: { readonly id: string };
  readonly room: { readonly id: string } | null;
}

export interface Battle {
  readonly id: string;
  readonly status: 'INVITED' | 'EXPIRED' | 'RUNNING' | 'ENDED';
  readonly startedAt: string | null;
  readonly endsAt: string | null;
  readonly endedAt: string | null;
  readonly winnerRoomId: string | null;
  readonly sides: readonly BattleSide[];
  readonly powerUps: readonly PowerUp[];
}

export interface RoomAnswer {
  readonly id: string;
  readonly status: RoomStatus;
  readonly title: string;
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly seq: number;
  readonly host: { readonly id: string; readonly acceptsGifts: boolean };
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
  readonly battle: Battle | null;
  readonly battleInvitations: readonly { readonly id: string; readonly sides: readonly { readonly host: { readonly id: string } }[] }[];
}

export interface Refused {
  readonly code: string;
  readonly message: string;
}
