/** A room as a component sees it: followed while it is open, looked up when it is over. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Endpoint } from '../api/endpoint.ts';
import { followRoom, lookUpRoom } from '../api/live.ts';
import type { RoomAnswer } from '../api/types.ts';
import { EMPTY_ROOM, take, type Battle, type Frame, type FrameGift, type Room } from './frames.ts';

export type Phase = 'loading' | 'live' | 'closed' | 'missing' | 'failed';

export interface Watched {
  readonly phase: Phase;
  /** What frames do not tell: title and host. */
  readonly about: RoomAnswer | null;
  readonly room: Room;
  /** From the commit of the newest frame to this screen; null before the first. */
  readonly delayMs: number | null;
  /** Hears of each line of gifts, once; returns what ends that. */
  readonly onGift: (hear: (gift: FrameGift) => void) => () => void;
}

const RESULT_EVERY_MS = 4_000;

export function useRoom(endpoint: Endpoint, roomId: string): Watched {
  const [phase, setPhase] = useState<Phase>('loading');
  const [about, setAbout] = useState<RoomAnswer | null>(null);
  const [room, setRoom] = useState<Room>(EMPTY_ROOM);
  const [delayMs, setDelayMs] = useState<number | null>(null);
  const hearers = useRef(new Set<(gift: FrameGift) => void>());

  useEffect(() => {
    let isOver = false;
    let newest = EMPTY_ROOM;
    let unfollow: (() => void) | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    const show = (next: Room): void => {
      newest = next;
      setRoom(next);
    };

    const settle = async (): Promise<void> => {
      // Frames of a closed room are kept for minutes only: how it ended is a query.
      const found = await lookUpRoom(endpoint, roomId);
      if (isOver) return;
      setAbout(found);
      if (found === null) return setPhase('missing');
      show(standing(found, newest));
      setPhase(found.status === 'CLOSED' ? 'closed' : 'live');
      if (found.status === 'OPEN') return follow();
      // A room that closes stays in its battle, whose result comes some seconds after its end.
      if (found.battle?.status !== 'RUNNING') return;
      again = setTimeout(begin, Math.max(RESULT_EVERY_MS, Date.parse(found.battle.endsAt) - Date.now()));
    };
    const begin = (): void => void settle().catch(() => setPhase('failed'));

    const follow = (): void => {
      unfollow?.();
      unfollow = followRoom(endpoint, roomId, {
        seq: () => newest.seq,
        take: (frame: Frame) => {
          const now = Date.now();
          const { room: next, outcome } = take(newest, frame, now);
          if (outcome === 'taken') {
            show(next);
            if (!frame.snapshot) {
              setDelayMs(Math.max(0, now - Date.parse(frame.committedAt)));
              for (const gift of frame.gifts) for (const hear of hearers.current) hear(gift);
            }
            if (frame.status === 'CLOSED') setPhase('closed');
          }
          return outcome;
        },
        forget: () => show({ ...newest, seq: null }),
        end: begin,
      });
    };

    setPhase('loading');
    setAbout(null);
    show(EMPTY_ROOM);
    begin();
    return () => {
      isOver = true;
      unfollow?.();
      clearTimeout(again);
    };
  }, [endpoint, roomId]);

  const [onGift] = useState(() => (hear: (gift: FrameGift) => void) => {
    hearers.current.add(hear);
    return () => hearers.current.delete(hear);
  });
  return { phase, about, room, delayMs, onGift };
}

/** What a query says of a room, in the shape of a frame's; `seq` stays what frames have told. */
function standing(found: RoomAnswer, before: Room): Room {
  const { goal, battle } = found;
  return {
    ...before,
    status: found.status,
    totals: found.summary,
    goal: goal === null ? null : {
      targetCoins: goal.targetCoins,
      reachedCoins: goal.reachedCoins,
      targetItemId: goal.item?.id ?? null,
      targetCount: goal.targetCount ?? 0,
      reachedCount: goal.reachedCount,
      reachedAt: goal.reachedAt,
    },
    topGifters: found.topGifters.nodes.map(({ rank, coins, user }) => ({
      rank,
      coins,
      userId: user?.id ?? null,
      userName: user?.name ?? null,
    })),
    // While the room is open, frames tell it.
    battle: found.status === 'OPEN' ? before.battle : battle && asTold(battle),
  };
}

/** A battle as a query answers it, in the shape of a frame's. */
function asTold({ status, endsAt, winnerRoomId, sides }: NonNullable<RoomAnswer['battle']>): Battle {
  const idle = { hiddenUntil: null, multipliedUntil: null, hammeringUntil: null };
  return {
    status,
    endsAt,
    winnerRoomId,
    sides: sides.map(({ points, hits, combos, host, room }) => ({
      ...idle, points, hits, combos, creatorId: host.id, roomId: room?.id ?? null,
    })),
  };
}
