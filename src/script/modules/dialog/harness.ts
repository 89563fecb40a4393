// Calls through a script with the dialog module, in virtual time: the caller is 10.0.0.2, the callee 10.0.0.3. For the tests of this folder.

/** One message that left. */
interface Sent {
  readonly to: string;
  readonly text: string;
}

/** What a call needs of the bench of scripts; handed in, so that this file belongs to no floor above. */
export interface Bench {
  readonly lines: readonly { readonly module: string; readonly text: string }[];
  readonly sent: readonly Sent[];
  take(): readonly Sent[];
  receive(text: string, from?: string): void;
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** The modules of the documents' frame. */
export const LOAD: string = "proto_udp signaling sl tm rr sipmsgops cfgutils json textops event_route mi_script dialog"
  .split(" ")
  .map((name) => `loadmodule "${name}.so"`)
  .join("\n");

export const CALLER = "10.0.0.2:5060";
export const CALLEE = "10.0.0.3:5060";

/** A script in its usual frame. */
export interface Frame {
  /** Between the modules and the routes. */
  readonly head?: string;
  /** For initial requests, before they are relayed. */
  readonly initial?: string;
  /** For requests with a To-tag, after `loose_route()` and before they are relayed. */
  readonly within?: string;
  /** After the main route. */
  readonly more?: string;
}

/** The text of a script in its frame. */
export function script({ head = "", initial = "create_dialog();", within = "", more = "" }: Frame): string {
  return `${LOAD}
${head}
route {
  if (has_totag()) {
    loose_route();
    ${within}
    t_relay();
    exit;
  }
  ${initial}
  record_route();
  t_relay();
}
${more}
`;
}

/** A script that is running, and a call through it. */
export class CallBench<B extends Bench> {
  readonly bench: B;
  #branches = 0;
  /** Our Record-Route as the callee got it. */
  #route = "";

  constructor(bench: B) {
    this.bench = bench;
  }

  /** What xlog printed since the last call of this. */
  printed(): string {
    const lines = this.bench.lines.slice(this.#seen).filter((line) => line.module === "");
    this.#seen = this.bench.lines.length;
    return lines.map((line) => line.text).join("");
  }
  #seen = 0;

  /** A request of one side arrives. @returns what left because of it */
  async request(
    method: string,
    cseq: number,
    parts: { from?: string; toTag?: string; lines?: readonly string[]; callId?: string; body?: string; branch?: string } = {},
  ): Promise<readonly Sent[]> {
    const { from = CALLER, toTag = "", lines = [], callId = "call@10.0.0.2", body = "" } = parts;
    const isCaller = from === CALLER;
    const [own, other] = isCaller ? ["alice", "bob"] : ["bob", "alice"];
    const branch = parts.branch ?? `z9hG4bKt${this.#branches++}`;
    const routes = toTag === "" || this.#route === "" ? [] : [`Route: ${this.#route}`];
    const head = [
      `${method} sip:${other}@${isCaller ? CALLEE : CALLER} SIP/2.0`,
      `Via: SIP/2.0/UDP ${from};branch=${branch}`,
      "Max-Forwards: 70",
      `From: <sip:${own}@example.com>;tag=${isCaller ? "a" : "b"}`,
      `To: <sip:${other}@example.com>${toTag === "" ? "" : `;tag=${toTag}`}`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <sip:${own}@${from}>`,
      ...routes,
      ...lines,
      `Content-Length: ${body.length}`,
    ];
    this.bench.take();
    this.bench.receive(`${head.join("\r\n")}\r\n\r\n${body}`, from);
    await this.bench.advance(1);
    return this.bench.sent.slice();
  }

  /** The INVITE of a call. @returns as it reached the callee; undefined when it did not */
  async invite(lines: readonly string[] = [], callId = "call@10.0.0.2"): Promise<string | undefined> {
    const sent = await this.request("INVITE", 1, { lines, callId, branch: `z9hG4bKi${callId}` });
    const invite = sent.find(({ to, text }) => to === CALLEE && text.startsWith("INVITE "))?.text;
    this.#route = /\r\nRecord-Route: ([^\r]*)/.exec(invite ?? "")?.[1] ?? this.#route;
    return invite;
  }

  /** Whoever got a request answers it. @returns what left because of it */
  async answer(
    request: string | undefined,
    status: string,
    lines: readonly string[] = [],
    from: string = CALLEE,
  ): Promise<readonly Sent[]> {
    if (request === undefined) throw new Error("there is no request to answer");
    const kept = request.split("\r\n").filter((line) => /^(Via|From|Call-ID|CSeq|Record-Route):/.test(line));
    const to = /\r\nTo: ([^\r]*)/.exec(request)?.[1] ?? "";
    const tag = to.includes("tag=") ? "" : ";tag=b";
    const contact = from === CALLEE ? `Contact: <sip:bob@${CALLEE}>` : `Contact: <sip:alice@${CALLER}>`;
    this.bench.take();
    const extra = lines.some((line) => line.startsWith("Contact")) ? lines : [contact, ...lines];
    this.bench.receive([`SIP/2.0 ${status}`, ...kept, `To: ${to}${tag}`, ...extra, "Content-Length: 0", "", ""].join("\r\n"), from);
    await this.bench.advance(1);
    return this.bench.sent.slice();
  }

  /** An answered and acknowledged call. */
  async talk(lines: readonly string[] = [], callId = "call@10.0.0.2"): Promise<void> {
    const invite = await this.invite(lines, callId);
    await this.answer(invite, "200 OK");
    await this.request("ACK", 1, { toTag: "b", callId });
  }

  /** The request of a method that left last. */
  last(method: string): string | undefined {
    return this.bench.sent.findLast(({ text }) => text.startsWith(`${method} `))?.text;
  }

  async close(): Promise<void> {
    await this.bench.close();
  }
}
