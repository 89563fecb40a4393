// Events (`E_…`): raised by the rooms and by scripts, heard by event routes and by subscribers (EV-1 to EV-8). Whoever raises one only
// queues it: it is told at the end of the turn, in order, with everything else that a turn makes visible.
import { type Clock, type Counter, type Log, type Ms, type Outbox, type Outgoing, type Statistics, shown } from "../kit/index.ts";

/** Parameters in order; the name "" is none. Text is latin1, one character for each byte. */
export type EventParameters = readonly (readonly [name: string, value: string | number])[];

/** Where an event goes outside of the process. */
export interface EventSink {
  /** @param payload - JSON text. @returns whether it could be handed over; what is lost on the way nobody knows */
  send(payload: string): boolean;
}

/** A kind of sockets for subscribers: `udp`. */
export interface EventTransport {
  readonly scheme: string;
  /** @param rest - what follows the first colon of the socket. @returns undefined when it is no address of this kind */
  open(rest: string): EventSink | undefined;
}

/** A subscriber as a list shows it. */
export interface SubscriberInfo {
  readonly socket: string;
  /** Seconds as they were asked for; 0 for ever. */
  readonly expireS: number;
  /** Whole seconds left; 0 or less when its time is over. */
  readonly ttlS: number;
}

export interface EventBusDeps {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly statistics: Statistics;
  readonly log: Log;
}

/** Most subscribers of one event. */
const MAX_SUBSCRIBERS = 256;
/** Most events that wait for the end of a turn. */
const MAX_PENDING = 10_000;
/** An event raised by whoever hears an event, and so on: deeper than this is a circle. */
const MAX_DEPTH = 100;

interface Subscriber {
  readonly socket: string;
  readonly sink: EventSink | undefined;
  readonly listener: ((parameters: EventParameters) => void) | undefined;
  expireS: number;
  /** Monotonic; Infinity for ever. */
  endsAt: Ms;
}

/** One event: who raises it often keeps this and asks `isHeard` before it makes parameters. */
export class RaisableEvent {
  readonly name: string;
  /** In the order of registration, from 0. */
  readonly id: number;
  /** @internal */ subscribers: readonly Subscriber[] = [];
  readonly #bus: EventBus;

  /** @internal made by the bus */
  constructor(bus: EventBus, name: string, id: number) {
    this.#bus = bus;
    this.name = name;
    this.id = id;
  }

  /** Whether anybody would be told. */
  get isHeard(): boolean {
    return this.subscribers.length > 0;
  }

  raise(parameters: EventParameters): void {
    this.#bus.raiseEvent(this, parameters);
  }
}

/** All events of one engine. */
export class EventBus {
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #log: Log;
  readonly #events = new Map<string, RaisableEvent>();
  readonly #transports = new Map<string, EventTransport>();
  readonly #raised: Counter;
  readonly #delivered: Counter;
  readonly #failed: Counter;
  readonly #dropped: Counter;
  #pending = 0;
  /** Of the event being told. */
  #depth = 0;

  constructor({ clock, outbox, statistics, log }: EventBusDeps) {
    this.#clock = clock;
    this.#outbox = outbox;
    this.#log = log;
    this.#raised = statistics.counter("evi", "raised");
    this.#delivered = statistics.counter("evi", "delivered");
    this.#failed = statistics.counter("evi", "failed");
    this.#dropped = statistics.counter("evi", "dropped");
  }

  addTransport(transport: EventTransport): void {
    this.#transports.set(transport.scheme, transport);
  }

  /** Whether somebody has said that this event can come. */
  isKnown(name: string): boolean {
    return this.#events.has(name);
  }

