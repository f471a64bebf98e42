/** What can be given, for how much, and the button that gives it. */

import { useState } from 'preact/hooks';
import { EndpointError, type Endpoint } from '../api/endpoint.ts';
import { give, type Given } from '../api/giving.ts';
import type { Balance, Item } from '../api/types.ts';
import { whole } from '../format.ts';
import { picture } from '../items.ts';
import { CoinShop } from './coin_shop.tsx';
import { NameSwitch } from './name_switch.tsx';
import { Coin, Coins, Note } from './small.tsx';

const COUNTS = [1, 5, 10, 50, 99];
const PIECES_MAX = 1_000;

interface GiftPanelProps {
  readonly endpoint: Endpoint;
  readonly items: readonly Item[];
  readonly balance: Balance | null;
  readonly creatorId: string;
  readonly roomId: string;
}

type Trouble = Exclude<Given, { kind: 'sent' }>;

export function GiftPanel({ endpoint, items, balance, creatorId, roomId }: GiftPanelProps) {
  const [chosenId, choose] = useState<string | null>(null);
  const [count, setCount] = useState(1);
  const [message, setMessage] = useState('');
  const [underWay, setUnderWay] = useState(0);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [isShopOpen, openShop] = useState(false);
  const item = items.find(({ id }) => id === chosenId) ?? items[0];
  if (item === undefined) return <p class="empty">Loading the catalogue …</p>;

  const send = async (): Promise<void> => {
    setUnderWay((before) => before + 1);
    try {
      const given = await give(endpoint, { item, count, message: message.trim(), creatorId, roomId });
      setTrouble(given.kind === 'sent' ? null : given);
      if (given.kind === 'sent') setMessage('');
    } catch (error) {
      const { code, message: words } = error instanceof EndpointError ? error : { code: 'UNKNOWN', message: String(error) };
      setTrouble({ kind: 'refused', code, message: words });
    } finally {
      setUnderWay((before) => before - 1);
    }
  };
  const price = item.priceCoins * count;

  return (
    <form
      class="gift-panel"
      aria-label="Send a gift"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div class="purse">
        <span>Your balance</span>
        <strong>{balance === null ? '…' : <Coins value={balance.coins} id="balance" />}</strong>
        {balance !== null && balance.debtCoins > 0 && <small>{whole(balance.debtCoins)} owed</small>}
        <button type="button" class="quiet" onClick={() => openShop(true)}>Get coins</button>
      </div>
      {trouble !== null && (
        <Note kind="bad" onClose={() => setTrouble(null)}>
          {trouble.kind === 'short' ? (
            <>
              <p>
                Not enough coins: this costs {whole(trouble.neededCoins)}, and you have {whole(trouble.balanceCoins)}.
              </p>
              <button type="button" class="small" onClick={() => openShop(true)}>Get coins</button>
            </>
          ) : (
            <p>{inWords(trouble.code, trouble.message)}</p>
          )}
        </Note>
      )}
      <fieldset class="items">
        <legend class="unseen">Gift</legend>
        {items.map((each) => (
          <label key={each.id} class={`item tier-${each.tier}`} title={each.name}>
            <input
              type="radio"
              name="item"
              value={each.id}
              checked={each.id === item.id}
              onChange={() => {
                choose(each.id);
                setMessage((before) => before.slice(0, each.maxMessageLength));
              }}
            />
            <span class="item-picture" aria-hidden="true">{picture(each.id)}</span>
            <span class="item-name">{each.name}</span>
            <span class="item-price"><Coin />{whole(each.priceCoins)}<span class="unseen"> coins</span></span>
          </label>
        ))}
      </fieldset>
      <div class="order">
        <div class="counts" role="group" aria-label="Pieces">
          {COUNTS.map((each) => (
            <button key={each} type="button" aria-pressed={each === count} onClick={() => setCount(each)}>
              ×{each}
            </button>
          ))}
          <label>
            <span class="unseen">Pieces</span>
            <input
              type="number"
              min={1}
              max={PIECES_MAX}
              value={count}
              aria-label="Pieces"
              onInput={({ currentTarget }) => setCount(Math.min(PIECES_MAX, Math.max(1, Math.trunc(currentTarget.valueAsNumber) || 1)))}
            />
          </label>
        </div>
        {item.maxMessageLength > 0 && (
          <input
            class="message"
            type="text"
            placeholder={`Say something (${item.maxMessageLength})`}
            aria-label="Message"
            maxLength={item.maxMessageLength}
            value={message}
            onInput={({ currentTarget }) => setMessage(currentTarget.value)}
          />
        )}
        <NameSwitch endpoint={endpoint} />
        <button type="submit" class="send" data-testid="send">
          <span class="send-picture" aria-hidden="true">{picture(item.id)}</span>
          <span>Send {count > 1 ? `${whole(count)} × ` : ''}{item.name}</span>
          <span class="send-price"><Coin />{whole(price)}<span class="unseen"> coins</span></span>
          {underWay > 0 && <span class="under-way" aria-label={`${underWay} being sent`} />}
        </button>
      </div>
      {isShopOpen && (
        <CoinShop
          endpoint={endpoint}
          balance={balance}
          onClose={() => {
            openShop(false);
            setTrouble(null);
          }}
        />
      )}
    </form>
  );
}

/** Refusals in the words of this page; the endpoint's own for all others. */
function inWords(code: string, message: string): string {
  switch (code) {
    case 'insufficient_coins':
      return 'Not enough coins for this gift.';
    case 'room_not_open':
      return 'This room is over: nothing can be sent to it any more.';
    case 'self_gift':
      return 'This is your own room: gifts come from others.';
    case 'gifts_not_accepted':
      return 'The host takes no gifts right now.';
    default:
      return message;
  }
}
