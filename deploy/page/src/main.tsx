/** Finds out who looks at what, and shows it. */

import { render } from 'preact';
import { openEndpoint, type Endpoint } from './api/endpoint.ts';
import { currentUser, graphqlUrl } from './api/session.ts';
import { Avatar } from './parts/small.tsx';
import { Lobby } from './views/lobby.tsx';
import { Missing } from './views/missing.tsx';
import { RoomView } from './views/room.tsx';
import { Studio } from './views/studio.tsx';

function View({ endpoint }: { endpoint: Endpoint }) {
  const [, view, id] = location.pathname.split('/');
  if (view === 'room' && id) return <RoomView endpoint={endpoint} roomId={id} />;
  if (view === 'studio') return <Studio endpoint={endpoint} roomId={id || null} />;
  return <Lobby endpoint={endpoint} />;
}

function Page({ endpoint }: { endpoint: Endpoint }) {
  return (
    <>
      <nav class="top" aria-label="Page">
        <a class="brand" href="/"><img src="/favicon.svg" alt="" width="28" height="28" />Largesse <b>live</b></a>
        <form class="who-am-i" method="get" action={location.pathname}>
          <Avatar name={endpoint.user} size="small" />
          <label>
            <span class="unseen">You are</span>
            <input name="as" type="text" defaultValue={endpoint.user} required pattern="[A-Za-z0-9._:@\-]{1,64}" autocomplete="off" />
          </label>
          <button type="submit" class="quiet">Switch</button>
        </form>
      </nav>
      <View endpoint={endpoint} />
    </>
  );
}

async function start(): Promise<void> {
  const page = document.getElementById('page');
  if (page === null) return;
  const user = currentUser();
  try {
    render(<Page endpoint={openEndpoint(user, await graphqlUrl(user))} />, page);
  } catch (error) {
    console.error(error);
    render(<Missing words="The page’s server does not answer. Is the stack up?" />, page);
  }
}

void start();
