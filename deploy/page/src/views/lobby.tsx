/** The way in: rooms seen before, a room by its id, or a room of one's own. */

import { useEffect, useState } from 'preact/hooks';
import type { Endpoint } from '../api/endpoint.ts';
import { lookUpRoom } from '../api/live.ts';
import type { RoomAnswer } from '../api/types.ts';
import { whole } from '../format.ts';
import { Avatar, Coin } from '../parts/small.tsx';
import { seenRooms } from './seen_rooms.ts';

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

export function Lobby({ endpoint }: { endpoint: Endpoint }) {
  const [rooms, setRooms] = useState<readonly RoomAnswer[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    document.title = 'Largesse live';
    void Promise.all(seenRooms().map(({ id }) => lookUpRoom(endpoint, id).catch(() => null))).then((found) =>
      setRooms(found.filter((room) => room !== null).sort((one, other) => Number(other.status === 'OPEN') - Number(one.status === 'OPEN'))),
    );
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
      <h2>Seen in this browser</h2>
      {rooms !== null && rooms.length === 0 && <p class="empty">None yet.</p>}
      <ul class="room-cards">
        {rooms?.map((room) => (
          <li key={room.id}>
            <a href={`/room/${room.id}`}>
              <span class={`badge ${room.status === 'OPEN' ? 'live' : 'over'}`}>{room.status === 'OPEN' ? 'Live' : 'Ended'}</span>
              <Avatar name={room.host.id} size="large" />
              <strong>{room.title}</strong>
              <span>{room.host.id}</span>
              <span class="coins"><Coin />{whole(room.summary.coins)}</span>
            </a>
          </li>
        ))}
      </ul>
    </main>
  );
}
