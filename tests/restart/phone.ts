// A telephone on a real socket that says what a test tells it to say, for tests about processes that die in between.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

const LIMIT_MS = 10_000;

/** One side of a call. */
export class Phone {
  readonly name: string;
  readonly tag: string;
  port = 0;
  /** Where the proxy listens. */
  proxyPort = 0;
  /** Everything that came, oldest first. */
  readonly inbox: string[] = [];
  /** Route header for requests of its own, with its CRLF. */
  route = "";
  #taken = 0;
  #branches = 0;
  #waiting: (() => void)[] = [];
  readonly #socket: Socket = createSocket("udp4");

  constructor(name: string, tag: string) {
    this.name = name;
    this.tag = tag;
  }

  async open(): Promise<this> {
    this.#socket.on("message", (bytes) => {
      this.inbox.push(bytes.toString("latin1"));
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.#socket.bind(0, "127.0.0.1");
    await once(this.#socket, "listening");
    this.port = (this.#socket.address() as AddressInfo).port;
    return this;
  }

  close(): void {
    this.#socket.close();
  }

  get contact(): string {
    return `sip:${this.name}@127.0.0.1:${this.port}`;
  }

  send(text: string): void {
    this.#socket.send(Buffer.from(text, "latin1"), this.proxyPort, "127.0.0.1");
  }

  /** Sends a request. @returns its text, to be sent again */
  request(method: string, cseq: number, other: Phone, parts: { callId: string; body?: string; toTag?: string; branch?: string }): string {
    const { callId, body = "", toTag, branch = `z9hG4bK${this.name}${method}${cseq}${++this.#branches}` } = parts;
    const text =
      `${method} ${other.contact} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${this.port};branch=${branch}\r\nMax-Forwards: 70\r\n${this.route}` +
      `From: <sip:${this.name}@127.0.0.1>;tag=${this.tag}\r\nTo: <sip:${other.name}@127.0.0.1>${toTag === undefined ? "" : `;tag=${toTag}`}\r\n` +
      `Call-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\nContact: <${this.contact}>\r\n` +
      (body === "" ? "" : "Content-Type: application/sdp\r\n") +
      `Content-Length: ${body.length}\r\n\r\n${body}`;
    this.send(text);
    return text;
  }

  /** Answers a request. @returns the text of the answer, to be sent again */
  answer(request: string, status: number, body = ""): string {
    const copied = lines(request).filter((line) => /^(?:Via|Record-Route|From|Call-ID|CSeq):/i.test(line));
    const to = header(request, "To");
    const text =
      `SIP/2.0 ${status} X\r\n${copied.join("\r\n")}\r\nTo: ${to}${to.includes(";tag=") || status === 100 ? "" : `;tag=${this.tag}`}\r\n` +
      `Contact: <${this.contact}>\r\n${body === "" ? "" : "Content-Type: application/sdp\r\n"}Content-Length: ${body.length}\r\n\r\n${body}`;
    this.send(text);
    return text;
  }

  /**
   * Waits for a message whose first line begins so, and takes it; what came before it is passed over.
   * @throws Error with everything that came when it does not come
   */
  async gets(start: string): Promise<string> {
    const until = performance.now() + LIMIT_MS;
    for (;;) {
      while (this.#taken < this.inbox.length) {
        const text = this.inbox[this.#taken++] ?? "";
        if (text.startsWith(start)) return text;
      }
      const left = until - performance.now();
      if (left <= 0) throw new Error(`${this.name} never got ${start}, only:\n${this.inbox.join("\n---\n")}`);
      await this.#more(left);
    }
  }

  #more(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** The first header of a name. */
export function header(text: string, name: string): string {
  const line = lines(text).find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line === undefined ? "" : line.slice(name.length + 1).trim();
}

/** The Route header that a phone sends for the Record-Routes of a message. */
export function routeFor(text: string, isCaller: boolean): string {
  const values = lines(text)
    .filter((line) => line.toLowerCase().startsWith("record-route:"))
    .map((line) => line.slice(13).trim());
  const ordered = isCaller ? values.reverse() : values;
  return ordered.map((value) => `Route: ${value}\r\n`).join("");
}

function lines(text: string): readonly string[] {
  return text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");
}
