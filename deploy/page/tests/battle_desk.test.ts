/** What was left to chance is checked as the schema says, on the host's own screen. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prove, type HostedBattle, type PowerUp } from '../src/room/battle_desk.ts';

const SEED = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const SEED_HASH = '630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd';
/** What the six gloves below roll, by `openssl dgst -sha256 -mac HMAC` of the formula's message. */
const ROLLED = [44, 34, 2, 15, 26, 79];

function glove(number: number, isHit: boolean): PowerUp {
  const id = `019b76da-a800-7000-8000-00000000000${' abcdef'[number]}`;
  const fromAt = '2026-11-28T12:00:00Z';
  return { id, kind: 'GLOVE', number, roomId: 'r', fromAt, untilAt: isHit ? '2026-11-28T12:00:30Z' : fromAt };
}

function battle(changes: Partial<HostedBattle> = {}): HostedBattle {
  const powerUps = ROLLED.map((rolled, at) => glove(at + 1, rolled < 30));
  return { id: '019b76da-a800-7000-8000-000000000008', status: 'ENDED', sides: [], seed: SEED, seedHash: SEED_HASH, powerUps, ...changes };
}

test('a revealed seed proves its hash and every roll', async () => {
  const proof = await prove(battle());
  assert.equal(proof?.isSealed, true);
  assert.equal(proof.isConsistent, true);
  assert.deepEqual(proof.gloves.map(({ rolled }) => rolled), ROLLED);
});

test('another seed than the sealed one is seen', async () => {
  assert.equal((await prove(battle({ seed: SEED.replace('00', '01') })))?.isSealed, false);
});

test('a glove that missed with less than one that hit is seen', async () => {
  const powerUps = battle().powerUps.map((each) => (each.number === 3 ? glove(3, false) : each));
  assert.equal((await prove(battle({ powerUps })))?.isConsistent, false);
});

test('as long as the battle runs there is nothing to prove', async () => {
  assert.equal(await prove(battle({ status: 'RUNNING', seed: null })), null);
});
