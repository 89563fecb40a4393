// The registrar of RFC 3261 section 10.3 in the reference's manner (side-modules 3): reads a REGISTER, checks all of it, changes the table
// at once or not at all, and says what the answer is.
import { type Counter, Feed, keep } from "../kit/index.ts";
import type { RequestContext } from "../proxy/index.ts";
import { H, isCleanHeaderText, parseUri, type SipRequest, type SipResponse, type SipUri } from "../sip/index.ts";
import type { Listener, Source } from "../transport/index.ts";
import { aorOf, aorOfText } from "./aor.ts";
import type { Binding, BindingParts } from "./binding.ts";
import { contactList } from "./contact-list.ts";
import { hasOption, type PathResult, readPath } from "./path.ts";
import { type PlannedStep, plan } from "./plan.ts";
import type { LocationChange, LocationDeps } from "./ports.ts";
import { Refusal } from "./refusal.ts";
import { readRegister, type WantedContact } from "./register-request.ts";
import type { SaveOptions } from "./save-options.ts";
import { defaultLocationSettings, type LocationSettings } from "./settings.ts";
import { LocationTable } from "./table.ts";

/** `Flags` of a binding that stores are not told of. */
const MEMORY_ONLY = 1;
const NOTHING: SaveOptions = Object.freeze({});

/** What a REGISTER came to. */
export interface SaveResult {
  /** 200, or the status of the refusal. */
  readonly status: number;
  readonly reason: string;
  /** Complete lines of the answer. */
  readonly headers: string;
  /** Why it was refused, "" when it was not. */
  readonly error: string;
  /** The address of record, "" when it could not be read. */
  readonly aor: string;
}

/** All tables of one engine. */
export class Registrar {
  settings: LocationSettings;
  /** Changes of all tables. */
  readonly feed: Feed<LocationChange>;
  readonly #deps: LocationDeps;
  readonly #tables = new Map<string, LocationTable>();
  readonly #accepted: Counter;
  readonly #rejected: Counter;

