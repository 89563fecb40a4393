// The management interface: JSON-RPC 2.0 in, replies out, whatever the transport (MI-1 to MI-10).
// What comes in is a stranger's: no input makes this throw, and each of them has one answer.
import { type Clock, type Log, type Ms, Timer, type TimerOwner, type Timers } from "../kit/index.ts";
import { MAX_ITEMS, readArguments } from "./arguments.ts";
import type { CommandDefinition, Outcome, Peer } from "./definition.ts";
import { ambiguousMethod, fail, internalError, invalidRequest, type MiError, methodNotFound, parseError, serverError } from "./errors.ts";
import { isArray, isObject, type JsonValue, parseJson } from "./json.ts";
import { type Pieces, type RequestId, writeBatch, writeReply } from "./reply.ts";

export interface CommandsDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/** How one transport wants its calls handled. */
export interface CallOptions {
  /** Longest time until an answer (MI-8); 408 after that. */
  readonly limitMs: Ms;
  /** Whether an array of requests is taken (D-09). */
  readonly isBatchAllowed: boolean;
  /** Spaces per level of the reply; 0 is compact. */
  readonly indent: number;
  /** Commands that this transport refuses. */
  readonly disabled: ReadonlySet<string>;
}

/** Compact, without limits worth the name: calls from inside the process. */
export const INTERNAL_CALL: CallOptions = { limitMs: 240_000, isBatchAllowed: true, indent: 0, disabled: new Set() };

/** A reply, or none because only notifications came. */
export type Answer = Pieces | undefined;

/** All commands of one engine. */
export class Commands {
  readonly #deps: CommandsDeps;
  readonly #byName = new Map<string, CommandDefinition>();
  readonly #byModernName = new Map<string, CommandDefinition>();
  /** What stands behind the colon, which may be the same in several modules. */
  readonly #bySuffix = new Map<string, { readonly full: string; readonly command: CommandDefinition }[]>();

  constructor(deps: CommandsDeps) {
    this.#deps = deps;
  }

  /** Adds a command; one of the same name is replaced. */
  register(command: CommandDefinition): void {
    this.#byName.set(command.name, command);
    for (const full of command.modern) {
      this.#byModernName.set(full, command);
      const suffix = full.slice(full.indexOf(":") + 1);
      const others = this.#bySuffix.get(suffix)?.filter((other) => other.full !== full) ?? [];
      this.#bySuffix.set(suffix, [...others, { full, command }]);
    }
  }

  /** Every command, sorted by name. */
  list(): readonly CommandDefinition[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Looks a command up by a name of either generation, or by a suffix that only one module has (MI-7). */
  find(name: string): CommandDefinition | MiError {
    const known = this.#byName.get(name) ?? this.#byModernName.get(name);
    if (known !== undefined) return known;
    const candidates = this.#bySuffix.get(name) ?? [];
    const [first] = candidates;
    if (first === undefined) return methodNotFound();
    if (candidates.some(({ command }) => command !== first.command)) return ambiguousMethod(candidates.map(({ full }) => full).sort());
    return first.command;
  }

  /**
   * Handles what one client sent.
   * @param input - a JSON text: one request, or an array of them
   * @returns the reply; `undefined` when there is nothing to answer; a promise only when a command waits for something
   */
  execute(input: string, peer: Peer, options: CallOptions = INTERNAL_CALL): Answer | Promise<Answer> {
    const parsed = parseJson(input);
    if (!parsed.ok) return writeReply(parsed.fault === "syntax" ? parseError() : invalidRequest("Nested too deeply"), null, options.indent);
    const request = parsed.value;
    if (!isArray(request)) return this.#one(request, peer, options);
    if (!options.isBatchAllowed || request.length === 0) return writeReply(invalidRequest(), null, options.indent);
    if (request.length > MAX_ITEMS) return writeReply(invalidRequest("Too many requests in one batch"), null, options.indent);
    return this.#batch(request, 0, [], peer, options);
  }

  /** One after the other; whichever waits for something holds up those behind it. */
  #batch(requests: readonly JsonValue[], from: number, replies: Pieces[], peer: Peer, options: CallOptions): Answer | Promise<Answer> {
    for (let i = from; i < requests.length; i++) {
      const answer = this.#one(requests[i], peer, options);
      if (answer instanceof Promise) {
        return answer.then((reply) => {
          if (reply !== undefined) replies.push(reply);
          return this.#batch(requests, i + 1, replies, peer, options);
        });
      }
      if (answer !== undefined) replies.push(answer);
    }
    return replies.length === 0 ? undefined : writeBatch(replies, options.indent);
  }

