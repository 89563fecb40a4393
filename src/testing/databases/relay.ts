// A stretch of bad network between a client and a server: a TCP relay that delays, holds back and cuts.
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Ms } from "../../kit/index.ts";

/** What the relay does just now. */
interface Weather {
  delayMs: Ms;
  isHeld: boolean;
}

/** One direction of one connection: bytes leave in the order in which they came, none is lost, as TCP has it. */
class Direction {
  readonly #to: Socket;
  readonly #weather: Weather;
  readonly #queue: { readonly at: Ms; readonly bytes: Uint8Array | undefined }[] = [];
  #timer: NodeJS.Timeout | undefined = undefined;
  #isDropped = false;
  #isHeld = false;

  constructor(to: Socket, weather: Weather) {
    this.#to = to;
    this.#weather = weather;
  }

  /** @param bytes - undefined ends the connection, after everything before it */
  push(bytes: Uint8Array | undefined): void {
    if (this.#isDropped) return;
    this.#queue.push({ at: performance.now() + this.#weather.delayMs, bytes });
    this.run();
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.run();
  }

  run(): void {
    if (this.#timer !== undefined) return;
    for (;;) {
      const next = this.#queue[0];
      if (next === undefined || this.#isHeld || this.#weather.isHeld) return;
      const waitMs = next.at - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.run();
        }, waitMs);
        return;
      }
      this.#queue.shift();
      if (next.bytes === undefined) this.#to.destroy();
      else if (!this.#to.destroyed) this.#to.write(next.bytes);
    }
  }

  drop(): void {
    this.#isDropped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue.length = 0;
  }
}

/** From whom bytes come. */
export type RelayEnd = "client" | "server";

/**
 * Looks at bytes before they go on.
 * @returns how many of them still arrive before their connection breaks; undefined lets all of them pass
 */
export type RelayJudge = (bytes: Uint8Array, from: RelayEnd) => number | undefined;

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  readonly up: Direction;
  readonly down: Direction;
  /** The judge has broken it. */
  isBroken: boolean;
}

/** A relay on a port of its own of 127.0.0.1. */
export class Relay {
  readonly #server: Server;
  readonly #target: number;
  readonly #lines = new Set<Line>();
  readonly #weather: Weather = { delayMs: 0, isHeld: false };
  #isRefusing = false;
  #onClientBytes: ((bytes: Uint8Array) => void) | undefined = undefined;
  #judge: RelayJudge | undefined = undefined;
  /** How many connections have been made to it. */
  connections = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** Starts one in front of a port of 127.0.0.1. */
  static async start(target: number): Promise<Relay> {
    const relay = new Relay(target);
    await new Promise<void>((resolve, reject) => {
      relay.#server.once("error", reject);
      relay.#server.listen(0, "127.0.0.1", resolve);
    });
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** What arrives from now on waits: half of `roundTripMs` in each direction. */
  delay(roundTripMs: Ms): void {
    this.#weather.delayMs = roundTripMs / 2;
  }

  /** A black hole: connections stay and new ones are taken, nothing passes until it is let go again. */
  hold(isHeld: boolean): void {
    this.#weather.isHeld = isHeld;
    if (isHeld) return;
    for (const line of this.#lines) {
      line.up.run();
      line.down.run();
    }
  }

  /** The same for the connections that there are; new ones pass. What their ends have sent arrives when they are let go. */
  holdPresent(isHeld: boolean): void {
    for (const line of this.#lines) {
      line.up.hold(isHeld);
      line.down.hold(isHeld);
    }
  }

  /** Connections of which one end at least is still open. */
  get open(): number {
    return this.#lines.size;
  }

  /** New connections are reset at once. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  /** Told of bytes that come from clients, before they go on: a test cuts here when a transaction is under way. */
  onClientBytes(listener: ((bytes: Uint8Array) => void) | undefined): void {
    this.#onClientBytes = listener;
  }

  /** Asked about all bytes from now on: a test breaks a connection at the very byte that it means. */
  judge(judge: RelayJudge | undefined): void {
    this.#judge = judge;
  }

  /** Breaks every connection there is; what waits is lost. */
  cut(): void {
    for (const line of this.#lines) {
      line.up.drop();
      line.down.drop();
      line.client.resetAndDestroy();
      line.server.resetAndDestroy();
    }
    this.#lines.clear();
  }

  /** Ends it with all of its connections. */
  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(client: Socket): void {
    this.connections++;
    if (this.#isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.#target, "127.0.0.1");
    client.setNoDelay(true);
    server.setNoDelay(true);
    const line: Line = {
      client,
      server,
      up: new Direction(server, this.#weather),
      down: new Direction(client, this.#weather),
      isBroken: false,
    };
    this.#lines.add(line);
    // an error is followed by a close
    client.on("error", () => {});
    server.on("error", () => {});
    client.on("close", () => line.up.push(undefined));
    server.on("close", () => line.down.push(undefined));
    server.on("close", () => this.#forgetEnded(line));
    client.on("close", () => this.#forgetEnded(line));
    client.on("data", (bytes) => {
      this.#onClientBytes?.(bytes);
      if (!client.destroyed) this.#pass(line, "client", bytes);
    });
    server.on("data", (bytes) => this.#pass(line, "server", bytes));
  }

  #pass(line: Line, from: RelayEnd, bytes: Uint8Array): void {
    if (line.isBroken) return;
    const arriving = this.#judge?.(bytes, from);
    if (arriving !== undefined) breakAfter(line, from, bytes.subarray(0, arriving));
    else if (from === "client") line.up.push(bytes);
    else line.down.push(bytes);
  }

  #forgetEnded(line: Line): void {
    if (!line.client.destroyed || !line.server.destroyed) return;
    line.up.drop();
    line.down.drop();
    this.#lines.delete(line);
  }
}

/** Who was spoken to gets the last bytes and then the end of the connection, in that order; who spoke is told that it broke. */
function breakAfter(line: Line, from: RelayEnd, last: Uint8Array): void {
  const [speaker, listener] = from === "client" ? [line.client, line.server] : [line.server, line.client];
  line.isBroken = true;
  line.up.drop();
  line.down.drop();
  speaker.resetAndDestroy();
  listener.end(last);
}
