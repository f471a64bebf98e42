/** Who looks at the page, and the token that says so to the endpoint. */

interface Session {
  readonly user: string;
  readonly token: string;
  /** Where the one public endpoint is. */
  readonly graphqlUrl: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** A new token is fetched this long before the old one expires. */
const RENEW_BEFORE_S = 60;
const USER_KEY = 'largesse-user';

/** Those for whom the evening of the local stack has bought coins. */
function someViewer(): string {
  return `viewer-${String(1 + Math.floor(Math.random() * 50)).padStart(2, '0')}`;
}

/** The user of this tab: the address says who, else the tab remembers, else anyone of the viewers. */
export function currentUser(): string {
  const asked = new URLSearchParams(location.search).get('as');
  const user = asked || sessionStorage.getItem(USER_KEY) || someViewer();
  sessionStorage.setItem(USER_KEY, user);
  return user;
}

const sessions = new Map<string, Promise<Session>>();

/**
 * What the endpoint wants in `authorization`. The local stack hands out tokens for the asking; a
 * real front end has its identity provider at this place.
 *
 * @throws Error when the page's server does not answer, or knows no such user
 */
export async function authorization(user: string): Promise<string> {
  return `Bearer ${(await session(user)).token}`;
}

/** @throws Error as `authorization` */
export async function graphqlUrl(user: string): Promise<string> {
  return (await session(user)).graphqlUrl;
}

async function session(user: string): Promise<Session> {
  const known = await sessions.get(user);
  if (known !== undefined && known.expiresAt - RENEW_BEFORE_S > Date.now() / 1_000) return known;
  const asked = ask(user);
  sessions.set(user, asked);
  asked.catch(() => sessions.delete(user));
  return asked;
}

async function ask(user: string): Promise<Session> {
  const response = await fetch(`/demo/session?user=${encodeURIComponent(user)}`);
  if (!response.ok) throw new Error(`No session for ${user}: ${await response.text()}`);
  return (await response.json()) as Session;
}
