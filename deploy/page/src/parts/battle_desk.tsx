/** Where a host asks for battles, accepts them, and uses what helps in them. */

import { useEffect, useState } from 'preact/hooks';
import type { Endpoint } from '../api/endpoint.ts';
import type { OpenRoom } from '../api/types.ts';
import { clock, wordsOf } from '../format.ts';
import { accept, hasHit, lookAtDesk, lookForRivals, propose, prove, use, type Desk, type HostedBattle, type PowerUp, type PowerUpKind, type Proof } from '../room/battle_desk.ts';
import { useNow } from './room_parts.tsx';
import { Note, Panel } from './small.tsx';

const LOOK_EVERY_MS = 2_500;
const RIVALS_EVERY_MS = 20_000;

export function BattleDesk({ endpoint, roomId }: { endpoint: Endpoint; roomId: string }) {
  const [desk, setDesk] = useState<Desk | null>(null);
  const [looks, setLooks] = useState(0);
  const [said, setSaid] = useState<{ readonly kind: 'bad' | 'good'; readonly words: string } | null>(null);
  const [isBusy, setBusy] = useState(false);
  useAgain(() => lookAtDesk(endpoint, roomId), setDesk, LOOK_EVERY_MS, [endpoint, roomId, looks]);

  const act = async (work: () => Promise<string | null>): Promise<void> => {
    setBusy(true);
    try {
      const words = await work();
      setSaid(words === null ? null : { kind: 'good', words });
    } catch (error) {
      setSaid({ kind: 'bad', words: wordsOf(error) });
    } finally {
      setBusy(false);
      setLooks((before) => before + 1);
    }
  };
  if (desk === null) return null;
  const { battle } = desk;

  return (
    <Panel title="Battle" id="battle-desk">
      <div class="battle-desk" data-testid="battle-desk" data-battle={battle?.status ?? ''}>
        {said !== null && <Note kind={said.kind} onClose={() => setSaid(null)}><p>{said.words}</p></Note>}
        {battle?.status === 'RUNNING' ? (
          <PowerUps battle={battle} isBusy={isBusy} onUse={(kind) => void act(async () => outcome(await use(endpoint, roomId, battle, kind)))} />
        ) : (
          <>
            {battle !== null && <Reveal key={battle.id} battle={battle} />}
            <Invitations desk={desk} isBusy={isBusy} onAccept={(id) => void act(async () => {
              await accept(endpoint, roomId, id);
              return null;
            })} />
            <Challenge endpoint={endpoint} roomId={roomId} isBusy={isBusy} onPropose={(rivalId, host) => void act(async () => {
              const until = new Date(await propose(endpoint, roomId, rivalId));
              return `${host} is asked, and can accept until ${until.toLocaleTimeString('en')}.`;
            })} />
          </>
        )}
      </div>
    </Panel>
  );
}

