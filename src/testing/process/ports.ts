// Free ports of this machine. A port is only known to be free at the moment of asking; callers use it at once.
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
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

/**
 * Whether somebody has bound a port, without touching it.
 * @returns true as well where the system does not say (anything but Linux)
 */
export function isBound(transport: "udp" | "tcp", port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const tables = [`/proc/net/${transport}`, `/proc/net/${transport}6`].map(read);
  if (tables.every((table) => table === undefined)) return true;
  // "sl  local_address rem_address  st …"; 0A is a listening TCP socket
  return tables.some((table) =>
    table?.split("\n").some((line) => {
      const [, local = "", , state = ""] = line.trim().split(/\s+/);
      return `${local} `.endsWith(wanted) && (transport === "udp" || state === "0A");
    }),
  );
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
