// Stream connections as the management interface lists them.
import type { Ms } from "../kit/index.ts";
import type { ConnectionInfo } from "../manage/index.ts";
import { type Connection, socketName } from "../transport/index.ts";

/** @param now - the monotonic clock */
export function* connectionInfos(connections: Iterable<Connection>, now: Ms): Generator<ConnectionInfo, void, undefined> {
  for (const one of connections) {
    yield {
      id: one.id,
      type: one.transport.toUpperCase(),
      state: one.isUsable ? (one.isConnecting ? "CONNECTING" : "OK") : "CLOSING",
      remote: socketName(one.transport, one.remoteIp, one.remotePort),
      local: one.listener.name,
      lifetimeS: Math.max(0, Math.ceil((one.idleUntil - now) / 1000)),
      aliasPort: one.aliasPort === 0 ? undefined : one.aliasPort,
    };
  }
}
