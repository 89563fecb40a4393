// One stream connection: what it still has to send, what it is reading, and every clock that may end it (proxy-core 2.5).
// States: connecting → open → closing (we said the last word) → closed.
import { type Outgoing, Timer, type TimerOwner, type Timers } from "../kit/index.ts";
import { type FramerSink, StreamFramer } from "./framer.ts";
import type { StreamConnection, StreamHandler } from "./ports.ts";
import type { TransportSettings } from "./settings.ts";
import type { Listener, SendObserver, Source, TransportName } from "./types.ts";

/** What a connection needs of the table it is in. */
export interface ConnectionOwner {
  readonly settings: TransportSettings;
  readonly timers: Timers;
  /** A whole message, or the head of one that breaks the stream. */
  received(text: string, connection: Connection, broken: "no" | "framing" | "size"): void;
  /** Runs `leave` after everything that this turn has to send. */
  atEndOfTurn(item: Outgoing): void;
  /** One message was handed up. @returns whether the loop needs a turn now: then `proceed` is called later */
  mustYield(connection: Connection): boolean;
  /** One message that was accepted could not be sent. */
  sendFailed(): void;
  gone(connection: Connection, why: string): void;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const IDLE_TIMER = 0;
const MESSAGE_TIMER = 1;
const SEND_TIMER = 2;
const CLOSE_TIMER = 3;
const PING_TIMER = 4;
const PONG_TIMER = 5;

const CLOSE_AFTER_MS = 1000; // proxy-core 1.8: half-close, destroy after 1 s
const PONG_WITHIN_MS = 10_000; // RFC 5626 §4.4.1

const MAX_UNCONFIRMED = 64;

/** A message that waits for the connection to open or to drain. */
interface Waiting {
  readonly text: string;
  readonly observer: SendObserver | undefined;
}

/** A message that was written and may not have left yet. */
interface Written {
  /** Position of its last byte among all bytes written. */
  readonly end: number;
  readonly observer: SendObserver;
}

/** One connection. */
export class Connection implements StreamHandler, TimerOwner, FramerSink, Outgoing {
  readonly id: number;
  readonly transport: TransportName;
  readonly listener: Listener;
  readonly remoteIp: string;
  readonly remotePort: number;
  readonly isInbound: boolean;
  /** The same object for every message: it never changes. */
  readonly source: Source;
  /** Port of an `alias`, 0 for none (T-19). */
  aliasPort = 0;
  readonly #owner: ConnectionOwner;
  readonly #framer: StreamFramer;
  #stream: StreamConnection | undefined = undefined;
  #state: number;
  #isBlocked = false;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #written = 0;
  #unconfirmed: Written[] = [];
  #leastIdleMs = 0;
  #timedMessage = 0;
  #isYielding = false;
  #why: string | undefined = undefined;
  readonly #idle = new Timer(this, IDLE_TIMER);
  readonly #message = new Timer(this, MESSAGE_TIMER);
  readonly #send = new Timer(this, SEND_TIMER);
  readonly #close = new Timer(this, CLOSE_TIMER);
  readonly #ping = new Timer(this, PING_TIMER);
  readonly #pong = new Timer(this, PONG_TIMER);

  constructor(owner: ConnectionOwner, id: number, listener: Listener, remoteIp: string, remotePort: number, isInbound: boolean) {
    this.#owner = owner;
    this.id = id;
    this.listener = listener;
    this.transport = listener.transport;
    this.remoteIp = remoteIp;
    this.remotePort = remotePort;
    this.isInbound = isInbound;
    this.source = Object.freeze({ listener, ip: remoteIp, port: remotePort, flow: id });
    this.#state = isInbound ? OPEN : CONNECTING;
    this.#framer = new StreamFramer(this, owner.settings.maxMessageBytes);
  }

  /** Gives the connection its stream; called once, before anything arrives. */
  attach(stream: StreamConnection): void {
    this.#stream = stream;
    this.#touch(); // while connecting, the network watches the time (`StreamTarget.timeoutMs`)
  }

  /** Whether messages may still be given to it. */
  get isUsable(): boolean {
    return this.#state === CONNECTING || this.#state === OPEN;
  }

  get isConnecting(): boolean {
    return this.#state === CONNECTING;
  }

