// How we name ourselves in a copy: as the socket it leaves by says, or as the route wants it.

import { hostPort } from "../sip/index.ts";
import type { Listener } from "../transport/index.ts";
import type { RequestContext } from "./context.ts";

/** The names of a socket; a `Listener` is one. */
export interface ShownSocket {
  /** Host and port of a Via. */
  readonly sentBy: string;
  /** Host and port of a URI. */
  readonly uriHost: string;
}

/** Whether the route wants another name than the socket's. */
export function hasOwnName({ advertisedHost, advertisedPort }: RequestContext): boolean {
  return advertisedHost !== "" || advertisedPort !== 0;
}

/** The names that a copy shows for a socket. @returns the listener itself unless the route has set something else */
export function shownSocket(context: RequestContext, listener: Listener): ShownSocket {
  if (!hasOwnName(context)) return listener;
  const { advertisedHost, advertisedPort } = context;
  const host = advertisedHost === "" ? listener.advertisedHost : advertisedHost;
  const port = advertisedPort === 0 ? listener.advertisedPort : advertisedPort;
  const usual = listener.transport === "tls" || listener.transport === "wss" ? 5061 : 5060;
  return { sentBy: hostPort(host, port === usual ? 0 : port), uriHost: hostPort(host, port === 5060 ? 0 : port) };
}
