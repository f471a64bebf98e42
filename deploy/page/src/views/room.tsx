/** A viewer's room. */

import { useEffect } from 'preact/hooks';
import type { Endpoint } from '../api/endpoint.ts';
import { GiftPanel } from '../parts/gift_panel.tsx';
import { BattleBoard, Ending, GoalBar, TopGifters } from '../parts/room_parts.tsx';
import { Avatar, Coins, Count, LinkState, Panel } from '../parts/small.tsx';
import { Delivery, Stage } from '../parts/stage.tsx';
import { useRoom, type Watched } from '../room/use_room.ts';
import { Missing } from './missing.tsx';
import { useBalance, useCatalogue } from './use_own.ts';

export function RoomView({ endpoint, roomId }: { endpoint: Endpoint; roomId: string }) {
  const watched = useRoom(endpoint, roomId);
  const balance = useBalance(endpoint);
  const items = useCatalogue(endpoint);
  const { about, room, phase } = watched;
  useEffect(() => {
    if (about !== null) document.title = `${about.title} · Largesse live`;
  }, [about?.title]);
  if (phase === 'missing') return <Missing words="There is no such room." />;
  if (phase === 'failed') return <Missing words="The endpoint does not answer. Load the page again." />;
  const host = about?.host.id ?? '';

  return (
    <main class="room" data-testid="room" data-phase={phase}>
      <Stage watched={watched} items={new Map(items.map((each) => [each.id, each]))} host={host}>
        <RoomHead watched={watched} host={host} />
        {phase === 'closed' ? (
          <Ending room={room} about={about} />
        ) : (
          <div class="over-stage">
            {room.battle !== null && <BattleBoard battle={room.battle} roomId={roomId} />}
            {room.goal !== null && <GoalBar goal={room.goal} />}
          </div>
        )}
      </Stage>
      <aside class="rail">
        <Panel title="Top gifters" id="top-gifters">
          <TopGifters gifters={room.topGifters} me={endpoint.user} />
        </Panel>
        {phase === 'closed' ? (
          <p class="panel closed-words">Nothing can be sent here any more. Thank you for coming!</p>
        ) : (
          <GiftPanel endpoint={endpoint} items={items} balance={balance} creatorId={host} roomId={roomId} />
        )}
        <footer class="rail-foot">
          <LinkState endpoint={endpoint} />
          {phase === 'live' && <Delivery watched={watched} />}
        </footer>
      </aside>
    </main>
  );
}

/** Who is live, under which title, and what was given so far. */
export function RoomHead({ watched, host }: { watched: Watched; host: string }) {
  const { about, room, phase } = watched;
  return (
    <header class="room-head">
      <Avatar name={host === '' ? null : host} />
      <div class="room-words">
        <h1 data-testid="title">{about?.title ?? 'Loading …'}</h1>
        <p>{host}</p>
      </div>
      {phase === 'closed' ? <span class="badge over">Ended</span> : <span class="badge live">Live</span>}
      <dl class="totals">
        <div><dt class="unseen">Given</dt><dd><Coins value={room.totals.coins} id="total-coins" /></dd></div>
        <div><dt>{room.totals.gifts === 1 ? 'gift' : 'gifts'}</dt><dd><Count value={room.totals.gifts} id="total-gifts" /></dd></div>
        <div><dt>{room.totals.gifters === 1 ? 'gifter' : 'gifters'}</dt><dd><Count value={room.totals.gifters} id="total-gifters" /></dd></div>
      </dl>
    </header>
  );
}
