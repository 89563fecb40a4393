// Free ports of this machine. A port is only known to be free at the moment of asking; callers use it at once. They lie below those that
// the system gives to whoever does not care, and no port is given out twice by one process until all have been.
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const LOWEST = 16_384;
/** Linux and macOS hand out ports from 32768 and 49152 on. */
const COUNT = 16_384;
/** Programs that take one port may take those beside it too (SIPp does, for media). */
const STEP = 7;
/** Test files run at the same time in processes of their own: each begins somewhere else. */
let next = Math.floor(Math.random() * COUNT);

/** A port of `ip` that both UDP and TCP can bind right now. */
export async function freePort(ip = "127.0.0.1"): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = LOWEST + next;
    next = (next + STEP) % COUNT;
    if ((await isFreeTcp(ip, port)) && (await isFreeUdp(ip, port))) return port;
  }
  throw new Error(`no port of ${ip} is free for both UDP and TCP`);
}

/** Several different free ports. */
export async function freePorts(count: number, ip = "127.0.0.1"): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort(ip));
  return ports;
}

function isFreeTcp(ip: string, port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, ip, () => server.close(() => resolve(true)));
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