/** Looks now and again and again; what cannot be had this time is looked for the next. */
function useAgain<Found>(look: () => Promise<Found>, tell: (found: Found) => void, everyMs: number, of: readonly unknown[]): void {
  useEffect(() => {
    let isOver = false;
    const once = (): void => {
      void look().then((found) => {
        if (!isOver) tell(found);
      }, () => undefined);
    };
    once();
    const timer = setInterval(once, everyMs);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, of);
}

function Invitations({ desk, isBusy, onAccept }: { desk: Desk; isBusy: boolean; onAccept: (battleId: string) => void }) {
  const now = useNow(1_000);
  const open = desk.invitations.filter(({ expiresAt }) => now < Date.parse(expiresAt));
  if (open.length === 0) return null;
  return (
    <ul class="invitations" aria-label="Invitations">
      {open.map(({ id, sides, expiresAt }) => (
        <li key={id} data-testid="invitation">
          <span><strong>{sides[0]?.host.id}</strong> wants a battle <small>{clock((Date.parse(expiresAt) - now) / 1_000)}</small></span>
          <button type="button" class="small" disabled={isBusy} onClick={() => onAccept(id)}>Accept</button>
        </li>
      ))}
    </ul>
  );
}

interface ChallengeProps {
  readonly endpoint: Endpoint;
  readonly roomId: string;
  readonly isBusy: boolean;
  readonly onPropose: (rivalRoomId: string, host: string) => void;
}

function Challenge({ endpoint, roomId, isBusy, onPropose }: ChallengeProps) {
  const [rivals, setRivals] = useState<readonly OpenRoom[] | null>(null);
  useAgain(() => lookForRivals(endpoint, roomId), setRivals, RIVALS_EVERY_MS, [endpoint, roomId]);
  if (rivals === null) return null;
  if (rivals.length === 0) return <p class="empty">Nobody else is live to battle with.</p>;
  return (
    <form
      class="challenge"
      aria-label="Propose a battle"
      onSubmit={(event) => {
        event.preventDefault();
        const chosen = String(new FormData(event.currentTarget).get('rival'));
        const rival = rivals.find(({ id }) => id === chosen);
        if (rival !== undefined) onPropose(rival.id, rival.host.id);
      }}
    >
      <label>
        Rival
        <select name="rival" required>
          {rivals.map(({ id, title, host }) => <option key={id} value={id}>{`${host.id} · ${title}`}</option>)}
        </select>
      </label>
      <button type="submit" class="small" disabled={isBusy} data-testid="propose">Propose a battle</button>
    </form>
  );
}

const KINDS: readonly (readonly [PowerUpKind, string])[] = [
  ['GLOVE', '🥊 Glove'],
  ['MIST', '🌫️ Mist'],
  ['TIME_MAKER', '⏱️ More time'],
  ['STUN_HAMMER', '🔨 Hammer'],
];

function PowerUps({ battle, isBusy, onUse }: { battle: HostedBattle; isBusy: boolean; onUse: (kind: PowerUpKind) => void }) {
  return (
    <>
      <div class="power-up-buttons" role="group" aria-label="Power-ups to use">
        {KINDS.map(([kind, words]) => (
          <button key={kind} type="button" class="quiet" disabled={isBusy} onClick={() => onUse(kind)} data-testid={`use-${kind}`}>{words}</button>
        ))}
      </div>
      <p class="sealed" data-testid="sealed" data-hash={battle.seedHash}>
        Chance is sealed: <code>{battle.seedHash.slice(0, 16)}…</code> is the hash of the seed, which is told with the result.
      </p>
    </>
  );
}

function outcome(used: PowerUp): string {
  switch (used.kind) {
    case 'GLOVE': return hasHit(used) ? 'The glove hits: your gifts count more.' : 'The glove missed.';
    case 'MIST': return 'A mist hides your points.';
    case 'TIME_MAKER': return `The battle is ${Math.round((Date.parse(used.untilAt) - Date.parse(used.fromAt)) / 1_000)} s longer.`;
    case 'STUN_HAMMER': return 'The hammer swings: dear gifts are combos.';
  }
}

/** The last battle's seed, checked on this screen. */
function Reveal({ battle }: { battle: HostedBattle }) {
  const [proof, setProof] = useState<Proof | null>(null);
  useEffect(() => {
    void prove(battle).then(setProof, () => undefined);
  }, [battle.id, battle.seed]);
  if (proof === null) return null;
  const isRight = proof.isSealed && proof.isConsistent;
  return (
    <details class="reveal" data-testid="reveal" data-right={String(isRight)}>
      <summary>{isRight ? '✓ The last battle’s chance is as it was sealed' : '✗ The last battle’s chance is not as it was sealed'}</summary>
      <p>Seed <code>{battle.seed}</code></p>
      {proof.gloves.length > 0 && (
        <ul>
          {proof.gloves.map(({ powerUp, rolled, hit }) => (
            <li key={powerUp.id}>Glove no. {powerUp.number} rolled {rolled} of 100: {hit ? 'hit' : 'missed'}</li>
          ))}
        </ul>
      )}
    </details>
  );
}
