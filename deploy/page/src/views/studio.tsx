/** A creator's view: opens and closes the room, and sees earnings tick. */

import { useEffect, useState } from 'preact/hooks';
import { ACCEPT_GIFTS, CLOSE_ROOM, KEEP_ROOM_OPEN, OPEN_ROOM } from '../api/documents.ts';
import type { Endpoint } from '../api/endpoint.ts';
import { newId } from '../api/ids.ts';
import type { Earnings, Refused } from '../api/types.ts';
import { diamonds, money, wordsOf } from '../format.ts';
import { BattleDesk } from '../parts/battle_desk.tsx';
import { BattleBoard, Ending, GoalBar, TopGifters } from '../parts/room_parts.tsx';
import { Count, LinkState, Note, Panel } from '../parts/small.tsx';
import { Delivery, Stage } from '../parts/stage.tsx';
import { useRoom } from '../room/use_room.ts';
import { Missing } from './missing.tsx';
import { RoomHead } from './room.tsx';
import { useCatalogue, useEarnings } from './use_own.ts';

const ALIVE_EVERY_MS = 60_000;

export function Studio({ endpoint, roomId }: { endpoint: Endpoint; roomId: string | null }) {
  const [mine, setMine] = useState(roomId);
  useEffect(() => {
    document.title = `Studio of ${endpoint.user} · Largesse live`;
  }, [endpoint]);
  const goTo = (id: string | null): void => {
    history.pushState(null, '', id === null ? '/studio' : `/studio/${id}`);
    setMine(id);
  };
  return mine === null ? (
    <Doors endpoint={endpoint} onOpen={goTo} />
  ) : (
    <OnAir key={mine} endpoint={endpoint} roomId={mine} onNext={() => goTo(null)} />
  );
}

type Opened =
  | { readonly __typename: 'OpenRoomPayload'; readonly room: { readonly id: string } }
  | { readonly __typename: 'RoomAlreadyOpen'; readonly openRoomId: string }
  | ({ readonly __typename: 'Refusal' } & Refused);

function Doors({ endpoint, onOpen }: { endpoint: Endpoint; onOpen: (id: string) => void }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const earnings = useEarnings(endpoint);

  const open = async (title: string, goalCoins: number): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      const { acceptGifts } = await endpoint.askPatiently<{ acceptGifts: { __typename: string } & Refused }>(ACCEPT_GIFTS);
      if (acceptGifts.__typename !== 'AcceptGiftsPayload') return setProblem(acceptGifts.message);
      const { openRoom } = await endpoint.askPatiently<{ openRoom: Opened }>(OPEN_ROOM, {
        input: { roomId: newId(), title, ...(goalCoins > 0 ? { goal: { coins: goalCoins } } : {}) },
      });
      if (openRoom.__typename === 'OpenRoomPayload') onOpen(openRoom.room.id);
      // One is open already, from another tab perhaps: go on in it.
      else if (openRoom.__typename === 'RoomAlreadyOpen') onOpen(openRoom.openRoomId);
      else setProblem(openRoom.message);
    } catch (error) {
      setProblem(wordsOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="lobby studio-doors">
      <h1>Good evening, {endpoint.user}.</h1>
      <div class="doors">
        <form
          class="panel"
          aria-label="Go live"
          onSubmit={(event) => {
            event.preventDefault();
            const given = new FormData(event.currentTarget);
            void open(String(given.get('title')), Number(given.get('goal')));
          }}
        >
          <h2>Go live</h2>
          <label>
            Title
            <input name="title" type="text" required maxLength={100} defaultValue={`An evening with ${endpoint.user}`} />
          </label>
          <label>
            Goal in coins (0: none)
            <input name="goal" type="number" min={0} defaultValue="1000" />
          </label>
          {problem !== null && <p class="note bad" role="alert">{problem}</p>}
          <button type="submit" disabled={isBusy} data-testid="open-room">Go live</button>
        </form>
        <EarningsPanel earnings={earnings} />
      </div>
    </main>
  );
}

function OnAir({ endpoint, roomId, onNext }: { endpoint: Endpoint; roomId: string; onNext: () => void }) {
  const watched = useRoom(endpoint, roomId);
  const items = useCatalogue(endpoint);
  const earnings = useEarnings(endpoint);
  const [problem, setProblem] = useState<string | null>(null);
  const { about, room, phase } = watched;
  const host = about?.host.id ?? endpoint.user;
  useEffect(() => {
    if (phase !== 'live') return;
    const beat = setInterval(() => void endpoint.ask(KEEP_ROOM_OPEN, { roomId }).catch(() => undefined), ALIVE_EVERY_MS);
    return () => clearInterval(beat);
  }, [phase, endpoint, roomId]);
  if (phase === 'missing') return <Missing words="There is no such room." />;
  if (phase === 'failed') return <Missing words="The endpoint does not answer. Load the page again." />;

  const close = async (): Promise<void> => {
    try {
      const { closeRoom } = await endpoint.askPatiently<{ closeRoom: { __typename: string } & Refused }>(CLOSE_ROOM, { roomId });
      setProblem(closeRoom.__typename === 'CloseRoomPayload' ? null : closeRoom.message);
    } catch (error) {
      setProblem(wordsOf(error));
    }
  };
  const watchUrl = `${location.origin}/room/${roomId}`;

  return (
    <main class="room studio" data-testid="studio" data-phase={phase}>
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
        <EarningsPanel earnings={earnings} />
        <Panel title="Top gifters" id="top-gifters">
          <TopGifters gifters={room.topGifters} />
        </Panel>
        {phase === 'live' && <BattleDesk endpoint={endpoint} roomId={roomId} />}
        <div class="panel console">
          {problem !== null && <Note kind="bad" onClose={() => setProblem(null)}><p>{problem}</p></Note>}
          {phase === 'closed' ? (
            <button type="button" onClick={onNext}>Go live again</button>
          ) : (
            <>
              <label>
                Viewers come by
                <input type="text" readOnly value={watchUrl} data-testid="watch-url" onFocus={({ currentTarget }) => currentTarget.select()} />
              </label>
              <button type="button" class="danger" onClick={() => void close()} data-testid="close-room">End the room</button>
            </>
          )}
        </div>
        <footer class="rail-foot">
          <LinkState endpoint={endpoint} />
          {phase === 'live' && <Delivery watched={watched} />}
        </footer>
      </aside>
    </main>
  );
}

function EarningsPanel({ earnings }: { earnings: Earnings | null }) {
  return (
    <Panel title="Earnings" id="earnings">
      {earnings === null ? (
        <p class="empty">Loading …</p>
      ) : (
        <dl class="earnings">
          <div class="lifetime">
            <dt>Earned in all</dt>
            <dd><span aria-hidden="true">💎 </span><Count value={earnings.lifetime.microDiamonds} write={diamonds} id="earned" /></dd>
          </div>
          <div>
            <dt>Maturing</dt>
            <dd>
              <Count value={earnings.pending.microDiamonds} write={diamonds} id="pending" />
              {earnings.pending.worth !== undefined && <small>{money(earnings.pending.worth)}</small>}
            </dd>
          </div>
          <div>
            <dt>Available</dt>
            <dd>
              <Count value={earnings.available.microDiamonds} write={diamonds} id="available" />
              {earnings.available.worth !== undefined && <small>{money(earnings.available.worth)}</small>}
            </dd>
          </div>
        </dl>
      )}
    </Panel>
  );
}
