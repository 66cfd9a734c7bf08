// The daemon's HTTP API, with the token a person gave (kept for this tab only).

const KEY = "biami-api-token";

export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const hasToken = () => Boolean(sessionStorage.getItem(KEY));
export const setToken = (token) => sessionStorage.setItem(KEY, token.trim());

async function request(method, path, body) {
  const headers = {};
  if (hasToken()) headers.Authorization = `Bearer ${sessionStorage.getItem(KEY)}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new ApiError(0, "unreachable", "The server cannot be reached.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const { code = "error", message = `The server answered ${response.status}.` } = answer.error ?? {};
    throw new ApiError(response.status, code, message);
  }
  return answer;
}

export const get = (path) => request("GET", path);
export const post = (path, body) => request("POST", path, body);

// A WebSocket cannot carry the token: a ticket, good once and for seconds, goes in its place.
export async function openSocket(path) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (hasToken()) url.searchParams.set("ticket", (await post("/api/voice/ticket")).ticket);
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  return socket;
}
