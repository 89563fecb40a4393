// Sockets for agents: datagrams in memory, and real ones.
import { createSocket } from "node:dgram";
import { bytesOf, latin1 } from "../../kit/index.ts";
import type { Network } from "../../transport/index.ts";
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
