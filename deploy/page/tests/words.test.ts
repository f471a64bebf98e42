/** Amounts as people read them, and ids as the endpoint wants them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../src/api/ids.ts';
import { called, clock, diamonds, money, wordsOf } from '../src/format.ts';

test('diamonds are rounded down: nobody reads of more than they have', () => {
  assert.equal(diamonds(1_999_999), '1.99');
  assert.equal(diamonds(1_234_567_890_000), '1,234,567.89');
});

test('money has the decimals of its currency', () => {
  assert.equal(money({ amountMinor: 1234, currency: 'USD' }), '$12.34');
  assert.equal(money({ amountMinor: 1234, currency: 'JPY' }), '¥1,234');
});

test('a clock counts whole seconds down to nothing', () => {
  assert.deepEqual([clock(187), clock(59.2), clock(-3)], ['3:07', '1:00', '0:00']);
});

test('who does not want to be shown is somebody', () => {
  assert.equal(called(null), 'Somebody');
});

test('an error is said in its own words, without its name', () => {
  assert.deepEqual([wordsOf(new TypeError('no way')), wordsOf('away')], ['no way', 'away']);
});

test('ids are UUIDs of version 7, and sort by time', () => {
  const ids = [1_000, 1_001, 1_767_225_600_000].map((nowMs) => newId(nowMs));
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(new Set(Array.from({ length: 1_000 }, () => newId(5))).size, 1_000);
});
