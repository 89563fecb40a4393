// JSON-RPC over UDP (MD-1): one request in each datagram, the reply to where it came from.
import { createSocket, type Socket } from "node:dgram";
import { isIP } from "node:net";
import { type Counter, DialoomError, ErrorCodes, type Log, type Outbox, type Statistics } from "../kit/index.ts";
import type { CallOptions, Commands } from "./commands.ts";
import { serverError } from "./errors.ts";
import { isObject, parseJson } from "./json.ts";
import { type Pieces, type RequestId, writeReply } from "./reply.ts";

export interface MiDatagramSettings {
  readonly ip: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface MiDatagramDeps {
  readonly commands: Commands;
  readonly settings: MiDatagramSettings;
  readonly outbox: Outbox;
  readonly statistics: Statistics;
  readonly log: Log;
}

/** What one datagram holds. */
const MAX_BYTES = 65_457;
const CALL: CallOptions = { limitMs: 30_000, isBatchAllowed: false, indent: 0, disabled: new Set() };

/**
 * Reads `udp:ip:port`.
 * @returns undefined for anything else; UNIX datagram sockets do not exist here
 */
export function parseMiDatagram(text: string): MiDatagramSettings | undefined {
  if (!text.toLowerCase().startsWith("udp:")) return undefined;
  const colon = text.lastIndexOf(":");
  const bracketed = text.slice(4, colon);
  const ip = bracketed.startsWith("[") && bracketed.endsWith("]") ? bracketed.slice(1, -1) : bracketed;
  const digits = text.slice(colon + 1);
  const port = Number(digits);
  if (digits === "" || isIP(ip) === 0 || !Number.isInteger(port) || port < 0 || port > 65_535) return undefined;
  return { ip, port };
}

/** The datagram listener of the management interface. */
export class MiDatagram {
  readonly #deps: MiDatagramDeps;
  readonly #requests: Counter;
  readonly #tooLong: Counter;
  #socket: Socket | undefined = undefined;

  constructor(deps: MiDatagramDeps) {
    this.#deps = deps;
    this.#requests = deps.statistics.counter("mi", "datagram_requests");
    this.#tooLong = deps.statistics.counter("mi", "datagram_replies_too_long");
  }

  /** Where it listens; undefined while it does not. */
  get address(): { readonly ip: string; readonly port: number } | undefined {
    if (this.#socket === undefined) return undefined;
    const { address, port } = this.#socket.address();
    return { ip: address, port };
  }

  /**
   * Opens the socket.
   * @throws (rejects) DialoomError `DIALOOM_LISTEN_FAILED`
   */
  listen(): Promise<void> {
    const { ip, port } = this.#deps.settings;
    const socket = createSocket(isIP(ip) === 6 ? "udp6" : "udp4");
    socket.on("message", (bytes, { address, port: from }) => this.#received(bytes, address, from));
    return new Promise((resolve, reject) => {
      socket.once("error", (error) => {
        socket.close();
        const text = `the management interface cannot listen on udp:${ip}:${port}: ${error.message}`;
        reject(new DialoomError(ErrorCodes.ListenFailed, text, { cause: error }));
      });
      socket.bind({ address: ip, port, exclusive: true }, () => {
        socket.removeAllListeners("error");
        socket.on("error", (error) => this.#deps.log.error({ err: error }, "management datagram socket failed"));
        this.#socket = socket;
        resolve();
      });
    });
  }

  close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return Promise.resolve();
    return new Promise((resolve) => socket.close(() => resolve()));
  }

  #received(bytes: Buffer, ip: string, port: number): void {
    this.#requests.add();
    const text = bytes.toString("utf8");
    const answer = this.#deps.commands.execute(text, { transport: "datagram", address: `${ip}:${port}` }, CALL);
    if (answer instanceof Promise) void answer.then((pieces) => this.#reply(pieces, text, ip, port));
    else this.#reply(answer, text, ip, port);
  }

  #reply(pieces: Pieces | undefined, request: string, ip: string, port: number): void {
    if (pieces === undefined) return;
    this.#deps.outbox.push({ leave: () => this.#send(pieces, request, ip, port) });
  }

  #send(pieces: Pieces, request: string, ip: string, port: number): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    let bytes = joined(pieces);
    if (bytes === undefined) {
      this.#tooLong.add();
      bytes = joined(writeReply(serverError("The reply is too long for a datagram"), idOf(request), 0));
    }
    if (bytes === undefined) return;
    socket.send(bytes, port, ip, (error) => {
      if (error !== null) this.#deps.log.debug({ ip, port, err: error }, "a management reply could not be sent");
    });
  }
}

/** All of a reply, as far as it fits: a listing of 100,000 calls is not walked to its end for nothing. */
function joined(pieces: Pieces): Buffer | undefined {
  const parts: Buffer[] = [];
  let length = 0;
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, "utf8");
    length += bytes.length;
    if (length > MAX_BYTES) return undefined;
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

function idOf(request: string): RequestId {
  const parsed = parseJson(request);
  const id = parsed.ok && isObject(parsed.value) ? parsed.value["id"] : undefined;
  return typeof id === "string" || typeof id === "number" ? id : null;
}
