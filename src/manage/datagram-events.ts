// Events as datagrams: subscribers of the form `udp:host:port` (EV-6).
import { createSocket, type Socket } from "node:dgram";
import { isIP } from "node:net";
import type { Log } from "../kit/index.ts";
import type { EventSink, EventTransport } from "./events.ts";

/** What one datagram holds. */
const MAX_BYTES = 65_457;

/** Sends events from one socket for each address family, opened when first needed. */
export class DatagramEvents implements EventTransport {
  readonly scheme = "udp";
  readonly #log: Log;
  readonly #sockets = new Map<4 | 6, Socket>();
  #isClosed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  open(rest: string): EventSink | undefined {
    const colon = rest.lastIndexOf(":");
    const bracketed = colon < 0 ? "" : rest.slice(0, colon);
    const host = bracketed.startsWith("[") && bracketed.endsWith("]") ? bracketed.slice(1, -1) : bracketed;
    const port = Number(rest.slice(colon + 1));
    if (host === "" || !Number.isInteger(port) || port < 1 || port > 65_535 || host.includes(" ")) return undefined;
    // a name is looked up by the system at each send; it is taken for IPv4
    const family = isIP(host) === 6 ? 6 : 4;
    return { send: (payload) => this.#send(payload, host, port, family) };
  }

  /** Sends nothing more. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #send(payload: string, host: string, port: number, family: 4 | 6): boolean {
    if (this.#isClosed) return false;
    const bytes = Buffer.from(payload, "utf8");
    if (bytes.length > MAX_BYTES) {
      this.#log.warn({ bytes: bytes.length, host, port }, "an event is too long for a datagram");
      return false;
    }
    this.#socket(family).send(bytes, port, host, (error) => {
      if (error !== null) this.#log.debug({ host, port, err: error }, "an event could not be sent");
    });
    return true;
  }

  #socket(family: 4 | 6): Socket {
    let socket = this.#sockets.get(family);
    if (socket === undefined) {
      socket = createSocket(family === 4 ? "udp4" : "udp6");
      // what a subscriber that is gone makes the system say concerns nobody here
      socket.on("error", (error) => this.#log.warn({ err: error }, "the socket for events failed"));
      socket.unref();
      this.#sockets.set(family, socket);
    }
    return socket;
  }
}
