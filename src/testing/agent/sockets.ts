// Sockets for agents: datagrams in memory, and real ones.
import { createSocket } from "node:dgram";
import { bytesOf, latin1 } from "../../kit/index.ts";
import type { Address, Network, StreamConnection, StreamHandler } from "../../transport/index.ts";
import type { AgentReceiver, AgentSocket, AgentTime, Peer } from "./ports.ts";

/** A datagram socket on any `Network`; port 0 asks for a free one. */
export async function datagramSocket(network: Network, at: Peer): Promise<AgentSocket> {
  let receiver: AgentReceiver = () => {};
  const socket = await network.bindDatagram(
    { ip: at.ip, port: at.port, receiveBuffer: 0 },
    { datagram: (text, ip, port) => receiver(text, { ip, port }), sendFailed: () => {}, failed: () => {} },
  );
  return {
    transport: "UDP",
    ip: socket.ip,
    port: socket.port,
    get receiver() {
      return receiver;
    },
    set receiver(next: AgentReceiver) {
      receiver = next;
    },
    send: (text, to) => socket.send(text, to.ip, to.port, undefined, 0),
    close: () => socket.close(),
  };
}

/** Ephemeral connections of an agent and what it hears on them, message by message. */
class StreamAgent implements AgentSocket {
  readonly transport = "TCP";
  readonly ip: string;
  readonly port: number;
  receiver: AgentReceiver = () => {};
  readonly #network: Network;
  readonly #connections = new Map<string, StreamConnection>();
  #closeServer: () => void = () => {};

  constructor(network: Network, at: Address) {
    this.#network = network;
    this.ip = at.ip;
    this.port = at.port;
  }

  async listen(): Promise<this> {
    const server = await this.#network.listenStream(
      { transport: "tcp", ip: this.ip, port: this.port, backlog: 10, keepalive: false },
      { accepted: (connection) => this.#handler(connection), failed: () => {} },
    );
    this.#closeServer = () => server.close();
    return this;
  }

  send(text: string, to: Peer): void {
    const known = this.#connections.get(`${to.ip} ${to.port}`);
    const connection = known ?? this.#connect(to);
    connection.write(text);
  }

  close(): void {
    this.#closeServer();
    for (const connection of this.#connections.values()) connection.destroy();
  }

  #connect(to: Peer): StreamConnection {
    const handler = new MessageReader();
    const target = {
      transport: "tcp",
      ip: to.ip,
      port: to.port,
      localIp: this.ip,
      host: undefined,
      timeoutMs: 3000,
      keepalive: false,
    } as const;
    const connection = this.#network.connectStream(target, handler);
    this.#own(connection, handler);
    return connection;
  }

  #handler(connection: StreamConnection): StreamHandler {
    const handler = new MessageReader();
    this.#own(connection, handler);
    return handler;
  }

  #own(connection: StreamConnection, handler: MessageReader): void {
    const peer = { ip: connection.remoteIp, port: connection.remotePort };
    const key = `${peer.ip} ${peer.port}`;
    this.#connections.set(key, connection);
    handler.onText = (text) => this.receiver(text, peer);
    handler.onClosed = () => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    };
  }
}

/** Cuts a stream into messages. Peers here always give a Content-Length; keep-alives between messages are skipped. */
class MessageReader implements StreamHandler {
  #rest = "";
  onText: (text: string) => void = () => {};
  onClosed: () => void = () => {};

  connected(): void {}
  drained(): void {}
  closed(): void {
    this.onClosed();
  }

  data(text: string): void {
    this.#rest += text;
    for (;;) {
      while (this.#rest.startsWith("\r\n")) this.#rest = this.#rest.slice(2);
      const head = this.#rest.indexOf("\r\n\r\n");
      if (head < 0) return;
      const at = this.#rest.indexOf("\r\nContent-Length: ");
      const length = at < 0 || at > head ? 0 : Number.parseInt(this.#rest.slice(at + 18, at + 28), 10);
      const end = head + 4 + length;
      if (this.#rest.length < end) return;
      const message = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end);
      this.onText(message);
    }
  }
}

/** A stream socket on any `Network`: listens, and connects where it has no connection yet. */
export function streamSocket(network: Network, at: Peer): Promise<AgentSocket> {
  return new StreamAgent(network, at).listen();
}

/**
 * A real UDP socket; port 0 asks for a free one.
 * @throws (rejects) the system's error when the address cannot be bound
 */
export function udpSocket(at: Peer): Promise<AgentSocket> {
  const socket = createSocket({ type: at.ip.includes(":") ? "udp6" : "udp4", recvBufferSize: 1 << 20 });
  let receiver: AgentReceiver = () => {};
  socket.on("message", (bytes, from) => receiver(latin1(bytes), { ip: from.address, port: from.port }));
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(at.port, at.ip, () => {
      socket.off("error", reject);
      // a send that fails is a lost datagram: the transaction repeats it
      socket.on("error", () => {});
      resolve({
        transport: "UDP",
        ip: at.ip,
        port: socket.address().port,
        get receiver() {
          return receiver;
        },
        set receiver(next: AgentReceiver) {
          receiver = next;
        },
        send: (text, to) => socket.send(bytesOf(text), to.port, to.ip),
        close: () => socket.close(),
      });
    });
  });
}

/** Time of the machine. What is scheduled does not keep the process alive: the sockets do, until they are closed. */
export const realTime: AgentTime = {
  monotonic: () => performance.now(),
  schedule: (afterMs, run) => {
    const handle = setTimeout(run, afterMs).unref();
    return () => clearTimeout(handle);
  },
};
