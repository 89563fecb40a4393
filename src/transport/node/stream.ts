// TCP over node:net.
import { connect, createServer, type Server, type Socket } from "node:net";
import { latin1 } from "../../kit/index.ts";
import type { AcceptHandler, StreamBinding, StreamConnection, StreamHandler, StreamServer, StreamTarget } from "../ports.ts";
import { errorCode } from "./datagram.ts";

class NodeStream implements StreamConnection {
  readonly localIp: string;
  readonly localPort: number;
  readonly remoteIp: string;
  readonly remotePort: number;
  readonly #socket: Socket;
  #handler: StreamHandler | undefined = undefined;
  #written = 0;
  #flushed = 0;
  // Lengths of the writes under way, oldest first: Node reports them in order.
  #lengths: number[] = [];
  #reported = 0;
  #code: string | undefined = undefined;
  readonly #wrote = (error?: Error | null): void => {
    if (error === undefined || error === null) this.#flushed += this.#lengths[this.#reported] ?? 0;
    this.#reported++;
    if (this.#reported === this.#lengths.length) {
      this.#lengths = [];
      this.#reported = 0;
    }
  };

  constructor(socket: Socket, target: { readonly localIp: string; readonly ip: string; readonly port: number } | undefined) {
    this.#socket = socket;
    this.localIp = target?.localIp ?? socket.localAddress ?? "";
    this.localPort = socket.localPort ?? 0;
    this.remoteIp = target?.ip ?? socket.remoteAddress ?? "";
    this.remotePort = target?.port ?? socket.remotePort ?? 0;
  }

  /** Connects the stream with its owner. */
  serve(handler: StreamHandler): void {
    this.#handler = handler;
    const socket = this.#socket;
    socket.on("data", (bytes: Buffer) => handler.data(latin1(bytes)));
    socket.on("drain", () => handler.drained());
    socket.on("error", (error) => {
      this.#code ??= errorCode(error);
    });
    socket.on("close", () => this.#handler?.closed(this.#code));
  }

  get unsentBytes(): number {
    return this.#written - this.#flushed;
  }

  write(text: string): boolean {
    this.#written += text.length;
    this.#lengths.push(text.length);
    return this.#socket.write(text, "latin1", this.#wrote);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}

/** Opens a connection from a given local address. */
export function connectStream(to: StreamTarget, on: StreamHandler): StreamConnection {
  const socket = connect({ host: to.ip, port: to.port, localAddress: to.localIp, noDelay: true, keepAlive: to.keepalive });
  const stream = new NodeStream(socket, to);
  stream.serve(on);
  socket.once("connect", () => on.connected());
  // The system's own patience with a silent peer is minutes.
  const patience = setTimeout(() => socket.destroy(Object.assign(new Error("connect timeout"), { code: "ETIMEDOUT" })), to.timeoutMs);
  const calm = (): void => clearTimeout(patience);
  socket.once("connect", calm);
  socket.once("close", calm);
  return stream;
}

class NodeServer implements StreamServer {
  readonly ip: string;
  readonly port: number;
  readonly #server: Server;

  constructor(server: Server, at: StreamBinding) {
    const address = server.address();
    this.ip = at.ip;
    this.port = typeof address === "object" && address !== null ? address.port : at.port;
    this.#server = server;
  }

  close(): void {
    this.#server.close();
  }
}

/** Listens for connections. The address must be one of this machine; port 0 lets the system choose. */
export function listenStream(at: StreamBinding, on: AcceptHandler): Promise<StreamServer> {
  const server = createServer({ noDelay: true, keepAlive: at.keepalive }, (socket) => {
    const stream = new NodeStream(socket, undefined);
    const handler = on.accepted(stream);
    if (handler !== undefined) {
      stream.serve(handler);
      return;
    }
    socket.on("error", () => {}); // a refused peer may still send into the closed door
    socket.destroy();
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: at.ip, port: at.port, backlog: at.backlog, ipv6Only: at.ip.includes(":"), exclusive: true }, () => {
      server.off("error", reject);
      server.on("error", (error) => on.failed(errorCode(error)));
      resolve(new NodeServer(server, at));
    });
  });
}
