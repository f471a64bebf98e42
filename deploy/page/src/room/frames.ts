/**
 * How a room looks after each frame: pure, so that what a screen shows can be tested without one.
 * A frame counts once and in its order; one that was seen is passed over, and one that comes too
 * early is not taken, so that whoever follows the room asks again from the last one taken.
 */

/** A subscription's frame; the field names are the schema's. */
export interface Frame {
  readonly seq: number;
  readonly status: RoomStatus;
  readonly committedAt: string;
  /** How the room stands, without what was given: first of all, or for frames that were missed. */
  readonly snapshot: boolean;
  readonly missedFrames: number;
  readonly gifts: readonly FrameGift[];
  readonly moreGifts: number;
  readonly moreCoins: number;
  readonly totals: Totals;
  readonly goal: Goal | null;
  readonly topGifters: readonly Gifter[];
  /** That the room is in, or was in a moment ago. */
  readonly battle: Battle | null;
}

export type RoomStatus = 'OPEN' | 'CLOSED';

export interface FrameGift {
  readonly giftId: string;
  readonly itemId: string;
  /** Pieces since the last frame; 0 where only the end of a streak is told. */
  readonly count: number;
  readonly totalCoins: number;
  readonly senderId: string | null;
  readonly senderName: string | null;
  readonly message: string | null;
  readonly streakId: string | null;
  readonly streakCount: number;
  readonly streakEnded: boolean;
}

export interface Totals {
  readonly coins: number;
  readonly gifts: number;
  readonly gifters: number;
}

/** Coins to reach, or pieces of an item. */
export interface Goal {
  readonly targetCoins: number | null;
  readonly reachedCoins: number;
  readonly targetItemId: string | null;
  readonly targetCount: number;
  readonly reachedCount: number;
  readonly reachedAt: string | null;
}

export interface Gifter {
  readonly rank: number;
  readonly userId: string | null;
  readonly userName: string | null;
  readonly coins: number;
}

export interface Battle {
  readonly status: 'RUNNING' | 'ENDED';
  readonly endsAt: string;
  readonly winnerRoomId: string | null;
  readonly sides: readonly BattleSide[];
}

export interface BattleSide {
  readonly roomId: string | null;
  readonly creatorId: string;
  /** Null while a mist hides them. */
  readonly points: number | null;
  readonly hiddenUntil: string | null;
  readonly multipliedUntil: string | null;
  readonly hammeringUntil: string | null;
  readonly hits: number;
  readonly combos: number;
}

/** What one sender gave, as one row: a gift, or a whole streak. */
export interface Line {
  /** The streak's id, else the gift's. */
  readonly key: string;
  readonly itemId: string;
  readonly sender: string | null;
  readonly message: string | null;
  /** Pieces: of a streak, all of it. */
  readonly count: number;
  readonly coins: number;
  readonly isStreak: boolean;
  readonly hasEnded: boolean;
  /** When the screen heard of it last, in milliseconds. */
  readonly atMs: number;
}

export interface Room {
  /** The newest frame taken; null before the first. */
  readonly seq: number | null;
  readonly status: RoomStatus;
  readonly totals: Totals;
  readonly goal: Goal | null;
  readonly topGifters: readonly Gifter[];
  readonly battle: Battle | null;
  /** Oldest first. */
  readonly lines: readonly Line[];
  /** All that frames have told this screen, line by line or summed up. */
  readonly shown: { readonly pieces: number; readonly coins: number };
  /** Frames whose gifts this screen will never show: they are in the totals alone. */
  readonly missedFrames: number;
}

export type Outcome = 'taken' | 'repeat' | 'gap';

const LINES_MAX = 60;

export const EMPTY_ROOM: Room = {
  seq: null,
  status: 'OPEN',
  totals: { coins: 0, gifts: 0, gifters: 0 },
  goal: null,
  topGifters: [],
  battle: null,
  lines: [],
  shown: { pieces: 0, coins: 0 },
  missedFrames: 0,
};

/** The room after a frame, and what became of the frame. */
export function take(room: Room, frame: Frame, nowMs: number): { room: Room; outcome: Outcome } {
  const known = room.seq;
  if (known !== null && frame.seq < known) return { room, outcome: 'repeat' };
  if (frame.snapshot) return { room: { ...standing(room, frame), missedFrames: room.missedFrames + frame.missedFrames }, outcome: 'taken' };
  if (known === frame.seq) return { room, outcome: 'repeat' };
  if (known !== null && frame.seq > known + 1 + frame.missedFrames) return { room, outcome: 'gap' };

  let { pieces, coins } = room.shown;
  let lines = [...room.lines];
  for (const gift of frame.gifts) {
    pieces += gift.count;
    coins += gift.totalCoins;
    lines = withGift(lines, gift, nowMs);
  }
  const shown = { pieces: pieces + frame.moreGifts, coins: coins + frame.moreCoins };
  return {
    room: {
      ...standing(room, frame),
      lines: lines.slice(-LINES_MAX),
      shown,
      missedFrames: room.missedFrames + frame.missedFrames,
    },
    outcome: 'taken',
  };
}

function standing(room: Room, frame: Frame): Room {
  const { seq, status, totals, goal, topGifters, battle } = frame;
  return { ...room, seq, status, totals, goal, topGifters, battle };
}

function withGift(lines: Line[], gift: FrameGift, nowMs: number): Line[] {
  const key = gift.streakId ?? gift.giftId;
  const at = lines.findIndex((line) => line.key === key);
  const before = lines[at];
  // The end of a streak that began before this screen, and left no line: there is nothing to end.
  if (before === undefined && gift.count === 0) return lines;
  const line: Line = {
    key,
    itemId: gift.itemId,
    sender: gift.senderName ?? gift.senderId,
    message: gift.message ?? before?.message ?? null,
    count: gift.streakId === null ? gift.count + (before?.count ?? 0) : gift.streakCount,
    coins: gift.totalCoins + (before?.coins ?? 0),
    isStreak: gift.streakId !== null,
    hasEnded: gift.streakEnded || (before?.hasEnded ?? false),
    atMs: nowMs,
  };
  return before === undefined ? [...lines, line] : lines.with(at, line);
}

/** How long a card stays on the stage: a streak until a moment after its end. */
const CARD_MS = 4_500;
/** The window of a streak is 5 s: one that is silent for longer has ended, told or not. */
const STREAK_SILENT_MS = 9_000;
const CARDS_MAX = 4;

/** What the stage shows now: the latest, the dearest first where all came at once. */
export function cards(room: Room, nowMs: number): Line[] {
  return room.lines
    .filter((line) => nowMs - line.atMs < (line.isStreak && !line.hasEnded ? STREAK_SILENT_MS : CARD_MS))
    .sort((one, other) => other.atMs - one.atMs || other.coins - one.coins)
    .slice(0, CARDS_MAX)
    .sort((one, other) => room.lines.indexOf(one) - room.lines.indexOf(other));
}

/** How much of a goal is reached: 0 to 1. */
export function share(goal: Goal): number {
  const target = goal.targetCoins ?? goal.targetCount;
  const reached = goal.targetCoins === null ? goal.reachedCount : goal.reachedCoins;
  return target > 0 ? Math.min(1, reached / target) : 0;
}
