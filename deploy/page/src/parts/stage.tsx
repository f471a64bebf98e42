/** Where a room happens: the host, cards of gifts, what floats up, and the log of it all. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Item } from '../api/types.ts';
import { called, hue, whole } from '../format.ts';
import { picture } from '../items.ts';
import { cards, type FrameGift, type Line } from '../room/frames.ts';
import type { Watched } from '../room/use_room.ts';
import { useNow } from './room_parts.tsx';
import { Avatar, Coins, movesLess } from './small.tsx';

/** From here on a gift fills the stage for a moment. */
const GRAND_COINS = 500;
const FLOATS_MAX = 30;
const FLOATS_EACH = 6;
const FLOAT_MS = 3_400;
const GRAND_MS = 2_600;
const CARDS_EVERY_MS = 300;
const LOG_SHOWN = 30;

interface Float {
  readonly key: number;
  readonly picture: string;
  readonly at: number;
  readonly size: number;
  readonly delayMs: number;
}

interface StageProps {
  readonly watched: Watched;
  readonly items: ReadonlyMap<string, Item>;
  readonly host: string;
  readonly children?: ComponentChildren;
}

export function Stage({ watched, items, host, children }: StageProps) {
  const now = useNow(CARDS_EVERY_MS);
  const nameOf = (itemId: string): string => items.get(itemId)?.name ?? itemId;
  return (
    <section class={`stage ${watched.phase}`} aria-label="Stage" style={{ '--hue': String(hue(host)) }}>
      <div class="backdrop" aria-hidden="true"><i /><i /><i /></div>
      <div class="performer" aria-hidden="true">
        <Avatar name={host} size="large" />
        <div class="sound"><i /><i /><i /><i /><i /></div>
      </div>
      <Floats watched={watched} />
      <ul class="cards" aria-hidden="true">
        {cards(watched.room, now).map((line) => <Card key={line.key} line={line} name={nameOf(line.itemId)} />)}
      </ul>
      <GiftLog lines={watched.room.lines} nameOf={nameOf} />
      {children}
    </section>
  );
}

function Card({ line, name }: { line: Line; name: string }) {
  return (
    <li
      class={`card ${line.hasEnded ? 'ended' : ''}`}
      data-testid="card"
      data-item={line.itemId}
      data-sender={line.sender}
      data-count={line.count}
    >
      <Avatar name={line.sender} />
      <span class="card-words">
        <strong>{called(line.sender)}</strong>
        <span>{line.message ?? `sent ${name}`}</span>
      </span>
      <span class="card-picture">{picture(line.itemId)}</span>
      {/* A key of its own for each count: the number jumps whenever it grows. */}
      <span class="card-count" key={line.count}><small>×</small>{whole(line.count)}</span>
      {line.hasEnded && <span class="card-end">streak over</span>}
    </li>
  );
}

function Floats({ watched }: { watched: Watched }) {
  const [floats, setFloats] = useState<readonly Float[]>([]);
  const [grand, setGrand] = useState<{ key: number; picture: string } | null>(null);
  const next = useRef(0);
  useEffect(() => {
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const later = (work: () => void, ms: number): void => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        work();
      }, ms);
      timers.add(timer);
    };
    const stop = watched.onGift((gift: FrameGift) => {
      if (gift.count === 0 || movesLess() || document.hidden) return;
      const shown = picture(gift.itemId);
      const added = Array.from({ length: Math.min(FLOATS_EACH, gift.count) }, (_, at) => ({
        key: (next.current += 1),
        picture: shown,
        at: Math.random(),
        size: 1 + Math.random() + Math.min(1.5, gift.totalCoins / 100),
        delayMs: at * 90,
      }));
      setFloats((before) => [...before, ...added].slice(-FLOATS_MAX));
      later(() => setFloats((before) => before.filter((each) => !added.includes(each))), FLOAT_MS + FLOATS_EACH * 90);
      if (gift.totalCoins >= GRAND_COINS) {
        const mine = { key: (next.current += 1), picture: shown };
        setGrand(mine);
        later(() => setGrand((before) => (before === mine ? null : before)), GRAND_MS);
      }
    });
    return () => {
      stop();
      for (const timer of timers) clearTimeout(timer);
    };
  }, [watched.onGift]);
  return (
    <div class="floats" aria-hidden="true">
      {floats.map((each) => (
        <span
          key={each.key}
          style={{ '--at': String(each.at), '--size': String(each.size), '--delay': `${each.delayMs}ms` }}
        >
          {each.picture}
        </span>
      ))}
      {grand !== null && <b key={grand.key} class="grand">{grand.picture}</b>}
    </div>
  );
}

function GiftLog({ lines, nameOf }: { lines: readonly Line[]; nameOf: (itemId: string) => string }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [lines.length]);
  return (
    <div class="log" ref={list} role="log" aria-label="Gifts" aria-live="polite" data-testid="log" tabIndex={0}>
      <ul>
        {lines.slice(-LOG_SHOWN).map((line) => (
          <li
            key={line.key}
            data-testid="line"
            data-key={line.key}
            data-item={line.itemId}
            data-sender={line.sender}
            data-count={line.count}
            data-ended={String(line.hasEnded)}
          >
            <Avatar name={line.sender} size="small" />
            <span>
              <strong>{called(line.sender)}</strong> sent {nameOf(line.itemId)} {picture(line.itemId)}
              {line.count > 1 && <b> ×{whole(line.count)}</b>}
              {line.message !== null && <q>{line.message}</q>}
            </span>
            <Coins value={line.coins} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** How good the delivery is, for whoever wants to know. */
export function Delivery({ watched }: { watched: Watched }) {
  const { room, delayMs } = watched;
  return (
    <p
      class="delivery"
      data-testid="delivery"
      data-seq={room.seq ?? ''}
      data-pieces={room.shown.pieces}
      data-coins={room.shown.coins}
      data-missed={room.missedFrames}
    >
      <span>frame {room.seq ?? '–'}</span>
      <span>{delayMs === null ? 'no gift yet' : `${whole(delayMs)} ms from commit to screen`}</span>
      {room.missedFrames > 0 && <span>{room.missedFrames} frames summed up</span>}
    </p>
  );
}
