/** Small things that several views show. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Endpoint, Link } from '../api/endpoint.ts';
import { called, hue, whole } from '../format.ts';

const COUNT_MS = 450;

export function movesLess(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** A number that runs to its new value, so that an eye follows it. */
export function Count({ value, write = whole, id }: { value: number; write?: (number: number) => string; id?: string }) {
  const [shown, setShown] = useState(value);
  const from = useRef(value);
  useEffect(() => {
    const start = from.current;
    if (start === value) return;
    if (movesLess() || document.hidden) {
      from.current = value;
      setShown(value);
      return;
    }
    const began = performance.now();
    let turn = requestAnimationFrame(function step(now) {
      // The browser's time of a picture can be before that of the change.
      const part = Math.min(1, Math.max(0, now - began) / COUNT_MS);
      from.current = part === 1 ? value : start + (value - start) * (1 - (1 - part) ** 3);
      setShown(from.current);
      if (part < 1) turn = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(turn);
  }, [value]);
  return <span class="count" data-testid={id} data-value={value}>{write(shown)}</span>;
}

export function Coin() {
  return <span class="coin" aria-hidden="true">●</span>;
}

export function Coins({ value, id }: { value: number; id?: string }) {
  return (
    <span class="coins">
      <Coin />
      <Count value={value} {...(id === undefined ? {} : { id })} />
      <span class="unseen"> coins</span>
    </span>
  );
}

/** The first letter on a colour of one's own. */
export function Avatar({ name, size = 'middle' }: { name: string | null; size?: 'small' | 'middle' | 'large' }) {
  const shown = called(name);
  return (
    <span class={`avatar ${size}`} aria-hidden="true" style={{ '--hue': String(hue(shown)) }}>
      {name === null ? '?' : shown.slice(0, 1).toUpperCase()}
    </span>
  );
}

const LINKS: Record<Link, string> = {
  connecting: 'Connecting …',
  connected: 'Connected',
  waiting: 'Connection lost – coming back …',
};

export function useLink(endpoint: Endpoint): Link {
  const [link, setLink] = useState<Link>('connecting');
  useEffect(() => endpoint.onLink(setLink), [endpoint]);
  return link;
}

export function LinkState({ endpoint }: { endpoint: Endpoint }) {
  const link = useLink(endpoint);
  return (
    <p class={`link ${link}`} role="status" data-testid="link" data-link={link}>
      <span class="dot" aria-hidden="true" />
      {LINKS[link]}
    </p>
  );
}

export function Panel({ title, children, id, aside }: { title: string; children: ComponentChildren; id: string; aside?: ComponentChildren }) {
  return (
    <section class="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** A cross to look at, a word to hear. */
export function CloseButton({ does, onClick }: { does: string; onClick: () => void }) {
  return (
    <button type="button" class="quiet" onClick={onClick}>
      <span aria-hidden="true">✕</span>
      <span class="unseen">{does}</span>
    </button>
  );
}

export function Note({ kind, children, onClose }: { kind: 'bad' | 'good'; children: ComponentChildren; onClose: () => void }) {
  return (
    <div class={`note ${kind}`} role={kind === 'bad' ? 'alert' : 'status'} data-testid="note">
      <div>{children}</div>
      <CloseButton does="Dismiss" onClick={onClose} />
    </div>
  );
}
