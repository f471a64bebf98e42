/** What changes by itself: frames of a room, the caller's balance and earnings. */

import { BALANCE, BALANCE_CHANGED, EARNINGS, EARNINGS_CHANGED, ROOM, ROOM_FRAMES } from './documents.ts';
import type { Endpoint } from './endpoint.ts';
import type { Frame, Outcome } from '../room/frames.ts';
import type { Balance, Earnings, RoomAnswer } from './types.ts';

/** How the following of a room ended: the room is over, or what was refused with a code. */
export type End = 'COMPLETE' | 'NOT_FOUND' | string;

type Errors = readonly { readonly extensions?: Record<string, unknown> }[];

function codeOf(error: unknown): string {
  const [first] = Array.isArray(error) ? (error as Errors) : [];
  return String(first?.extensions?.['code'] ?? 'UNKNOWN');
}

const AGAIN_MS = 1_000;

export interface RoomFollower {
  /** The newest frame taken. */
  readonly seq: () => number | null;
  readonly take: (frame: Frame) => Outcome;
  /** Forget the newest frame: the server does not know it. */
  readonly forget: () => void;
  readonly end: (reason: End) => void;
}

/** Hands on each frame of a room, in order, also across connections; returns what ends that. */
export function followRoom(endpoint: Endpoint, roomId: string, follower: RoomFollower): () => void {
  let stop: (() => void) | undefined;
  let isOver = false;

  const begin = (): void => {
    if (isOver) return;
    const mine = endpoint.socket.subscribe<{ roomFrames: Frame | null }>(
      {
        query: ROOM_FRAMES,
        variables: {
          roomId,
          // Read whenever the client subscribes: after each loss of the connection it does so by
          // itself, and goes on after the frame that was taken last.
          get after() {
            return follower.seq() ?? undefined;
          },
        },
      },
      {
        next: ({ data }) => {
          const frame = data?.roomFrames;
          if (frame != null && follower.take(frame) === 'gap') again();
        },
        error: (error) => refused(codeOf(error)),
        complete: () => {
          if (stop === mine) finish('COMPLETE');
        },
      },
    );
    stop = mine;
  };
  const again = (): void => {
    const old = stop;
    stop = undefined;
    old?.();
    begin();
  };
  const refused = (code: string): void => {
    if (code === 'NOT_FOUND' || isOver) return finish(code);
    if (code === 'BAD_USER_INPUT') follower.forget();
    setTimeout(begin, AGAIN_MS);
  };
  const finish = (reason: End): void => {
    if (isOver) return;
    isOver = true;
    follower.end(reason);
  };

  begin();
  return () => {
    isOver = true;
    stop?.();
  };
}

/** Tells the caller's balance, now and after each change; returns what ends that. */
export function followBalance(endpoint: Endpoint, tell: (balance: Balance) => void): () => void {
  let isOver = false;
  let version = -1;

  const look = async (): Promise<void> => {
    const before = version;
    const { me } = await endpoint.askPatiently<{ me: { balance: Balance | null } | null }>(BALANCE);
    // A change that was told meanwhile is newer than what was looked up.
    if (!isOver && version === before && me?.balance != null) tell(me.balance);
  };
  const stop = keepSubscribed<{ balanceChanged: Balance & { version: number } }>(endpoint, BALANCE_CHANGED, look, ({ balanceChanged }) => {
    if (balanceChanged.version <= version) return;
    version = balanceChanged.version;
    tell(balanceChanged);
  });
  return () => {
    isOver = true;
    stop();
  };
}

/**
 * Tells what the caller has earned, now and after each change; returns what ends that. What changes
 * is told in diamonds: their worth in money, and all that was ever earned, are looked up then.
 */
export function followEarnings(endpoint: Endpoint, tell: (earnings: Earnings) => void): () => void {
  let isOver = false;
  let isLooking = false;
  let isOld = false;

  const look = async (): Promise<void> => {
    isOld = true;
    if (isLooking) return;
    isLooking = true;
    try {
      while (isOld && !isOver) {
        isOld = false;
        const { creator } = await endpoint.askPatiently<{ creator: { earnings: Earnings | null } | null }>(EARNINGS, { id: endpoint.user });
        if (!isOver && creator?.earnings != null) tell(creator.earnings);
      }
    } finally {
      isLooking = false;
    }
  };
  const stop = keepSubscribed(endpoint, EARNINGS_CHANGED, look, () => void look().catch(() => undefined));
  return () => {
    isOver = true;
    stop();
  };
}

/** Subscribes again and again to something of the caller's own, and looks at each connection. */
function keepSubscribed<T extends object>(
  endpoint: Endpoint,
  query: string,
  look: () => Promise<void>,
  next: (data: T) => void,
): () => void {
  let isOver = false;
  let stop: (() => void) | undefined;
  const begin = (): void => {
    if (isOver) return;
    stop = endpoint.socket.subscribe<T>(
      { query },
      {
        next: ({ data }) => {
          if (data != null) next(data);
        },
        error: (error) => {
          // Its token has expired: the next connection brings a new one.
          if (codeOf(error) === 'UNAUTHENTICATED') endpoint.socket.terminate();
          setTimeout(begin, AGAIN_MS);
        },
        complete: () => setTimeout(begin, AGAIN_MS),
      },
    );
  };
  begin();
  const stopLink = endpoint.onLink((link) => {
    if (link === 'connected') void look().catch(() => undefined);
  });
  void look().catch(() => undefined);
  return () => {
    isOver = true;
    stopLink();
    stop?.();
  };
}

/** A room as it stands, open or closed; null if there is none. */
export async function lookUpRoom(endpoint: Endpoint, roomId: string): Promise<RoomAnswer | null> {
  return (await endpoint.askPatiently<{ room: RoomAnswer | null }>(ROOM, { id: roomId })).room;
}
