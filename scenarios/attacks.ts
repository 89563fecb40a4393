// What hostile or broken peers send.
import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { type SeededRandom, seededRandom } from "../src/testing/index.ts";

/** An ordinary request, to be spoilt. `via` says where answers go. */
export function ordinary(method: string, via: string, extra = "", body = ""): string {
  return (
    `${method} sip:nobody@127.0.0.1:9 SIP/2.0\r\nVia: SIP/2.0/${via};branch=z9hG4bKhostile${Math.floor(performance.now() * 1000)}\r\n` +
    `From: <sip:mallory@127.0.0.1>;tag=m\r\nTo: <sip:nobody@127.0.0.1>\r\nCall-ID: hostile-${performance.now()}\r\n` +
    `CSeq: 1 ${method}\r\nMax-Forwards: 70\r\n${extra}\r\n${body}`
  );
}

/** Datagrams of every bad sort: noise, cut off, oversized, folded, unbalanced, lying about their length. */
export function badDatagrams(count: number, port: number): readonly Buffer[] {
  const random = seededRandom(666);
  const via = `UDP 127.0.0.2:${port}`;
  const makers: readonly (() => string)[] = [
    () => noise(random, random.between(1, 1400)),
    () => "",
    () => "\r\n\r\n",
    () => `\u0000\u0001${noise(random, 30)}`,
    () => {
      const whole = ordinary("INVITE", via);
      return whole.slice(0, random.between(1, whole.length - 1));
    },
    () => ordinary("INVITE", via, `X: ${"a".repeat(60_000)}\r\n`),
    () => ordinary("INVITE", via, "X: y\r\n".repeat(300)),
    () => ordinary("INVITE", via, `Subject: a${"\r\n b".repeat(2000)}\r\n`),
    () => ordinary("INVITE", via, `Contact: "${'\\"'.repeat(10_000)}\r\n`),
    () => ordinary("INVITE", via, `Route: ${"<sip:a@b;lr>,".repeat(3000)}<\r\n`),
    () => ordinary("INVITE", via, "Content-Length: 99999\r\n", "short"),
    () => ordinary("INVITE", via, "Content-Length: -1\r\n"),
    () => ordinary("INVITE", via, "Content-Length: 1\r\nContent-Length: 2\r\n", "xx"),
    () => ordinary("INVITE", via, `Via: ${"SIP/2.0/UDP h;branch=z9hG4bKx,".repeat(1500)}SIP/2.0/UDP h\r\n`),
    () => ordinary("INVITE", via).replace("SIP/2.0\r\n", "SIP/7.0\r\n"),
    () => ordinary("INVITE", via).replace("CSeq: 1", "CSeq: 99999999999"),
    () => ordinary("INVITE", via).replace("From:", "Fr\u0000m:"),
    () => ordinary("INVITE", via).replaceAll("\r\n", "\n\r"),
    () => ordinary("ACK", via).replace("Call-ID", "Call-IX"),
    () => `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK1.2.3.4.5\r\n\r\n`,
    () => `${"(".repeat(20_000)} sip:x SIP/2.0\r\n\r\n`,
    () => `INVITE sip:${"[".repeat(20_000)} SIP/2.0\r\nVia: SIP/2.0/${via}\r\n\r\n`,
  ];
  return Array.from({ length: count }, (_, i) => Buffer.from((makers[i % makers.length] ?? (() => ""))(), "latin1"));
}

function noise(random: SeededRandom, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += String.fromCharCode(random.below(256));
  return text;
}

/** What a hostile sender of datagrams got back. */
export interface Reaction {
  readonly sent: number;
  /** Start lines of what came back. */
  readonly answers: readonly string[];
}

/** Sends datagrams from 127.0.0.2 as fast as the machine lets, and listens for what comes back. */
export async function bombard(count: number, target: number): Promise<Reaction> {
  const socket = createSocket("udp4");
  const answers: string[] = [];
  socket.on("message", (bytes) => answers.push(bytes.toString("latin1").split("\r\n")[0] ?? ""));
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.2", resolve));
  const datagrams = badDatagrams(count, socket.address().port);
  for (const [i, datagram] of datagrams.entries()) {
    socket.send(datagram, target, "127.0.0.1");
    // a pause now and then, so that the kernel's buffers are not what is tested
    if (i % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  socket.close();
  return { sent: count, answers };
}

/** A connection from 127.0.0.2 that keeps what it reads. */
export class Intruder {
  readonly socket: Socket;
  text = "";
  #closedAt: number | undefined = undefined;
  readonly #startedAt = performance.now();
  readonly closed: Promise<void>;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" });
    this.socket.on("data", (bytes) => {
      this.text += bytes.toString("latin1");
    });
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      this.socket.once("close", () => {
        this.#closedAt = performance.now();
        resolve();
      });
    });
  }

  /** Milliseconds from the connection's begin to its end; undefined while it is open. */
  get lifetimeMs(): number | undefined {
    return this.#closedAt === undefined ? undefined : this.#closedAt - this.#startedAt;
  }

  get statusLine(): string {
    return this.text.split("\r\n")[0] ?? "";
  }

  async connected(): Promise<void> {
    if (!this.socket.connecting) return;
    await new Promise<void>((resolve) => {
      this.socket.once("connect", resolve);
      this.socket.once("close", () => resolve());
    });
  }

  write(text: string): void {
    this.socket.write(Buffer.from(text, "latin1"));
  }

  destroy(): void {
    this.socket.destroy();
  }
}
