/** A room as a component sees it: followed while it is open, looked up when it is over. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Endpoint } from '../api/endpoint.ts';
import { followRoom, followSurroundings, lookUpRoom } from '../api/live.ts';
import type { RoomAnswer } from '../api/types.ts';
import { EMPTY_ROOM, take, type Frame, type FrameGift, type Room } from './frames.ts';

export type Phase = 'loading' | 'live' | 'closed' | 'missing' | 'failed';

export interface Watched {
  readonly phase: Phase;
  /** What frames do not tell: title, host, battle. */
  readonly about: RoomAnswer | null;
  readonly room: Room;
  /** From the commit of the newest frame to this screen; null before the first. */
  readonly delayMs: number | null;
  /** Hears of each line of gifts, once; returns what ends that. */
  readonly onGift: (hear: (gift: FrameGift) => void) => () => void;
}

export function useRoom(endpoint: Endpoint, roomId: string): Watched {
  const [phase, setPhase] = useState<Phase>('loading');
  const [about, setAbout] = useState<RoomAnswer | null>(null);
  const [room, setRoom] = useState<Room>(EMPTY_ROOM);
  const [delayMs, setDelayMs] = useState<number | null>(null);
  const hearers = useRef(new Set<(gift: FrameGift) => void>());

  useEffect(() => {
    let isOver = false;
    let newest = EMPTY_ROOM;
    const endings: (() => void)[] = [];
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
      if (found.status === 'OPEN') follow();
    };

    const follow = (): void => {
      for (const end of endings.splice(0)) end();
      endings.push(
        followRoom(endpoint, roomId, {
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
          end: () => void settle().catch(() => setPhase('failed')),
        }),
        followSurroundings(endpoint, roomId, setAbout),
      );
    };

    setPhase('loading');
    setAbout(null);
    show(EMPTY_ROOM);
    void settle().catch(() => setPhase('failed'));
    return () => {
      isOver = true;
      for (const end of endings) end();
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
  const { goal } = found;
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
  };
}
