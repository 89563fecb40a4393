// JSON-RPC over HTTP (MH-1 to MH-5) and `GET /health` (DM-i).
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type Counter,
  DialoomError,
  ErrorCodes,
  type Log,
  type Ms,
  type Outbox,
  type Slices,
  type Statistics,
  Timer,
  type TimerOwner,
  type Timers,
} from "../kit/index.ts";
import type { CallOptions, Commands } from "./commands.ts";
import type { Peer } from "./definition.ts";
import { findRefusal, HEALTH_PATH, hasBody, pathOf, type Refusal, tooLarge } from "./http-request.ts";
import type { MiHttpSettings } from "./http-settings.ts";
import { ReplyStream } from "./http-stream.ts";

export interface MiHttpDeps {
  readonly commands: Commands;
  readonly settings: MiHttpSettings;
  readonly outbox: Outbox;
  readonly slices: Slices;
  readonly timers: Timers;
  readonly statistics: Statistics;
  readonly log: Log;
  /** What is wrong with the process now; empty when nothing is. */
  readonly ailments: () => readonly string[];
}

/** A request's head has to be there after this long, the whole request after twice that. */
const HEAD_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 65_000;

/** The HTTP listener of the management interface. */
export class MiHttp implements TimerOwner {
  readonly #deps: MiHttpDeps;
  readonly #options: CallOptions;
  readonly #requests: Counter;
  readonly #refused: Counter;
  readonly #grace: Timer;
  #server: Server | undefined = undefined;

  constructor(deps: MiHttpDeps) {
    this.#deps = deps;
    const { settings, statistics } = deps;
    this.#options = {
      limitMs: settings.limitMs,
      isBatchAllowed: settings.isBatchAllowed,
      indent: settings.isPretty ? 1 : 0,
      disabled: new Set(settings.disabledCommands),
    };
    this.#requests = statistics.counter("mi", "http_requests");
    this.#refused = statistics.counter("mi", "http_refused");
    this.#grace = new Timer(this, 0);
  }

  /** Where it listens; undefined while it does not. */
  get address(): { readonly ip: string; readonly port: number } | undefined {
    const address = this.#server?.address();
    return typeof address === "object" && address !== null ? { ip: address.address, port: address.port } : undefined;
  }

  /**
   * Opens the listener.
   * @throws DialoomError `DIALOOM_LISTEN_FAILED` with the setting to change
   */
  listen(): Promise<void> {
    const { ip, port, limitMs, maxConnections } = this.#deps.settings;
    const server = createServer({
      headersTimeout: HEAD_TIMEOUT_MS,
      requestTimeout: 2 * HEAD_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: HEAD_TIMEOUT_MS / 2,
      noDelay: true,
    });
    // a client that reads nothing, or a command that takes longer than it may
    server.timeout = limitMs + HEAD_TIMEOUT_MS;
    server.maxConnections = maxConnections;
    server.on("request", (request, response) => this.#serve(request, response, false));
    server.on("checkContinue", (request, response) => this.#serve(request, response, true));
    server.on("drop", () => this.#refused.add());
    server.on("clientError", (_error, socket) => {
      this.#refused.add();
      if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      else socket.destroy();
    });
    return new Promise((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => reject(listenFailed(error, ip, port)));
      server.listen({ host: ip, port, exclusive: true }, () => {
        server.removeAllListeners("error");
        server.on("error", (error) => this.#deps.log.error({ error }, "management listener failed"));
        this.#server = server;
        resolve();
      });
    });
  }

  /**
   * Stops listening. Replies under way may finish.
   * @param graceMs - for how long
   */
  close(graceMs: Ms): Promise<void> {
    const server = this.#server;
    if (server === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      server.close(() => {
        this.#deps.timers.disarm(this.#grace);
        this.#server = undefined;
        resolve();
      });
      server.closeIdleConnections();
      this.#deps.timers.arm(this.#grace, graceMs);
    });
  }

  /** The time for replies under way is over. */
  onTimer(): void {
    this.#server?.closeAllConnections();
  }

  #serve(request: IncomingMessage, response: ServerResponse, isWaitingForContinue: boolean): void {
    this.#requests.add();
    // an error on either side ends in "close", which is where it is dealt with
    request.on("error", () => {});
    response.on("error", () => {});
    const { method = "", url = "/", headers } = request;
    const refusal = findRefusal({ method, url, headers }, this.#deps.settings);
    if (refusal !== undefined) this.#refuse(request, response, refusal);
    else if (pathOf(url) === HEALTH_PATH) this.#health(request, response);
    else {
      if (isWaitingForContinue) response.writeContinue();
      this.#read(request, response);
    }
  }

  #read(request: IncomingMessage, response: ServerResponse): void {
    const { settings } = this.#deps;
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= settings.bodyLimit) chunks.push(chunk);
      // sent without a length; what still comes is thrown away
      else if (!response.headersSent) this.#refuse(request, response, tooLarge(settings));
    });
    request.on("end", () => {
      if (response.headersSent) return;
      const text = Buffer.concat(chunks).toString("utf8");
      if (text.trim() === "") this.#refuse(request, response, { status: 400, why: "the body is empty" });
      else this.#execute(text, request, response);
    });
  }

  #execute(text: string, request: IncomingMessage, response: ServerResponse): void {
    const { commands } = this.#deps;
    const peer: Peer = { transport: "http", address: `${request.socket.remoteAddress ?? "?"}:${request.socket.remotePort ?? 0}` };
    const answer = commands.execute(text, peer, this.#options);
    if (answer instanceof Promise) answer.then((pieces) => this.#answer(response, pieces));
    else this.#answer(response, answer);
  }

  #answer(response: ServerResponse, pieces: Iterable<string> | undefined): void {
    const { outbox, slices, log } = this.#deps;
    if (response.destroyed) return;
    if (pieces === undefined) {
      response.statusCode = 202;
      outbox.push({ leave: () => response.end() });
      return;
    }
    response.setHeader("Content-Type", "application/json");
    outbox.push(new ReplyStream(response, pieces, slices, log));
  }

  #health(request: IncomingMessage, response: ServerResponse): void {
    const reasons = this.#deps.ailments();
    const body = JSON.stringify(reasons.length === 0 ? { status: "ok" } : { status: "failing", reasons });
    response.writeHead(reasons.length === 0 ? 200 : 503, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(body),
      "Cache-Control": "no-store",
    });
    response.end(body);
    request.resume();
  }

  #refuse(request: IncomingMessage, response: ServerResponse, { status, why, headers = {} }: Refusal): void {
    this.#refused.add();
    const body = `${why}\n`;
    response.writeHead(status, {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Length": Buffer.byteLength(body),
      ...headers,
      // what is left of the body is not worth reading: the connection ends with the answer
      ...(hasBody(request.headers) && !request.complete ? { Connection: "close" } : {}),
    });
    response.end(body);
    request.resume();
  }
}

function listenFailed(error: NodeJS.ErrnoException, ip: string, port: number): DialoomError {
  const why =
    error.code === "EADDRINUSE"
      ? "another process listens there"
      : error.code === "EADDRNOTAVAIL"
        ? "this machine has no such address"
        : error.code === "EACCES"
          ? "this user may not use the port"
          : error.message;
  return new DialoomError(
    ErrorCodes.ListenFailed,
    `the management interface cannot listen on ${ip}:${port}: ${why}. Choose another address with --mi or DIALOOM_MI`,
    { cause: error },
  );
}