  /** Monotonic instant at which it is closed unless something passes; 0 when no clock runs. */
  get idleUntil(): number {
    return this.#idle.isArmed ? this.#idle.deadline : 0;
  }

  /** Whether a message would have to wait. */
  get isWaiting(): boolean {
    return this.#state === CONNECTING || this.#isBlocked;
  }

  /** Messages that wait, for `net:waiting_tcp`. */
  get waitingMessages(): number {
    return this.#waiting.length;
  }

  /** Sends a message, or keeps it until the connection can take it. Order is kept (T-27). */
  write(text: string, observer: SendObserver | undefined): void {
    if (!this.isUsable) {
      this.#fail(observer, this.#why ?? "closed");
      return;
    }
    if (!this.isWaiting) {
      this.#transmit(text, observer);
      return;
    }
    const { tcpMaxQueuedMessages, tcpMaxQueuedBytes } = this.#owner.settings;
    if (this.#waiting.length >= tcpMaxQueuedMessages || this.#waitingBytes + text.length > tcpMaxQueuedBytes) {
      // A peer that takes nothing must not cost memory (S-06): everything it was owed is lost and said to be.
      this.#fail(observer, "overflow");
      this.destroy("overflow");
      return;
    }
    this.#waiting.push({ text, observer });
    this.#waitingBytes += text.length;
  }

  /** Lets what was queued this turn leave, then says goodbye; destroys what is left of the connection a second later. */
  closeAfterSending(): void {
    if (!this.isUsable) return;
    this.#framer.stop();
    this.#owner.timers.disarm(this.#message);
    this.#owner.atEndOfTurn(this);
  }

  /** The end of the turn in which the connection was to be closed. */
  leave(): void {
    if (!this.isUsable) return;
    if (this.#state === CONNECTING) {
      this.destroy("closed");
      return;
    }
    this.#flushWaiting(true);
    this.#state = CLOSING;
    this.#disarmAll();
    this.#owner.timers.arm(this.#close, CLOSE_AFTER_MS);
    this.#stream?.end();
  }

