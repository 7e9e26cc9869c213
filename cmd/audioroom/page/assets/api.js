// What the page asks the server beside the sockets.

/** @param {string} path */
async function get(path) {
  const answer = await fetch(path, { cache: "no-store" });
  return { status: answer.status, answer };
}

async function json(path) {
  const { status, answer } = await get(path);
  if (status !== 200) throw new Error((await answer.json().catch(() => null))?.error ?? `${path} answers ${status}`);
  return answer.json();
}

/**
 * @returns {Promise<{mints: boolean, people: {id: number, name: string, rank: import("./rights.js").Rank}[],
 *   seatGrace: number, inviteTTL: number}>}
 */
export const fetchConfig = () => json("/page/api/config");

export const fetchRooms = () => json("/page/api/rooms");

/** @param {string} id */
export const fetchRoom = (id) => json("/page/api/room?id=" + encodeURIComponent(id));

export const fetchReference = () => json("/page/client/asyncapi.json");

/** @returns {Promise<string>} */
export async function fetchMetrics() {
  const { status, answer } = await get("/metrics");
  if (status !== 200) throw new Error(`/metrics answers ${status}`);
  return answer.text();
}

/** @returns {Promise<{status: string, degraded?: Record<string, string>}>} */
export async function fetchHealth() {
  const { answer } = await get("/healthz"); // 503 says what is degraded
  return answer.json();
}

/**
 * @param {{id: number, name: string}} who
 * @returns {Promise<string>}
 */
export async function mintToken({ id, name }) {
  const answer = await fetch("/page/api/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user: id, name }),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said.token;
}

/**
 * Who a token is of, null if it is none. Nothing is checked: that is the
 * server's to do.
 * @param {string} token
 * @returns {{id: number, name: string} | null}
 */
export function bearerOf(token) {
  try {
    const claims = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(claims), (c) => c.charCodeAt(0));
    const { id, name } = JSON.parse(new TextDecoder().decode(bytes));
    return Number.isSafeInteger(id) && typeof name === "string" ? { id, name } : null;
  } catch {
    return null;
  }
}
