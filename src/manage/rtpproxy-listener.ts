// Where RTPProxy tells of calls without media (`rtpp_notify_socket`): a stream socket that it connects to.
import { lstatSync, unlinkSync } from "node:fs";
import { createServer, isIP, type Server, type Socket } from "node:net";
import { type Counter, DialoomError, ErrorCodes, type Log, type Statistics } from "../kit/index.ts";
import type { EventBus } from "./events.ts";
import { LONGEST_LINE, readNotice } from "./rtpproxy-lines.ts";

/** Why a call ended whose media stopped. */
export const RTPPROXY_TIMEOUT = "RTPProxy Timeout";
export const DTMF_EVENT = "E_RTPPROXY_DTMF";
/** Known; raised by whoever speaks to RTPProxy itself. */
export const RTPPROXY_STATUS_EVENT = "E_RTPPROXY_STATUS";

const MAX_CONNECTIONS = 64;

/** A TCP address or the path of a UNIX socket. */
export type NotifySocket = { readonly ip: string; readonly port: number } | { readonly path: string };

/** Reads `tcp:IP:PORT`, `unix:/path` or `/path`; undefined for anything else. */
export function parseNotifySocket(text: string): NotifySocket | undefined {
  const path = text.startsWith("unix:") ? text.slice(5) : text;
  if (path.startsWith("/")) return path.length > 1 && path.length < 108 && !path.includes("\0") ? { path } : undefined;
  if (!text.startsWith("tcp:")) return undefined;
  const colon = text.lastIndexOf(":");
  const digits = text.slice(colon + 1);
  const host = text.slice(4, colon);
  const ip = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  const port = Number(digits);
  if (digits === "" || isIP(ip) === 0 || !Number.isInteger(port) || port < 0 || port > 65_535) return undefined;
  return { ip, port };
}

/** Addresses in what names relays, `udp:ip:port` and the like, several with blanks between them; names are left out. */
export function relayIps(text: string): readonly string[] {
  return text.split(" ").flatMap((one) => {
    const colon = one.lastIndexOf(":");
    const host = one.slice(one.indexOf(":") + 1, colon);
    const ip = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
    return isIP(ip) === 0 ? [] : [ip];
  });
}

export interface RtpproxyListenerDeps {
  readonly socket: NotifySocket;
  /** Addresses of the configured relays: TCP from elsewhere is refused. */
  readonly peers: ReadonlySet<string>;
  readonly events: EventBus;
  readonly statistics: Statistics;
  readonly log: Log;
  /** Ends the call of a did. @returns false when there is none */
  end(did: string, reason: string): boolean;
}

/** The listener. */
export class RtpproxyListener {
  readonly #deps: RtpproxyListenerDeps;
  readonly #timeouts: Counter;
  readonly #refused: Counter;
  readonly #bad: Counter;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined = undefined;

  constructor(deps: RtpproxyListenerDeps) {
    this.#deps = deps;
    const { statistics, events } = deps;
    this.#timeouts = statistics.counter("rtpproxy", "media_timeouts");
    this.#refused = statistics.counter("rtpproxy", "refused_connections");
    this.#bad = statistics.counter("rtpproxy", "bad_notices");
    events.define(DTMF_EVENT);
    events.define(RTPPROXY_STATUS_EVENT);
  }

  /** The TCP port it listens on; undefined otherwise. */
  get port(): number | undefined {
    const address = this.#server?.address();
    return typeof address === "object" && address !== null ? address.port : undefined;
  }

  /**
   * Opens the socket. A UNIX socket that is left over is replaced.
   * @throws (rejects) DialoomError `DIALOOM_LISTEN_FAILED`
   */
  listen(): Promise<void> {
    const { socket: where, log } = this.#deps;
    const server = createServer((socket) => this.#connected(socket));
    server.maxConnections = MAX_CONNECTIONS;
    return new Promise((resolve, reject) => {
      server.once("error", (error) => {
        const name = "path" in where ? where.path : `tcp:${where.ip}:${where.port}`;
        reject(
          new DialoomError(ErrorCodes.ListenFailed, `rtpp_notify_socket ${name} cannot be opened: ${error.message}`, { cause: error }),
        );
      });
      const opened = (): void => {
        server.removeAllListeners("error");
        server.on("error", (error) => log.error({ err: error }, "the socket for RTPProxy failed"));
        this.#server = server;
        resolve();
      };
      if ("path" in where) {
        if (lstatSync(where.path, { throwIfNoEntry: false })?.isSocket() === true) unlinkSync(where.path);
        server.listen({ path: where.path }, opened);
      } else server.listen({ host: where.ip, port: where.port, exclusive: true }, opened);
    });
  }

  close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    return server === undefined ? Promise.resolve() : new Promise((resolve) => server.close(() => resolve()));
  }

  #connected(socket: Socket): void {
    const { socket: where, peers, log } = this.#deps;
    const ip = plainIp(socket.remoteAddress ?? "");
    socket.on("error", () => {}); // ends in "close"
    if (!("path" in where) && !peers.has(ip)) {
      this.#refused.add();
      log.warn({ ip }, "a stranger connected to the socket for RTPProxy");
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    let rest = "";
    socket.on("data", (chunk) => {
      rest = this.#read(rest + chunk.toString("latin1"));
      if (rest.length <= LONGEST_LINE) return;
      this.#bad.add();
      socket.destroy();
    });
  }

  /** Handles whole lines; after one that is none of RTPProxy's the rest of this read is not looked at. @returns what is not a line yet */
  #read(text: string): string {
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      if (end - from > LONGEST_LINE || !this.#notice(text.slice(from, end))) {
        this.#bad.add();
        return "";
      }
      from = end + 1;
    }
    return text.slice(from);
  }

  /** @returns false for a line that is malformed */
  #notice(line: string): boolean {
    const notice = readNotice(line);
    const { end, events, log } = this.#deps;
    switch (notice.kind) {
      case "timeout":
        this.#timeouts.add();
        if (!end(notice.did, RTPPROXY_TIMEOUT)) log.debug({ did: notice.did }, "no media in a call that is not known");
        return true;
      case "dtmf": {
        const { digit, duration, volume, id, isCallId, stream } = notice;
        events.raise(DTMF_EVENT, [
          ["digit", digit],
          ["duration", duration],
          ["volume", volume],
          ["id", id],
          ["is_callid", isCallId ? 1 : 0],
          ["stream", stream],
        ]);
        return true;
      }
      default:
        return notice.kind === "ignored";
    }
  }
}

function plainIp(ip: string): string {
  return ip.startsWith("::ffff:") ? ip.slice(7) : ip;
}
