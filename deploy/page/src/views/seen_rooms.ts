/** The rooms that this browser has seen: nobody lists all that are open. */

export interface SeenRoom {
  readonly id: string;
  readonly title: string;
  readonly host: string;
}

const KEY = 'largesse-rooms';
const SEEN_MAX = 12;

/** The latest first. */
export function seenRooms(): readonly SeenRoom[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '[]') as SeenRoom[];
  } catch {
    return [];
  }
}

export function remember(room: SeenRoom): void {
  const others = seenRooms().filter(({ id }) => id !== room.id);
  localStorage.setItem(KEY, JSON.stringify([room, ...others].slice(0, SEEN_MAX)));
}
