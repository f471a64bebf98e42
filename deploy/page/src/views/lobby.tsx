/** The way in: a room that is open, a room by its id, or a room of one's own. */

import { useEffect, useState } from 'preact/hooks';
import { OPEN_ROOMS } from '../api/documents.ts';
import type { Endpoint } from '../api/endpoint.ts';
import type { OpenRoom, OpenRooms } from '../api/types.ts';
import { whole, wordsOf } from '../format.ts';
import { Avatar, Coin } from '../parts/small.tsx';

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

export function Lobby({ endpoint }: { endpoint: Endpoint }) {
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    document.title = 'Largesse live';
  }, [endpoint]);

  return (
    <main class="lobby">
      <h1>Live, and generous.</h1>
      <p class="lead">Every gift on every screen, once, in order. Pick who you are, then watch or go live.</p>
      <div class="doors">
        <form
          class="panel"
          onSubmit={(event) => {
            event.preventDefault();
            const given = new FormData(event.currentTarget).get('room');
            const id = UUID.exec(String(given))?.[0];
            if (id === undefined) setProblem('This is no room’s id: it looks like 019b76da-a800-7000-8000-0123456789ab.');
            else location.assign(`/room/${id}`);
          }}
        >
          <h2>Watch a room</h2>
          <label>
            Its id or address
            <input name="room" type="text" autocomplete="off" required placeholder="make run prints it" />
          </label>
          {problem !== null && <p class="note bad" role="alert">{problem}</p>}
          <button type="submit">Watch</button>
        </form>
        <form
          class="panel"
          onSubmit={(event) => {
            event.preventDefault();
            const host = String(new FormData(event.currentTarget).get('host'));
            location.assign(`/studio?as=${encodeURIComponent(host)}`);
          }}
        >
          <h2>Go live</h2>
          <label>
            As
            <input name="host" type="text" required pattern="[A-Za-z0-9._:@\-]{1,64}" defaultValue="nova" />
          </label>
          <button type="submit">To the studio</button>
        </form>
      </div>
      <LiveNow endpoint={endpoint} />
    </main>
  );
}

const ORDERS = [
  ['GIFTERS', 'Most generous'],
  ['NEWEST', 'Newest'],
] as const;

type Order = (typeof ORDERS)[number][0];

function LiveNow({ endpoint }: { endpoint: Endpoint }) {
  const [order, setOrder] = useState<Order>('GIFTERS');
  return (
    <section class="live-now" aria-labelledby="live-now">
      <header>
        <h2 id="live-now">Live now</h2>
        <div class="orders" role="group" aria-label="Which come first">
          {ORDERS.map(([each, words]) => (
            <button key={each} type="button" class="quiet small" aria-pressed={order === each} onClick={() => setOrder(each)}>{words}</button>
          ))}
        </div>
      </header>
      <Cards key={order} endpoint={endpoint} order={order} />
    </section>
  );
}

function Cards({ endpoint, order }: { endpoint: Endpoint; order: Order }) {
  const [rooms, setRooms] = useState<readonly OpenRoom[] | null>(null);
  const [after, setAfter] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const look = async (): Promise<void> => {
    try {
      const { openRooms } = await endpoint.askPatiently<{ openRooms: OpenRooms }>(OPEN_ROOMS, { orderBy: order, after });
      const before = rooms ?? [];
      // A room that has changed its place may come again.
      setRooms([...before, ...openRooms.nodes.filter(({ id }) => before.every((each) => each.id !== id))]);
      setAfter(openRooms.pageInfo.hasNextPage ? openRooms.pageInfo.endCursor : null);
      setProblem(null);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  useEffect(() => void look(), []);

  return (
    <>
      {problem !== null && <p class="note bad" role="alert">{problem}</p>}
      {rooms !== null && rooms.length === 0 && <p class="empty">Nobody is live. Be the first.</p>}
      <ul class="room-cards" data-testid="open-rooms" data-order={rooms === null ? '' : order}>
        {rooms?.map((room) => (
          <li key={room.id} data-room={room.id}>
            <a href={`/room/${room.id}`}>
              <span class="badge live">Live</span>
              <Avatar name={room.host.id} size="large" />
              <strong>{room.title}</strong>
              <span>{room.host.id}</span>
              <span class="coins"><Coin />{whole(room.summary.coins)}</span>
            </a>
          </li>
        ))}
      </ul>
      {after !== null && <button type="button" class="quiet" onClick={() => void look()} data-testid="more-rooms">More rooms</button>}
    </>
  );
}
