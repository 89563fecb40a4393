// Free ports of this machine. A port is only known to be free at the moment of asking; callers use it at once.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** A port of `ip` that both UDP and TCP can bind right now. */
export async function freePort(ip = "127.0.0.1"): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const port = await freeTcp(ip);
    if (await isFreeUdp(ip, port)) return port;
  }
  throw new Error(`no port of ${ip} is free for both UDP and TCP`);
}

/** Several different free ports. */
export async function freePorts(count: number, ip = "127.0.0.1"): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort(ip));
  return [...ports];
}

function freeTcp(ip: string): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, ip, () => {
      const at = server.address();
      server.close(() => resolve(typeof at === "object" && at !== null ? at.port : 0));
    });
  });
}

function isFreeUdp(ip: string, port: number): Promise<boolean> {
  const socket = createSocket(ip.includes(":") ? "udp6" : "udp4");
  return new Promise((resolve) => {
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, ip, () => socket.close(() => resolve(true)));
  });
}
