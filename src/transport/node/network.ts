// The machine's network behind the `Network` port.
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { DialoomError, ErrorCodes } from "../../kit/index.ts";
import { parseIpv4 } from "../../sip/index.ts";
import type {
  AcceptHandler,
  DatagramBinding,
  DatagramHandler,
  DatagramSocket,
  Network,
  NetworkInterface,
  StreamBinding,
  StreamConnection,
  StreamHandler,
  StreamServer,
  StreamTarget,
} from "../ports.ts";
import { bindDatagram } from "./datagram.ts";
import { connectStream, listenStream } from "./stream.ts";

/** UDP and TCP of this machine. */
export class NodeNetwork implements Network {
  bindDatagram(at: DatagramBinding, on: DatagramHandler): Promise<DatagramSocket> {
    return bindDatagram(at, on);
  }

  async listenStream(at: StreamBinding, on: AcceptHandler): Promise<StreamServer> {
    if (at.transport !== "tcp") {
      throw new DialoomError(ErrorCodes.BadArgument, `this version listens on udp and tcp, not yet on ${at.transport}`);
    }
    return await listenStream(at, on);
  }

  connectStream(to: StreamTarget, on: StreamHandler): StreamConnection {
    return connectStream(to, on);
  }

  interfaces(): readonly NetworkInterface[] {
    const found: NetworkInterface[] = [];
    for (const [name, addresses] of Object.entries(networkInterfaces())) {
      for (const { address, netmask, family } of addresses ?? []) {
        const broadcast = family === "IPv4" ? broadcastOf(address, netmask) : undefined;
        const one = { name, ip: address, family: family === "IPv4" ? (4 as const) : (6 as const) };
        found.push(broadcast === undefined ? one : { ...one, broadcast });
      }
    }
    return found;
  }

  async lookup(name: string): Promise<readonly string[]> {
    try {
      return (await lookup(name, { all: true })).map((one) => one.address);
    } catch {
      return []; // the caller says which setting names a host that does not exist
    }
  }

  routeTo(ip: string): string | undefined {
    const probe = createSocket({
      type: ip.includes(":") ? "udp6" : "udp4",
      lookup: (host, _options, done) => done(null, host, host.includes(":") ? 6 : 4),
    });
    // A UDP connect sends nothing; it makes the system choose a local address. With a lookup that answers at once it is done on return.
    probe.on("error", () => {});
    try {
      probe.bind(0);
      probe.connect(9, ip);
      const { address } = probe.address();
      return address === "0.0.0.0" || address === "::" ? undefined : address;
    } catch {
      return undefined;
    } finally {
      probe.close();
    }
  }
}

/** All bits below the mask set; none for hosts (/31 and /32), where it would be a neighbour or the host itself. */
function broadcastOf(ip: string, netmask: string): string | undefined {
  const host = ~parseIpv4(netmask) >>> 0;
  if (parseIpv4(netmask) < 0 || host < 3) return undefined;
  const bits = (parseIpv4(ip) | host) >>> 0;
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}