  constructor(deps: LocationDeps) {
    this.#deps = deps;
    this.settings = { ...defaultLocationSettings, ...deps.settings };
    this.feed = new Feed<LocationChange>(deps.onError);
    const { statistics } = deps;
    statistics.gauge("registrar", "max_expires", () => this.settings.maxExpiresMs / 1000);
    statistics.gauge("registrar", "max_contacts", () => this.settings.maxContacts);
    statistics.gauge("registrar", "default_expire", () => this.settings.defaultExpiresMs / 1000);
    this.#accepted = statistics.counter("registrar", "accepted_regs");
    this.#rejected = statistics.counter("registrar", "rejected_regs");
    statistics.gauge("usrloc", "registered_users", () => this.#sum((table) => table.size));
  }

  /** Changes settings before traffic; tables made before follow. */
  configure(settings: Partial<LocationSettings>): void {
    this.settings = { ...this.settings, ...settings };
    for (const table of this.#tables.values()) table.settings = this.settings;
  }

  /** A table by its name, made when it is asked for the first time. Names come from scripts and routes, never from the network. */
  table(name: string): LocationTable {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new LocationTable(name, this.settings, this.#deps, this.feed);
      this.#tables.set(name, table);
    }
    return table;
  }

  /** A table that exists. */
  find(name: string): LocationTable | undefined {
    return this.#tables.get(name);
  }

  tables(): Iterable<LocationTable> {
    return this.#tables.values();
  }

  /** Monotonic now, by which bindings are valid or not. */
  get now(): number {
    return this.#deps.clock.monotonic();
  }

  /** The wall clock. */
  get wallNow(): number {
    return this.#deps.clock.now();
  }

  /**
   * Does what a REGISTER asks for. Sends nothing.
   * @param granted - the 2xx of another registrar whose decision is saved here
   */
  save(table: string, request: SipRequest, source: Source, options: SaveOptions = NOTHING, granted?: SipResponse): SaveResult {
    const result = this.#save(this.table(table), request, source, options, granted);
    (result.status === 200 ? this.#accepted : this.#rejected).add();
    return result;
  }

  /**
   * `save` and the answer.
   * @returns 1 stored and answered, −2 refused, −1 the answer could not be sent
   */
  register(table: string, context: RequestContext, options: SaveOptions = NOTHING): 1 | -1 | -2 {
    const { status, reason, headers } = this.save(table, context.request, context.source, options);
    if (options.isSilent !== true && context.reply(status, reason, headers === "" ? undefined : { headers }) < 0) return -1;
    return status === 200 ? 1 : -2;
  }

  /** Takes every deadline off the wheel. For the end of the engine. */
  close(): void {
    for (const table of this.#tables.values()) table.close();
  }

  #save(table: LocationTable, request: SipRequest, source: Source, options: SaveOptions, granted: SipResponse | undefined): SaveResult {
    const { settings } = this;
    const key = options.aor === undefined ? aorOf(request.to.sipUri(), settings) : aorOfText(options.aor, settings);
    if (!key.ok) {
      if (key.fault === "tooLong") return this.#refused(new Refusal(500, "Address Of Record too long"), "");
      return this.#refused(new Refusal(400, "Error while parsing AOR"), "");
    }
    const aor = key.value;
    const register = readRegister(request, settings, options, granted);
    if (!register.ok) return this.#refused(register.fault, aor);
    const path = readPath(request, settings, options);
    if (!path.ok) return this.#refused(path.fault, aor);
    const received = options.received ?? "";
    if (received.length > settings.maxContactLength) return this.#refused(new Refusal(400, "Contact/received too long"), aor);
    const { clock } = this.#deps;
    const planned = plan(
      table.get(aor),
      {
        register: register.value,
        callId: request.callId,
        cseq: request.cseqNumber,
        now: clock.monotonic(),
        wallNow: clock.now(),
        matching: options.matching ?? settings.matching,
        maxContacts: options.maxContacts !== undefined && options.maxContacts > 0 ? options.maxContacts : settings.maxContacts,
        isForced: options.isForced === true,
      },
      settings,
    );
    if (!planned.ok) return this.#refused(planned.fault, aor);
    const added = planned.value.reduce((sum, step) => (step.do === "add" ? sum + 1 : sum), 0);
    if (!table.hasRoomFor(added)) return this.#refused(new Refusal(500, "usrloc_insert_ucontact failed"), aor);
    const touched = this.#apply(table, aor, planned.value, request, source, options, path.value);
    return this.#accepted200(table, aor, request, options, path.value, touched);
  }

  /** @returns the bindings of this very request */
  #apply(
    table: LocationTable,
    aor: string,
    steps: readonly PlannedStep[],
    request: SipRequest,
    source: Source,
    options: SaveOptions,
    path: PathResult,
  ): readonly Binding[] {
    const isMemoryOnly = options.isMemoryOnly === true;
    const touched: Binding[] = [];
    for (const step of steps) {
      if (step.do === "remove") table.remove(step.binding, "removed", isMemoryOnly);
      else if (step.do === "keep") touched.push(step.binding);
      else {
        const parts = this.#parts(step.contact, request, source, options, path);
        if (step.do === "add") touched.push(table.add(aor, parts, isMemoryOnly));
        else {
          table.update(step.binding, parts, isMemoryOnly);
          touched.push(step.binding);
        }
      }
    }
    return touched;
  }

  #parts(contact: WantedContact, request: SipRequest, source: Source, options: SaveOptions, path: PathResult): BindingParts {
    const { clock } = this.#deps;
    const { settings } = this;
    const ofRoute = options.received !== undefined && parseUri(options.received).ok ? options.received : "";
    const received = path.received || contact.received || ofRoute;
    const branchFlags = [...(options.branchFlags ?? [])];
    if (path.received !== "" && settings.natFlag !== "" && !branchFlags.includes(settings.natFlag)) branchFlags.push(settings.natFlag);
    return {
      uri: keep(contact.uri),
      endsAt: clock.monotonic() + contact.lifetimeMs + this.#deviation(),
      q: contact.q,
      callId: keep(request.callId),
      cseq: request.cseqNumber,
      userAgent: keep(request.header(H.UserAgent) ?? "n/a"),
      received: keep(received),
      path: path.values.map(keep),
      listener: this.#listener(request, source, options),
      flags: options.isMemoryOnly === true ? MEMORY_ONLY : 0,
      branchFlags,
      methods: contact.methods,
      instance: keep(contact.instance),
      attr: options.attr ?? "",
      modifiedAt: clock.now(),
    };
  }

  /** Refreshes that would all come in one second are spread. */
  #deviation(): number {
    const { expiresMaxDeviationMs } = this.settings;
    if (expiresMaxDeviationMs <= 0) return 0;
    return Math.floor((this.#deps.random.uint32() / 0x1_0000_0000) * expiresMaxDeviationMs);
  }

  #listener(request: SipRequest, source: Source, options: SaveOptions): Listener {
    const { socketHeader } = options;
    const named = socketHeader === undefined ? undefined : request.header(socketHeader);
    return (named === undefined ? undefined : this.#deps.listenerNamed(named.trim())) ?? source.listener;
  }

  #accepted200(
    table: LocationTable,
    aor: string,
    request: SipRequest,
    options: SaveOptions,
    path: PathResult,
    touched: readonly Binding[],
  ): SaveResult {
    const { clock } = this.#deps;
    const { settings } = this;
    const shown = options.onlyRequestContacts === true ? touched : (table.get(aor)?.bindings ?? []);
    const isGruuOffered = settings.isGruuOffered && hasOption(request, "gruu");
    const list = contactList(shown, {
      now: clock.monotonic(),
      epochSeconds: Math.floor(clock.now() / 1000),
      settings,
      gruuHost: isGruuOffered ? hostOf(request.to.sipUri()) : undefined,
    });
    let headers = list === "" ? "" : `Contact: ${list}\r\n`;
    if (path.isEchoed && path.values.length > 0) headers += `Path: ${path.values.join(", ")}\r\n`;
    return { status: 200, reason: "OK", headers, error: "", aor };
  }

  #refused(refusal: Refusal, aor: string): SaveResult {
    const { status, reason, error } = refusal;
    const text = isCleanHeaderText(error) ? error : "";
    let headers = `P-Registrar-Error: ${text}\r\n`;
    if (status >= 500 && this.settings.retryAfter > 0) headers += `Retry-After: ${this.settings.retryAfter}\r\n`;
    // RFC 3327 section 5.3
    if (status === 420) headers += "Unsupported: path\r\n";
    return { status, reason, headers, error, aor };
  }

  #sum(count: (table: LocationTable) => number): number {
    let sum = 0;
    for (const table of this.#tables.values()) sum += count(table);
    return sum;
  }
}

function hostOf(uri: SipUri | undefined): string | undefined {
  return uri === undefined || uri.host === "" ? undefined : uri.host;
}
