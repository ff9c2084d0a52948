import { WebSocket } from 'ws';

/** An idle link is asked for a sign of life this often, and given up when none came by the next time. Milliseconds. */
const HEARTBEAT_MS = 30_000;

export interface Heartbeat {
  /** Something passed. Slow is not gone: what is sent before a ping may take its time. */
  alive(): void;
  stop(): void;
}

/**
 * Gives up a link whose other side is gone: a network that went away (sleep, another Wi-Fi) says nothing, and the
 * client would wait for ever.
 */
export function startHeartbeat(link: WebSocket): Heartbeat {
  let alive = true;
  const timer = setInterval(() => {
    if (link.isPaused || link.readyState !== WebSocket.OPEN) return;
    if (!alive) return link.terminate();
    alive = false;
    link.ping();
  }, HEARTBEAT_MS);
  const mark = () => {
    alive = true;
  };
  link.on('pong', mark);
  return { alive: mark, stop: () => clearInterval(timer) };
}
