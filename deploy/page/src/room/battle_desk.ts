/** What a host does about battles: asks, accepts, uses power-ups, and checks what was left to chance. */

import { ACCEPT_BATTLE, BATTLE_DESK, OPEN_ROOMS, PROPOSE_BATTLE, USE_POWER_UP } from '../api/documents.ts';
import type { Endpoint } from '../api/endpoint.ts';
import { newId } from '../api/ids.ts';
import type { OpenRoom, OpenRooms, Refused } from '../api/types.ts';

export type PowerUpKind = 'GLOVE' | 'MIST' | 'TIME_MAKER' | 'STUN_HAMMER';

export interface PowerUp {
  readonly id: string;
  readonly kind: PowerUpKind;
  readonly number: number;
  readonly roomId: string;
  readonly fromAt: string;
  /** Of a glove that missed: `fromAt`. Of a time maker: the new end. */
  readonly untilAt: string;
}

interface Side {
  readonly host: { readonly id: string };
}

export interface HostedBattle {
  readonly id: string;
  readonly status: 'RUNNING' | 'ENDED';
  readonly sides: readonly Side[];
  /** SHA-256 of the seed, from the start on. */
  readonly seedHash: string;
  /** Null before the result. */
  readonly seed: string | null;
  readonly powerUps: readonly PowerUp[];
}

export interface Invitation {
  readonly id: string;
  readonly expiresAt: string;
  /** Of who proposed it, then of who was asked. */
  readonly sides: readonly Side[];
}

export interface Desk {
  /** The newest that began in the room. */
  readonly battle: HostedBattle | null;
  readonly invitations: readonly Invitation[];
}

/** @throws EndpointError as `Endpoint.askPatiently` */
export async function lookAtDesk(endpoint: Endpoint, roomId: string): Promise<Desk> {
  const { room } = await endpoint.askPatiently<{
    room: { battle: HostedBattle | null; battleInvitations: readonly Invitation[] } | null;
  }>(BATTLE_DESK, { id: roomId });
  return { battle: room?.battle ?? null, invitations: room?.battleInvitations ?? [] };
}

/** Rooms that can be asked: the most generous of those that are open. @throws EndpointError as above */
export async function lookForRivals(endpoint: Endpoint, roomId: string): Promise<readonly OpenRoom[]> {
  const { openRooms } = await endpoint.askPatiently<{ openRooms: OpenRooms }>(OPEN_ROOMS, { orderBy: 'GIFTERS' });
  return openRooms.nodes.filter(({ id }) => id !== roomId);
}

type Answer<Key extends string, Value> = { readonly [key in Key]: { readonly __typename: string } & Partial<Refused> & Value };

/** Until when it can be accepted. @throws Error in words where it is refused */
export async function propose(endpoint: Endpoint, roomId: string, rivalRoomId: string): Promise<string> {
  const { proposeBattle } = await endpoint.askPatiently<Answer<'proposeBattle', { battle?: { expiresAt: string } }>>(PROPOSE_BATTLE, {
    input: { battleId: newId(), roomId, rivalRoomId },
  });
  if (proposeBattle.battle === undefined) throw new Error(proposeBattle.message);
  return proposeBattle.battle.expiresAt;
}

/** @throws Error in words where it is refused */
export async function accept(endpoint: Endpoint, roomId: string, battleId: string): Promise<void> {
  const { acceptBattle } = await endpoint.askPatiently<Answer<'acceptBattle', object>>(ACCEPT_BATTLE, { input: { battleId, roomId } });
  if (acceptBattle.message !== undefined) throw new Error(acceptBattle.message);
}

/**
 * What came of it. Its id is made here, of a battle whose seed is sealed by then: no seed can have
 * been chosen by it.
 *
 * @throws Error in words where it is refused
 */
export async function use(endpoint: Endpoint, roomId: string, battle: HostedBattle, kind: PowerUpKind): Promise<PowerUp> {
  const powerUpId = newId();
  const { usePowerUp } = await endpoint.askPatiently<Answer<'usePowerUp', { battle?: Pick<HostedBattle, 'powerUps'> }>>(USE_POWER_UP, {
    input: { powerUpId, battleId: battle.id, roomId, kind },
  });
  const used = usePowerUp.battle?.powerUps.find(({ id }) => id === powerUpId);
  if (used === undefined) throw new Error(usePowerUp.message ?? 'The power-up was not used.');
  return used;
}

const GLOVE_SIDES = 100n;

/** What a revealed seed proves: that it is the sealed one, and what each glove rolled by it. */
export interface Proof {
  readonly isSealed: boolean;
  readonly gloves: readonly { readonly powerUp: PowerUp; readonly rolled: number; readonly hit: boolean }[];
  /** Each glove that hit rolled less than each that missed. */
  readonly isConsistent: boolean;
}

/** By the formula of the schema's `BattlePowerUp.number`; null before the seed is told. */
export async function prove({ id, seed, seedHash, powerUps }: HostedBattle): Promise<Proof | null> {
  if (seed === null) return null;
  const key = await crypto.subtle.importKey('raw', bytes(seed), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const gloves = await Promise.all(
    powerUps.filter(({ kind }) => kind === 'GLOVE').map(async (powerUp) => {
      const number = new Uint8Array(4);
      new DataView(number.buffer).setUint32(0, powerUp.number);
      const message = new Uint8Array([...bytes(id), ...number, ...bytes(powerUp.id)]);
      const digest = new DataView(await crypto.subtle.sign('HMAC', key, message));
      const rolled = Number((digest.getBigUint64(0) * GLOVE_SIDES) >> 64n);
      return { powerUp, rolled, hit: hasHit(powerUp) };
    }),
  );
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes(seed)));
  const rolls = (hit: boolean): number[] => gloves.filter((each) => each.hit === hit).map(({ rolled }) => rolled);
  return {
    isSealed: hex(digest) === seedHash,
    gloves,
    isConsistent: Math.max(...rolls(true), -1) < Math.min(...rolls(false), Number(GLOVE_SIDES)),
  };
}

/** Whether a glove multiplies anything. */
export function hasHit({ fromAt, untilAt }: PowerUp): boolean {
  return Date.parse(fromAt) < Date.parse(untilAt);
}

/** Of hexadecimal, or of a UUID. */
function bytes(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replaceAll('-', '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

function hex(found: Uint8Array): string {
  return Array.from(found, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
