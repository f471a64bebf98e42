/** How amounts, names and errors are written for people. */

import type { Money } from './api/types.ts';

const WHOLE = new Intl.NumberFormat('en');
const DIAMONDS = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const MICRO = 1_000_000;

export function whole(number: number): string {
  return WHOLE.format(Math.round(number));
}

/** Rounded down: nobody reads of more than they have. */
export function diamonds(microDiamonds: number): string {
  return DIAMONDS.format(Math.floor(microDiamonds / (MICRO / 100)) / 100);
}

/** In the currency's own unit, whatever its number of decimals. */
export function money({ amountMinor, currency }: Money): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amountMinor / 10 ** decimals);
}

/** 3:07 */
export function clock(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
}

/** A colour of one's own, the same on every screen. */
export function hue(name: string): number {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return sum;
}

/** Who does not want to be shown is somebody. */
export function called(name: string | null): string {
  return name ?? 'Somebody';
}

/** What went wrong, as it is said to people. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