  /** Ends the connection at once. What was not sent is reported to its observers when the stream is gone. */
  destroy(why: string): void {
    if (this.#state === CLOSED) return;
    this.#why ??= why;
    this.#framer.stop();
    this.#state = CLOSING;
    this.#disarmAll();
    this.#stream?.destroy();
  }

  connected(): void {
    if (this.#state !== CONNECTING) return;
    this.#state = OPEN;
    this.#touch();
    this.#armPing();
    this.#flushWaiting(false);
  }

  data(text: string): void {
    if (!this.isUsable) return; // T-30
    this.#touch();
    this.#owner.timers.disarm(this.#pong);
    this.#confirm();
    this.#framer.push(text);
    this.#watchMessage();
  }

  /** Goes on reading after the loop had its turn. */
  proceed(): void {
    if (!this.isUsable) return;
    this.#isYielding = false;
    this.#framer.resume();
    this.#watchMessage();
    // What was read may have made it yield again.
    if (!this.#isYielding) this.#stream?.resume?.();
  }

  drained(): void {
    if (this.#state !== OPEN) return;
    this.#isBlocked = false;
    this.#owner.timers.disarm(this.#send);
    this.#confirm();
    this.#flushWaiting(false);
  }

  closed(code: string | undefined): void {
    if (this.#state === CLOSED) return;
    const why = this.#why ?? code ?? "closed";
    // What the peer had sent before it went still counts.
    if (this.#isYielding && this.isUsable) this.#framer.resume();
    this.#confirm();
    this.#why = why;
    this.#state = CLOSED;
    this.#framer.stop();
    this.#disarmAll();
    const unconfirmed = this.#unconfirmed;
    const waiting = this.#waiting;
    this.#unconfirmed = [];
    this.#waiting = [];
    this.#waitingBytes = 0;
    // Out of the table first: who is told may send again at once and must not find this connection.
    this.#owner.gone(this, why);
    for (const written of unconfirmed) this.#fail(written.observer, why);
    for (const message of waiting) this.#fail(message.observer, why);
  }

  onTimer(kind: number): void {
    switch (kind) {
      case IDLE_TIMER:
        this.destroy("idle");
        break;
      case MESSAGE_TIMER:
        this.destroy("slow sender");
        break;
      case SEND_TIMER:
        this.destroy("slow reader");
        break;
      case CLOSE_TIMER:
        this.destroy("closed");
        break;
      case PING_TIMER:
        if (!this.#isBlocked) this.#transmit("\r\n\r\n", undefined);
        if (!this.#pong.isArmed) this.#owner.timers.arm(this.#pong, PONG_WITHIN_MS);
        this.#armPing();
        break;
      case PONG_TIMER:
        this.destroy("no pong");
        break;
    }
  }

  message(text: string): void {
    this.#owner.received(text, this, "no");
    if (this.#isYielding || !this.isUsable || !this.#owner.mustYield(this)) return;
    this.#isYielding = true;
    this.#framer.suspend();
    this.#stream?.pause?.();
  }

  ping(): void {
    const { tcpCrlfDrop, tcpCrlfPingpong } = this.#owner.settings;
    if (tcpCrlfDrop || !tcpCrlfPingpong || this.isWaiting) return;
    this.#transmit("\r\n", undefined);
  }

  broken(text: string, isTooLarge: boolean): void {
    this.#owner.received(text, this, isTooLarge ? "size" : "framing");
    this.closeAfterSending();
  }

  #transmit(text: string, observer: SendObserver | undefined): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#written += text.length;
    // A connection that is only written to hears nothing that would clear this list.
    if (this.#unconfirmed.length >= MAX_UNCONFIRMED) this.#confirm();
    if (observer !== undefined) this.#unconfirmed.push({ end: this.#written, observer });
    if (!stream.write(text) && !this.#isBlocked) {
      this.#isBlocked = true;
      this.#owner.timers.arm(this.#send, this.#owner.settings.tcpSendTimeoutMs);
    }
    this.#touch();
  }

  #watchMessage(): void {
    if (!this.isUsable) return;
    if (this.#framer.isIdle) {
      this.#owner.timers.disarm(this.#message);
    } else if (this.#framer.serial !== this.#timedMessage) {
      // Measured from the first byte of this message; further bytes buy no further time (S-06).
      this.#timedMessage = this.#framer.serial;
      this.#owner.timers.arm(this.#message, this.#owner.settings.tcpMaxMessageTimeMs);
    }
  }

  #flushWaiting(all: boolean): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    let sent = 0;
    while (sent < waiting.length && (all || !this.#isBlocked)) {
      const message = waiting[sent++];
      if (message === undefined) break;
      this.#waitingBytes -= message.text.length;
      this.#transmit(message.text, message.observer);
    }
    this.#waiting = waiting.slice(sent);
  }

  /** Forgets the observers of what has left. */
  #confirm(): void {
    if (this.#unconfirmed.length === 0) return;
    const left = this.#written - (this.#stream?.unsentBytes ?? 0);
    let gone = 0;
    while (gone < this.#unconfirmed.length && (this.#unconfirmed[gone]?.end ?? 0) <= left) gone++;
    if (gone > 0) this.#unconfirmed.splice(0, gone);
  }

  #fail(observer: SendObserver | undefined, why: string): void {
    this.#owner.sendFailed();
    observer?.sendFailed(why);
  }

  /** Whoever is at the other end is to be reached by this connection: it may be idle for so long, if that is longer than usual. */
  keepOpen(idleMs: number): void {
    this.#leastIdleMs = idleMs;
    this.#touch();
  }

  #touch(): void {
    if (this.#state !== OPEN) return;
    this.#owner.timers.arm(this.#idle, Math.max(this.#owner.settings.tcpConnectionLifetimeMs, this.#leastIdleMs));
  }

  #armPing(): void {
    const interval = this.#owner.settings.streamPingIntervalMs;
    if (interval > 0 && !this.isInbound) this.#owner.timers.arm(this.#ping, interval);
  }

  #disarmAll(): void {
    const { timers } = this.#owner;
    timers.disarm(this.#idle);
    timers.disarm(this.#message);
    timers.disarm(this.#send);
    timers.disarm(this.#close);
    timers.disarm(this.#ping);
    timers.disarm(this.#pong);
  }
}
