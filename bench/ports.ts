// Free UDP ports on 127.0.0.1 for one run. Nothing in the bench ever listens elsewhere.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** Loopback, the only address of the bench. */
export const HOST = "127.0.0.1";

/**
 * Ports that were free a moment ago. Another program may take one meanwhile; the program that then cannot bind says so
 * and the run fails, which is rare enough on a machine that measures.
 */
export async function freePorts(count: number): Promise<number[]> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = createSocket("udp4");
    socket.bind(0, HOST);
    await once(socket, "listening");
    sockets.push(socket);
  }
  const ports = sockets.map((socket) => socket.address().port);
  await Promise.all(sockets.map((socket) => once(socket.close(), "close")));
  return ports;
}