  #one(request: JsonValue | undefined, peer: Peer, options: CallOptions): Answer | Promise<Answer> {
    if (!isObject(request)) return writeReply(invalidRequest(), null, options.indent);
    const id = idOf(request["id"]);
    const method = request["method"];
    if (id === "wrong" || request["jsonrpc"] !== "2.0" || typeof method !== "string") {
      return writeReply(invalidRequest(), typeof id === "object" ? id.id : null, options.indent);
    }
    const outcome = this.#run(method, request["params"], peer, options);
    if (outcome instanceof Promise) return outcome.then((settled) => reply(settled, id, options.indent));
    return reply(outcome, id, options.indent);
  }

  #run(
    method: string,
    params: JsonValue | undefined,
    peer: Peer,
    options: CallOptions,
  ): Exclude<Outcome, undefined> | Promise<Exclude<Outcome, undefined>> {
    const command = this.find(method);
    if (!("run" in command)) return command;
    if (options.disabled.has(command.name)) return fail(403, "Command disabled on this transport");
    const args = readArguments(command, params);
    if (!args.ok) return args.fault;
    const startedAt = this.#deps.clock.monotonic();
    this.#deps.log.debug({ command: command.name, params }, "management command received");
    let outcome: Outcome | Promise<Outcome>;
    try {
      outcome = command.run(args.value, peer);
    } catch (error) {
      return this.#threw(command, error);
    }
    if (!(outcome instanceof Promise)) return this.#finish(command, outcome, peer, startedAt);
    const limited = new Deadline(this.#deps.timers, options.limitMs).race(outcome);
    return limited.then(
      (settled) => this.#finish(command, settled, peer, startedAt),
      (error: unknown) => this.#threw(command, error),
    );
  }

  #finish(command: CommandDefinition, outcome: Outcome, peer: Peer, startedAt: Ms): Exclude<Outcome, undefined> {
    const durationMs = Math.round((this.#deps.clock.monotonic() - startedAt) * 1000) / 1000;
    this.#deps.log.info({ command: command.name, transport: peer.transport, peer: peer.address, durationMs }, "management command");
    return outcome === undefined ? serverError("Command handler returned null") : outcome;
  }

  #threw(command: CommandDefinition, error: unknown): MiError {
    this.#deps.log.error({ command: command.name, error }, "management command failed by a bug");
    return internalError();
  }
}

/** A reply that came too late is not waited for (MI-8). */
class Deadline implements TimerOwner {
  readonly #timers: Timers;
  readonly #timer: Timer;
  readonly #limitMs: Ms;
  #expire: (outcome: MiError) => void = () => {};

  constructor(timers: Timers, limitMs: Ms) {
    this.#timers = timers;
    this.#limitMs = limitMs;
    this.#timer = new Timer(this, 0);
  }

  async race(outcome: Promise<Outcome>): Promise<Outcome> {
    const expired = new Promise<MiError>((resolve) => {
      this.#expire = resolve;
    });
    this.#timers.arm(this.#timer, this.#limitMs);
    try {
      return await Promise.race([outcome, expired]);
    } finally {
      this.#timers.disarm(this.#timer);
    }
  }

  onTimer(): void {
    this.#expire(fail(408, "Timeout"));
  }
}

function reply(outcome: Exclude<Outcome, undefined>, id: KnownId | "none", indent: number): Answer {
  return id === "none" ? undefined : writeReply(outcome, id.id, indent);
}

interface KnownId {
  readonly id: RequestId;
}

/** Same type, fractions cut off; no member at all makes a notification. */
function idOf(id: JsonValue | undefined): KnownId | "none" | "wrong" {
  if (id === undefined) return "none";
  if (id === null || typeof id === "string") return { id };
  // 1e999 is a number in JSON and infinite here: it cannot be echoed
  if (typeof id === "number" && Number.isFinite(id)) return { id: Math.trunc(id) };
  return "wrong";
}