  /** Says that it can come; saying it again is the same event. */
  define(name: string): RaisableEvent {
    const known = this.#events.get(name);
    if (known !== undefined) return known;
    const event = new RaisableEvent(this, name, this.#events.size);
    this.#events.set(name, event);
    return event;
  }

  /** Every event in the order of registration. */
  list(): readonly RaisableEvent[] {
    return [...this.#events.values()];
  }

  find(name: string): RaisableEvent | undefined {
    return this.#events.get(name);
  }

  /** Raises an event; one that nobody has defined is defined by that. */
  raise(name: string, parameters: EventParameters): void {
    this.raiseEvent(this.define(name), parameters);
  }

  /**
   * Tells a function, for ever.
   * @param label - what a list of subscribers shows
   * @returns what stops it
   */
  listen(name: string, listener: (parameters: EventParameters) => void, label: string = `route:${name}`): () => void {
    const event = this.define(name);
    const subscriber: Subscriber = { socket: label, sink: undefined, listener, expireS: 0, endsAt: Number.POSITIVE_INFINITY };
    event.subscribers = [...event.subscribers, subscriber];
    return () => {
      event.subscribers = event.subscribers.filter((other) => other !== subscriber);
    };
  }

  /**
   * Adds a subscriber by its socket (`udp:127.0.0.1:8888`), or gives one that is there more time.
   * @param expireS - seconds; 0 for ever
   * @returns undefined, or what is wrong
   */
  subscribe(name: string, socket: string, expireS: number): string | undefined {
    const event = this.#events.get(name);
    if (event === undefined) return `there is no event ${name}`;
    const endsAt = expireS > 0 ? this.#clock.monotonic() + expireS * 1000 : Number.POSITIVE_INFINITY;
    const known = event.subscribers.find((one) => one.socket === socket && one.sink !== undefined);
    if (known !== undefined) {
      known.expireS = expireS;
      known.endsAt = endsAt;
      return undefined;
    }
    const sink = this.#open(socket);
    if (typeof sink === "string") return sink;
    this.#expire(event);
    if (event.subscribers.length >= MAX_SUBSCRIBERS) return `${name} has ${MAX_SUBSCRIBERS} subscribers already`;
    event.subscribers = [...event.subscribers, { socket, sink, listener: undefined, expireS, endsAt }];
    return undefined;
  }

  /** Takes a subscriber away. @returns undefined, or what is wrong: an unknown event, or no socket */
  unsubscribe(name: string, socket: string): string | undefined {
    const event = this.#events.get(name);
    if (event === undefined) return `there is no event ${name}`;
    const sink = this.#open(socket);
    if (typeof sink === "string") return sink;
    event.subscribers = event.subscribers.filter((one) => one.socket !== socket || one.sink === undefined);
    return undefined;
  }

  /** Who is told; those whose time is over are shown once more, and then gone (EV-7). */
  subscribers(event: RaisableEvent): readonly SubscriberInfo[] {
    const now = this.#clock.monotonic();
    const infos = event.subscribers.map(({ socket, expireS, endsAt }) => ({ socket, expireS, ttlS: Math.ceil((endsAt - now) / 1000) }));
    this.#expire(event);
    return infos;
  }

  /** @internal */
  raiseEvent(event: RaisableEvent, parameters: EventParameters): void {
    this.#raised.value++;
    if (event.subscribers.length === 0) return;
    if (this.#pending >= MAX_PENDING || this.#depth >= MAX_DEPTH) {
      this.#dropped.value++;
      this.#log.warn({ event: event.name, depth: this.#depth }, "an event was dropped: too many at once, or a circle");
      return;
    }
    this.#pending++;
    this.#outbox.push(new Raised(this, event, parameters, this.#depth + 1));
  }

  /** @internal the end of the turn */
  tell(event: RaisableEvent, parameters: EventParameters, depth: number): void {
    this.#pending--;
    this.#depth = depth;
    this.#expire(event);
    let payload: string | undefined;
    for (const { sink, listener, socket } of event.subscribers) {
      let isTold = false;
      try {
        if (listener !== undefined) {
          listener(parameters);
          isTold = true;
        } else if (sink !== undefined) {
          payload ??= eventText(event.name, parameters);
          isTold = sink.send(payload);
        }
      } catch (error) {
        this.#log.error({ event: event.name, socket, err: error }, "a subscriber of an event threw");
      }
      if (isTold) this.#delivered.value++;
      else this.#failed.value++;
    }
    this.#depth = 0;
  }

  #open(socket: string): EventSink | string {
    const colon = socket.indexOf(":");
    const scheme = colon < 0 ? socket : socket.slice(0, colon);
    const transport = this.#transports.get(scheme);
    if (transport === undefined) return `there is no way to send events to "${scheme}:"`;
    return transport.open(socket.slice(colon + 1)) ?? `"${socket}" is no socket for events; write it like "udp:127.0.0.1:8888"`;
  }

  #expire(event: RaisableEvent): void {
    const now = this.#clock.monotonic();
    if (event.subscribers.some((one) => one.endsAt <= now)) event.subscribers = event.subscribers.filter((one) => one.endsAt > now);
  }
}

class Raised implements Outgoing {
  readonly #bus: EventBus;
  readonly #event: RaisableEvent;
  readonly #parameters: EventParameters;
  readonly #depth: number;

  constructor(bus: EventBus, event: RaisableEvent, parameters: EventParameters, depth: number) {
    this.#bus = bus;
    this.#event = event;
    this.#parameters = parameters;
    this.#depth = depth;
  }

  leave(): void {
    this.#bus.tell(this.#event, this.#parameters, this.#depth);
  }
}

/** What goes over a wire: a JSON-RPC notification (EV-5). Parameters with names make an object, those without an array. */
export function eventText(name: string, parameters: EventParameters): string {
  const head = `{"jsonrpc":"2.0","method":${JSON.stringify(name)}`;
  const [first] = parameters;
  if (first === undefined) return `${head}}`;
  const isNamed = first[0] !== "";
  let out = "";
  for (const [key, value] of parameters) {
    const written = JSON.stringify(typeof value === "string" ? shown(value) : value);
    out += `${out === "" ? "" : ","}${isNamed ? `${JSON.stringify(shown(key))}:` : ""}${written}`;
  }
  return `${head},"params":${isNamed ? `{${out}}` : `[${out}]`}}`;
}
