/** Whether others are told who gave: nobody is named in rooms before they agree. */

import { useState } from 'preact/hooks';
import { SHOW_ME } from '../api/documents.ts';
import type { Endpoint } from '../api/endpoint.ts';

export function NameSwitch({ endpoint }: { endpoint: Endpoint }) {
  // The endpoint takes the decision and does not tell it again.
  const kept = `named:${endpoint.user}`;
  const [isNamed, setNamed] = useState(localStorage.getItem(kept) !== null);
  const decide = async (show: boolean): Promise<void> => {
    const { showMeOnBoards } = await endpoint.askPatiently<{ showMeOnBoards: { show: boolean } }>(SHOW_ME, { show });
    setNamed(showMeOnBoards.show);
    if (showMeOnBoards.show) localStorage.setItem(kept, 'yes');
    else localStorage.removeItem(kept);
  };
  return (
    <label class="name-switch">
      <input
        type="checkbox"
        checked={isNamed}
        data-named={isNamed}
        onChange={({ currentTarget }) => {
          // Where it could not be told, nothing has changed, and nothing looks as if it had.
          decide(currentTarget.checked).catch(() => {
            currentTarget.checked = isNamed;
          });
        }}
      />
      <span>Show my name</span>
    </label>
  );
}
