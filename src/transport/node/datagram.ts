// UDP over node:dgram. One `send` costs about 2.5 µs of CPU on loopback, nearly all of it in the kernel; what is left to
// choose here: a lookup that answers at once (the default one puts every datagram off to a later tick), and no closure.
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { bytesOf, latin1 } from "../../kit/index.ts";
import type { DatagramBinding, DatagramFailure, DatagramHandler, DatagramSocket } from "../ports.ts";

type LookupDone = (error: Error | null, address: string, family: number) => void;

// Only IP addresses ever come here.
function lookupNothing(host: string, _options: unknown, done: LookupDone): void {
  done(null, host, host.includes(":") ? 6 : 4);
}

class NodeDatagramSocket implements DatagramSocket {
  readonly ip: string;
  readonly port: number;
  readonly receiveBuffer: number;
  readonly #socket: Socket;
  readonly #on: DatagramHandler;
  // Node reports each send in order; so the observers wait in a queue, and one function serves them all.
  #observers: (DatagramFailure | undefined)[] = [];
  #reported = 0;
  #ttl = 1;
  #isClosed = false;
  readonly #sent = (error: Error | null): void => {
    const observer = this.#observers[this.#reported];
    this.#observers[this.#reported++] = undefined;
    if (this.#reported === this.#observers.length) {
      this.#observers = [];
      this.#reported = 0;
    }
    if (error === null) return;
    const code = errorCode(error);
    const { address, port } = error as { address?: string; port?: number };
    this.#on.sendFailed(code, address ?? "", port ?? 0);
    observer?.sendFailed(code);
  };

  constructor(socket: Socket, on: DatagramHandler) {
    const { address, port } = socket.address();
    this.ip = address;
    this.port = port;
    this.receiveBuffer = socket.getRecvBufferSize();
    this.#socket = socket;
    this.#on = on;
    socket.on("error", (error) => on.failed(errorCode(error)));
    socket.on("message", (bytes: Buffer, from: RemoteInfo) => on.datagram(latin1(bytes), from.address, from.port));
  }

  get queuedBytes(): number {
    return this.#isClosed ? 0 : this.#socket.getSendQueueSize();
  }

  send(text: string, ip: string, port: number, failed: DatagramFailure | undefined, ttl: number): void {
    if (this.#isClosed) {
      failed?.sendFailed("closed");
      return;
    }
    if (ttl > 0 && ttl !== this.#ttl) {
      this.#socket.setMulticastTTL(ttl);
      this.#ttl = ttl;
    }
    this.#observers.push(failed);
    this.#socket.send(bytesOf(text), port, ip, this.#sent);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}

/** Binds a UDP socket. The address must be one of this machine; port 0 lets the system choose. */
export function bindDatagram(at: DatagramBinding, on: DatagramHandler): Promise<DatagramSocket> {
  const isIpv6 = at.ip.includes(":");
  const socket = createSocket({ type: isIpv6 ? "udp6" : "udp4", ipv6Only: isIpv6, lookup: lookupNothing });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: at.ip, port: at.port, exclusive: true }, () => {
      socket.off("error", reject);
      askForBuffer(socket, at.receiveBuffer);
      resolve(new NodeDatagramSocket(socket, on));
    });
  });
}

/** What the system does not grant it cuts down or refuses; either shows in what it says it gave. */
function askForBuffer(socket: Socket, bytes: number): void {
  if (bytes <= 0) return;
  try {
    socket.setRecvBufferSize(bytes);
  } catch {
    // The socket works with the buffer it has; the layer above compares and warns.
  }
}

/** The system's code of an error, `EUNKNOWN` when it has none. */
export function errorCode(error: unknown): string {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") return error.code;
  return "EUNKNOWN";
}
