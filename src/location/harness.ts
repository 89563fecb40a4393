// A registrar in virtual time. REGISTERs come from 10.0.0.2:5062 over UDP. For the tests of this room.
import { type Alarm, type Clock, invariant, type Random, SecondsWheel, SipHash, Slices, Statistics, Timers } from "../kit/index.ts";
import { parseMessage, SipRequest } from "../sip/index.ts";
import type { Listener, Source } from "../transport/index.ts";
import type { LocationChange } from "./ports.ts";
import { Registrar, type SaveResult } from "./registrar.ts";
import type { SaveOptions } from "./save-options.ts";
import type { LocationSettings } from "./settings.ts";
import type { LocationTable } from "./table.ts";

/** What the clock of the test bench offers; handed in, so that this file belongs to no floor above. */
export interface VirtualClock extends Clock, Alarm {
  readonly defer: (run: () => void) => void;
  wakes(run: () => void): void;
  advance(ms: number): void;
}

/** A listener of ours. */
export function listener(port: number, index: number): Listener {
  const name = `udp:10.0.0.1:${port}`;
  return {
    index,
    transport: "udp",
    ip: "10.0.0.1",
    port,
    family: 4,
    name,
    sentBy: "10.0.0.1",
    uriHost: "10.0.0.1",
    advertisedHost: "10.0.0.1",
    advertisedPort: port,
    tag: undefined,
    isReliable: false,
  };
}

/** Parts of a REGISTER that differ from the usual ones. */
export interface Shape {
  readonly user?: string;
  readonly callId?: string;
  readonly cseq?: number;
  /** Complete lines. */
  readonly headers?: string;
}

/** Text of a REGISTER of alice with these Contact values. */
export function register(contacts: readonly string[], { user = "alice", callId = "reg-1", cseq = 1, headers = "" }: Shape = {}): string {
  return [
    "REGISTER sip:example.com SIP/2.0",
    "Via: SIP/2.0/UDP 10.0.0.2:5062;branch=z9hG4bK-r",
    `From: <sip:${user}@example.com>;tag=1`,
    `To: <sip:${user}@example.com>`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} REGISTER`,
    ...contacts.map((contact) => `Contact: ${contact}`),
    `${headers}Content-Length: 0`,
    "",
    "",
  ].join("\r\n");
}

/** A registrar and what it has said. */
export class LocationHarness {
  readonly clock: VirtualClock;
  readonly statistics: Statistics = new Statistics();
  readonly wheel: SecondsWheel;
  readonly registrar: Registrar;
  readonly changes: LocationChange[] = [];
  readonly errors: unknown[] = [];
  readonly listeners: readonly Listener[] = [listener(5060, 0), listener(5070, 1)];

  constructor(clock: VirtualClock, random: Random, settings: Partial<LocationSettings> = {}) {
    this.clock = clock;
    const onError = (error: unknown): void => {
      this.errors.push(error);
    };
    const timers = new Timers(clock, clock, onError);
    clock.wakes(() => timers.run());
    this.wheel = new SecondsWheel(clock, timers, new Slices(clock, clock.defer, onError), onError);
    this.registrar = new Registrar({
      clock,
      wheel: this.wheel,
      random,
      hash: new SipHash([1, 2, 3, 4]),
      statistics: this.statistics,
      onError,
      listenerNamed: (socket) => this.listeners.find((one) => one.name === socket),
      settings,
    });
    this.registrar.feed.subscribe((change) => void this.changes.push(change));
  }

  get table(): LocationTable {
    return this.registrar.table("location");
  }

  get source(): Source {
    const [first] = this.listeners;
    invariant(first !== undefined, "there is a listener");
    return { listener: first, ip: "10.0.0.2", port: 5062, flow: 0 };
  }

  /** The request a text makes. */
  read(text: string): SipRequest {
    const parsed = parseMessage(text);
    invariant(parsed.ok && parsed.value instanceof SipRequest, `the test's own request parses:\n${text}`);
    return parsed.value;
  }

  save(text: string, options?: SaveOptions): SaveResult {
    return this.registrar.save("location", this.read(text), this.source, options);
  }

  /** Saves Contacts of alice. */
  register(contacts: readonly string[], shape?: Shape, options?: SaveOptions): SaveResult {
    return this.save(register(contacts, shape), options);
  }

  /** URIs bound to a user, best first. */
  uris(user = "alice"): readonly string[] {
    return this.table.get(user)?.bindings.map((binding) => binding.uri) ?? [];
  }

  stat(name: string): number | undefined {
    return this.statistics.find(name)?.read();
  }
}
