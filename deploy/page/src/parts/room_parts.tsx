/** What a room shows beside its stage: its goal, who gave most, its battle, and how it ended. */

import { useEffect, useState } from 'preact/hooks';
import type { RoomAnswer } from '../api/types.ts';
import { called, clock, whole } from '../format.ts';
import { picture } from '../items.ts';
import { share, type Battle, type BattleSide, type Gifter, type Goal, type Room } from '../room/frames.ts';
import { Avatar, Coins, Count } from './small.tsx';

export function GoalBar({ goal }: { goal: Goal }) {
  const isCoins = goal.targetCoins !== null;
  const reached = isCoins ? goal.reachedCoins : goal.reachedCount;
  const target = goal.targetCoins ?? goal.targetCount;
  const part = share(goal);
  const isReached = goal.reachedAt !== null;
  return (
    <div class={`goal ${isReached ? 'reached' : ''}`} data-testid="goal" data-reached={reached}>
      <div class="goal-words">
        <span class="goal-name">{isReached ? '🎉 Goal reached' : '🎯 Goal'}</span>
        <span>
          <Count value={reached} /> / {whole(target)} {isCoins ? 'coins' : picture(goal.targetItemId ?? '')}
        </span>
      </div>
      <div
        class="bar"
        role="progressbar"
        aria-label="Goal"
        aria-valuemin={0}
        aria-valuemax={target}
        aria-valuenow={Math.min(reached, target)}
      >
        <div class="fill" style={{ '--part': String(part) }} />
      </div>
    </div>
  );
}

const MEDALS = ['🥇', '🥈', '🥉'];

export function TopGifters({ gifters, me }: { gifters: readonly Gifter[]; me?: string }) {
  if (gifters.length === 0) return <p class="empty">Nobody yet. The first gift takes the crown.</p>;
  return (
    <ol class="gifters" data-testid="gifters">
      {gifters.map(({ rank, userId, userName, coins }) => (
        <li key={`${rank}-${userId}`} class={userId !== null && userId === me ? 'me' : ''}>
          <span class="rank">{MEDALS[rank - 1] ?? rank}</span>
          <Avatar name={userName ?? userId} size="small" />
          <span class="who">{called(userName ?? userId)}</span>
          <Coins value={coins} />
        </li>
      ))}
    </ol>
  );
}

const POWER_UPS = [
  ['multipliedUntil', '🥊 Glove'],
  ['hiddenUntil', '🌫️ Mist'],
  ['hammeringUntil', '🔨 Hammer'],
] as const;

export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Two sides, their points and the time that is left; after the end, the result for a while. */
export function BattleBoard({ battle, roomId }: { battle: Battle; roomId: string }) {
  const now = useNow(500);
  const mine = battle.sides.find((side) => side.roomId === roomId) ?? battle.sides[0];
  const theirs = battle.sides.find((side) => side !== mine);
  if (mine === undefined || theirs === undefined) return null;
  const sum = (mine.points ?? 0) + (theirs.points ?? 0);
  const part = sum === 0 || mine.points === null || theirs.points === null ? 0.5 : mine.points / sum;
  const active = battle.sides.flatMap((side) =>
    POWER_UPS.filter(([until]) => now < Date.parse(side[until] ?? '')).map(([, name]) => `${name} · ${side.creatorId}`),
  );
  return (
    <section class="battle" aria-label="Battle" data-testid="battle">
      <div class="battle-sides">
        <Side side={mine} battle={battle} />
        <span class="battle-clock">
          {battle.status === 'RUNNING' ? clock((Date.parse(battle.endsAt) - now) / 1_000) : 'Over'}
        </span>
        <Side side={theirs} battle={battle} />
      </div>
      <div class="tug" aria-hidden="true"><div style={{ '--part': String(part) }} /></div>
      {active.length > 0 && (
        <ul class="power-ups" aria-label="Power-ups">
          {active.map((words) => <li key={words}>{words}</li>)}
        </ul>
      )}
    </section>
  );
}

function Side({ side, battle }: { side: BattleSide; battle: Battle }) {
  const isWinner = battle.winnerRoomId !== null && side.roomId === battle.winnerRoomId;
  return (
    <span class={`side ${isWinner ? 'winner' : ''}`}>
      <span class="who">{isWinner ? '👑 ' : ''}{side.creatorId}</span>
      <strong>{side.points === null ? '🌫️' : <Count value={side.points} />}</strong>
      {side.points === null && <span class="unseen">hidden by a mist</span>}
      {side.hits > 0 && <small>{side.hits} hits, {side.combos} combos</small>}
    </span>
  );
}

const PODIUM = 3;

export function Ending({ room, about }: { room: Room; about: RoomAnswer | null }) {
  const best = room.topGifters.slice(0, PODIUM);
  return (
    <section class="ending" aria-labelledby="ending-title" data-testid="ending">
      <p class="badge over">Ended</p>
      <h2 id="ending-title">{about?.title ?? 'This room'} is over</h2>
      <dl class="figures">
        <div><dt>coins</dt><dd><Count value={room.totals.coins} id="ending-coins" /></dd></div>
        <div><dt>{room.totals.gifts === 1 ? 'gift' : 'gifts'}</dt><dd><Count value={room.totals.gifts} id="ending-gifts" /></dd></div>
        <div><dt>{room.totals.gifters === 1 ? 'gifter' : 'gifters'}</dt><dd><Count value={room.totals.gifters} id="ending-gifters" /></dd></div>
      </dl>
      {room.goal?.reachedAt != null && <p class="ending-goal">🎉 The goal was reached.</p>}
      {room.battle !== null && about !== null && <BattleBoard battle={room.battle} roomId={about.id} />}
      {best.length > 0 && (
        <ol class="podium">
          {best.map(({ rank, userId, userName, coins }) => (
            <li key={rank}>
              <span class="medal">{MEDALS[rank - 1]}</span>
              <Avatar name={userName ?? userId} />
              <span class="who">{called(userName ?? userId)}</span>
              <Coins value={coins} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
