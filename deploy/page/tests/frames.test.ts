/** No gap, no repeat, and a streak counted as it is charged: whatever the network does. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cards, EMPTY_ROOM, share, take, type Frame, type FrameGift, type Room } from '../src/room/frames.ts';

function gift(changes: Partial<FrameGift> = {}): FrameGift {
  return {
    giftId: 'g1', itemId: 'rose', count: 1, totalCoins: 1, senderId: 'alice', senderName: null, message: null,
    streakId: null, streakCount: 0, streakEnded: false, ...changes,
  };
}

function frame(seq: number, changes: Partial<Frame> = {}): Frame {
  return {
    seq, status: 'OPEN', committedAt: '2026-11-28T12:00:00Z', snapshot: false, missedFrames: 0, gifts: [],
    moreGifts: 0, moreCoins: 0, totals: { coins: seq, gifts: seq, gifters: 1 }, goal: null, topGifters: [], battle: null, ...changes,
  };
}

/** The room after all frames that are taken, as a screen that passes over the rest. */
function after(frames: readonly Frame[], room: Room = EMPTY_ROOM): Room {
  return frames.reduce((seen, each) => take(seen, each, 0).room, room);
}

const SNAPSHOT = frame(3, { snapshot: true });

describe('frames', () => {
  test('a snapshot says how the room stands and shows no gifts', () => {
    const room = after([SNAPSHOT]);
    assert.equal(room.seq, 3);
    assert.equal(room.totals.coins, 3);
    assert.deepEqual(room.shown, { pieces: 0, coins: 0 });
  });

  test('each frame counts once', () => {
    const fourth = frame(4, { gifts: [gift({ count: 2, totalCoins: 2 })] });
    const once = take(after([SNAPSHOT]), fourth, 0);
    assert.equal(once.outcome, 'taken');
    const again = take(once.room, fourth, 0);
    assert.equal(again.outcome, 'repeat');
    assert.equal(again.room, once.room);
    assert.equal(once.room.shown.pieces, 2);
  });

  test('a frame too early is not taken', () => {
    const { room, outcome } = take(after([SNAPSHOT]), frame(5), 0);
    assert.equal(outcome, 'gap');
    assert.equal(room.seq, 3);
  });

  test('one that stands for those passed over says so', () => {
    const { room, outcome } = take(after([SNAPSHOT]), frame(9, { snapshot: true, missedFrames: 6 }), 0);
    assert.equal(outcome, 'taken');
    assert.equal(room.missedFrames, 6);
    assert.equal(room.totals.coins, 9);
  });

  test('an old snapshot does not turn the room back', () => {
    const room = after([SNAPSHOT, frame(4)]);
    assert.equal(take(room, frame(2, { snapshot: true }), 0).room, room);
  });

  test('a battle is as the newest frame tells it, a snapshot too, and gone when that tells of none', () => {
    const battle = { status: 'RUNNING', endsAt: '2026-11-28T12:05:00Z', winnerRoomId: null, sides: [] } as const;
    const begun = after([SNAPSHOT, frame(4, { battle })]);
    assert.equal(begun.battle, battle);
    const ended = { ...battle, status: 'ENDED' } as const;
    const over = after([frame(4, { battle: ended, snapshot: true })], begun);
    assert.equal(over.battle, ended);
    assert.equal(after([frame(4, { snapshot: true })], over).battle, null);
  });

  test('whatever is repeated or cut off, what is shown is what was given', () => {
    // A network that loses the connection after every few frames and sends some of them again.
    let random = 7;
    const next = (most: number): number => {
      random = (random * 48_271) % 2_147_483_647;
      return random % most;
    };
    const given = Array.from({ length: 200 }, (_, at) => frame(at + 4, {
      gifts: [gift({ giftId: `g${at}`, count: next(5), totalCoins: 3 })], moreGifts: next(3), moreCoins: 1,
    }));
    let room = after([SNAPSHOT]);
    while (room.seq !== 203) {
      const from = Math.max(0, (room.seq ?? 3) - 3 - next(4));
      for (const each of given.slice(from, from + 1 + next(12))) {
        if (next(10) > 0) room = take(room, each, 0).room;
      }
    }
    const pieces = given.reduce((sum, each) => sum + (each.gifts[0]?.count ?? 0) + each.moreGifts, 0);
    assert.deepEqual(room.shown, { pieces, coins: 200 * 4 });
    assert.equal(room.missedFrames, 0);
  });
});

describe('streaks', () => {
  const tap = (streakCount: number, changes: Partial<FrameGift> = {}): FrameGift =>
    gift({ giftId: `tap-${streakCount}`, streakId: 's1', streakCount, ...changes });

  test('taps of a streak are one line that counts up, and ends once', () => {
    const room = after([
      SNAPSHOT,
      frame(4, { gifts: [tap(1)] }),
      frame(5, { gifts: [tap(4, { count: 3, totalCoins: 3 })] }),
      frame(6, { gifts: [tap(4, { count: 0, totalCoins: 0, streakEnded: true })] }),
    ]);
    assert.equal(room.lines.length, 1);
    assert.equal(room.lines[0]?.count, 4);
    assert.equal(room.lines[0]?.coins, 4);
    assert.equal(room.lines[0]?.hasEnded, true);
    assert.deepEqual(room.shown, { pieces: 4, coins: 4 });
  });

  test('the count is the streak’s own, also for who came in the middle of it', () => {
    const room = after([SNAPSHOT, frame(4, { gifts: [tap(41)] })]);
    assert.equal(room.lines[0]?.count, 41);
    assert.equal(room.shown.pieces, 1);
  });

  test('the end of one that nobody saw leaves no line', () => {
    const room = after([SNAPSHOT, frame(4, { gifts: [tap(9, { count: 0, totalCoins: 0, streakEnded: true })] })]);
    assert.deepEqual(room.lines, []);
  });

  test('a card stays while its streak goes on, and a moment after its end', () => {
    const begun = take(after([SNAPSHOT]), frame(4, { gifts: [tap(1)] }), 1_000).room;
    assert.equal(cards(begun, 8_000).length, 1);
    const ended = take(begun, frame(5, { gifts: [tap(1, { count: 0, streakEnded: true })] }), 8_000).room;
    assert.equal(cards(ended, 9_000).length, 1);
    assert.equal(cards(ended, 20_000).length, 0);
  });
});

test('a goal is of coins, or of pieces of an item', () => {
  const goal = { targetCoins: 100, reachedCoins: 25, targetItemId: null, targetCount: 0, reachedCount: 0, reachedAt: null };
  assert.equal(share(goal), 0.25);
  assert.equal(share({ ...goal, reachedCoins: 400 }), 1);
  assert.equal(share({ ...goal, targetCoins: null, targetItemId: 'rose', targetCount: 10, reachedCount: 5 }), 0.5);
});
