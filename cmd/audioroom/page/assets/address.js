// Addresses of this page that enter a room.

/**
 * The address that enters a room as somebody; who is null for whoever has a
 * token, named if the server doesn't know the name.
 * @param {string} roomId
 * @param {{id: number, name: string} | null} who
 * @param {boolean} [named]
 */
export function windowOf(roomId, who, named = false) {
  const query = new URLSearchParams({ room: roomId });
  if (who) query.set("as", String(who.id));
  if (who && named) query.set("name", who.name);
  return `${location.pathname}?${query}`;
}
