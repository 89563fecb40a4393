// A stub resolver over UDP, and TCP for what does not fit: node:dns gives no time to live for SRV and NAPTR.
import { randomInt } from "node:crypto";
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect, type Socket as StreamSocket } from "node:net";
import { type DecodedPacket, decode as decodePacket, encode, RECURSION_DESIRED } from "dns-packet";
import type { Address, DnsAnswer, DnsClient, DnsType } from "../ports.ts";
import { errorCode } from "./datagram.ts";
import { answers, readAnswer } from "./dns-answer.ts";
import { parseResolvConf } from "./resolv-conf.ts";

/** Whom to ask and how long to wait. */
export interface NodeDnsOptions {
  readonly servers: readonly Address[];
  /** For one try at one server (`dns_retr_time`). */
  readonly timeoutMs?: number;
  /** How often every server is asked (`dns_retr_no`). */
  readonly attempts?: number;
}

/** What a datagram may hold with EDNS; larger answers come by TCP. */
const UDP_PAYLOAD = 1232;
const TCP_MAX = 65_535;

/** Asks name servers. Each try has a socket of its own, so that an answer must guess port and id (S-19). */
export class NodeDnsClient implements DnsClient {
  readonly #options: Required<NodeDnsOptions>;
  readonly #pending = new Set<Lookup>();
  #isClosed = false;

  constructor(options: NodeDnsOptions) {
    this.#options = { timeoutMs: 2000, attempts: 2, ...options };
  }

  query(name: string, type: DnsType, done: (answer: DnsAnswer) => void): void {
    if (this.#isClosed) done({ kind: "failed", why: "closed" });
    else if (!isName(name)) done({ kind: "nothing" });
    else {
      const lookup: Lookup = new Lookup(this.#options, name, type, (answer) => {
        this.#pending.delete(lookup);
        done(answer);
      });
      this.#pending.add(lookup);
      lookup.ask();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const lookup of this.#pending) lookup.settle({ kind: "failed", why: "closed" });
  }
}

/** One question until its answer. */
class Lookup {
  readonly #options: Required<NodeDnsOptions>;
  readonly #name: string;
  readonly #type: DnsType;
  readonly #done: (answer: DnsAnswer) => void;
  #try = 0;
  #id = 0;
  #why = "no name server";
  #datagram: DatagramSocket | undefined = undefined;
  #stream: StreamSocket | undefined = undefined;
  #patience: NodeJS.Timeout | undefined = undefined;
  #isSettled = false;

  constructor(options: Required<NodeDnsOptions>, name: string, type: DnsType, done: (answer: DnsAnswer) => void) {
    this.#options = options;
    this.#name = name;
    this.#type = type;
    this.#done = done;
  }

  /** The next try, or the end. */
  ask(): void {
    this.#drop();
    const { servers, attempts, timeoutMs } = this.#options;
    const server = servers[this.#try % Math.max(1, servers.length)];
    if (server === undefined || this.#try >= servers.length * attempts) {
      this.settle({ kind: "failed", why: this.#why });
      return;
    }
    this.#try++;
    this.#patience = setTimeout(() => this.#failed("timeout"), timeoutMs);
    const socket = createSocket(server.ip.includes(":") ? "udp6" : "udp4");
    this.#datagram = socket;
    const question = this.#encode();
    // Listeners stay until the socket is closed, for Node hangs its own on it; what belongs to an old try is nobody's any more.
    socket.on("error", (error) => this.#datagram === socket && this.#failed(errorCode(error)));
    socket.on("message", (bytes) => this.#datagram === socket && this.#received(bytes, server, false));
    // Connected: only this server is heard, and a closed port is told at once.
    socket.connect(server.port, server.ip, () => this.#datagram === socket && socket.send(question));
  }

  /** Ends the lookup; only the first answer counts. */
  settle(answer: DnsAnswer): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#drop();
    this.#done(answer);
  }

  #askByStream(server: Address): void {
    this.#drop();
    this.#patience = setTimeout(() => this.#failed("timeout"), this.#options.timeoutMs);
    const socket = connect({ host: server.ip, port: server.port });
    this.#stream = socket;
    const question = this.#encode();
    const length = Buffer.alloc(2);
    length.writeUInt16BE(question.length);
    let held = Buffer.alloc(0);
    socket.on("error", (error) => this.#stream === socket && this.#failed(errorCode(error)));
    socket.on("close", () => this.#stream === socket && this.#failed("closed"));
    socket.on("data", (bytes) => {
      if (this.#stream !== socket) return;
      held = Buffer.concat([held, bytes]);
      if (held.length < 2) return;
      const end = 2 + held.readUInt16BE(0);
      if (held.length >= end) this.#received(held.subarray(2, end), server, true);
      else if (held.length > TCP_MAX + 2) this.#failed("answer too long");
    });
    socket.write(Buffer.concat([length, question]));
  }

  #encode(): Buffer {
    this.#id = randomInt(65_536);
    return encode({
      type: "query",
      id: this.#id,
      flags: RECURSION_DESIRED,
      questions: [{ type: this.#type, name: this.#name }],
      additionals: [{ type: "OPT", name: ".", udpPayloadSize: UDP_PAYLOAD, flags: 0, options: [] }],
    });
  }

  #received(bytes: Buffer, server: Address, isStream: boolean): void {
    const packet = decode(bytes);
    // Not our answer: a late or forged one. The right one may still come.
    if (packet === undefined || !answers(packet, this.#id, this.#name, this.#type)) return;
    if (packet.flag_tc && !isStream) {
      this.#askByStream(server);
      return;
    }
    const answer = readAnswer(packet, this.#name, this.#type);
    if (answer === undefined) this.#failed(packet.rcode);
    else this.settle(answer);
  }

  #failed(why: string): void {
    if (this.#isSettled) return;
    this.#why = why;
    this.ask();
  }

  /** Lets go of sockets and timer of the try before. */
  #drop(): void {
    clearTimeout(this.#patience);
    const datagram = this.#datagram;
    const stream = this.#stream;
    this.#datagram = undefined;
    this.#stream = undefined;
    datagram?.close();
    stream?.destroy();
  }
}

function decode(bytes: Buffer): DecodedPacket | undefined {
  try {
    return decodePacket(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a name can be asked for at all (RFC 1035 §2.3.4). */
function isName(name: string): boolean {
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  return bare.length > 0 && bare.length <= 253 && bare.split(".").every((label) => label.length > 0 && label.length <= 63);
}

/** The system's name servers and hosts file. */
export interface SystemDns {
  readonly client: NodeDnsClient;
  /** Text of /etc/hosts, "" when there is none. */
  readonly hosts: string;
}

/** Reads /etc/resolv.conf and /etc/hosts, once. */
export function systemDns(): SystemDns {
  const { servers, timeoutMs, attempts } = parseResolvConf(readOrEmpty("/etc/resolv.conf"));
  const client = new NodeDnsClient({
    servers: servers.map((ip) => ({ ip, port: 53 })),
    timeoutMs: Math.min(timeoutMs ?? 2000, 2000),
    attempts: attempts ?? 2,
  });
  return { client, hosts: readOrEmpty("/etc/hosts") };
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
