// Registrations as routes use them: storing a REGISTER, finding where somebody can be reached, hearing who comes and goes.
import type { Duration } from "../kit/index.ts";
import {
  type Binding,
  bindingsOf,
  type LocationChange,
  type LookupOptions,
  lookup,
  type PathMode,
  type Registrar,
  removeBindings,
  type SaveOptions,
} from "../location/index.ts";
import { bracketed } from "../sip/index.ts";
import { lifetimeOf } from "./dialog.ts";
import type { IncomingRequest } from "./request.ts";
import type { FullTarget } from "./target.ts";

/** How a REGISTER is stored. */
export interface RegisterOptions {
  /** The table. Default `location`. */
  readonly table?: string;
  /** URI of the address that is registered. Default: To. */
  readonly aor?: string;
  /** Most contacts of one address, 0 for no limit. Default: the registrar's setting. */
  readonly maxContacts?: number;
  /** Beyond that limit the oldest contacts go, instead of a 503. Default false. */
  readonly replaceOldest?: boolean;
  /** Lifetimes are brought between these. Defaults: the registrar's settings. */
  readonly minExpires?: Duration;
  readonly maxExpires?: Duration;
  /** Paths of RFC 3327. Default `off`. */
  readonly path?: PathMode;
  /** Requests to the contacts go to where the REGISTER came from, not to what it says: for clients behind a NAT. Default false. */
  readonly viaSource?: boolean;
}

/** One contact of an address. */
export interface RegisteredContact {
  readonly uri: string;
  /** Seconds left; Infinity for one that does not end. */
  readonly secondsLeft: number;
  /** 0 to 1; undefined when it was not said. */
  readonly q: number | undefined;
  readonly userAgent: string;
}

const TABLE = "location";

/** Where users can be reached. */
export class Location {
  /** @internal */ readonly registrar: Registrar;

  constructor(registrar: Registrar) {
    this.registrar = registrar;
  }

  /**
   * Does what a REGISTER asks for, and answers it: 200 with all contacts, or the refusal.
   * @returns whether it was stored
   * @throws DialoomError for a duration that cannot be read
   */
  register(request: IncomingRequest, options: RegisterOptions = {}): boolean {
    const { table = TABLE, aor, maxContacts, replaceOldest, minExpires, maxExpires, path, viaSource } = options;
    const how: SaveOptions = {
      aor,
      maxContacts,
      isForced: replaceOldest,
      minExpiresMs: minExpires === undefined ? undefined : lifetimeOf(minExpires),
      maxExpiresMs: maxExpires === undefined ? undefined : lifetimeOf(maxExpires),
      path,
      received: viaSource === true ? sourceUri(request) : undefined,
    };
    return this.registrar.register(table, request.context, how) === 1;
  }

  /**
   * Where somebody can be reached, best first: hand it to `relay()`.
   * @param who - a request, for its Request-URI, or a URI
   * @param options - contacts that do not support the method of a request can be left out with `method`
   * @returns an empty list when nobody is there
   */
  targets(who: IncomingRequest | string, options: LookupOptions & { readonly table?: string } = {}): FullTarget[] {
    const uri = typeof who === "string" ? who : who.requestUri;
    return lookup(this.registrar, options.table ?? TABLE, uri, options).bindings.map(target);
  }

  /** The contacts of a URI; an empty list when there is none. */
  contacts(aor: string, table: string = TABLE): readonly RegisteredContact[] {
    const { now } = this.registrar;
    return (bindingsOf(this.registrar, table, aor) ?? []).map((binding) => ({
      uri: binding.uri,
      secondsLeft: binding.secondsLeft(now),
      q: binding.parts.q < 0 ? undefined : binding.parts.q / 1000,
      userAgent: binding.parts.userAgent,
    }));
  }

  /** Whether somebody can be reached under a URI. */
  isRegistered(aor: string, table: string = TABLE): boolean {
    return (bindingsOf(this.registrar, table, aor)?.length ?? 0) > 0;
  }

  /** Takes the contacts of a URI away, or one of them. @returns how many went */
  remove(aor: string, contact?: string, table: string = TABLE): number {
    return Math.max(0, removeBindings(this.registrar, table, aor, { contact }));
  }

  /**
   * Hears every change of every table, once and in order.
   * @returns a function that stops it
   */
  onChange(listener: (change: LocationChange) => void): () => void {
    return this.registrar.feed.subscribe(listener);
  }
}

function target(binding: Binding): FullTarget {
  const { parts, nextHop } = binding;
  const found: { -readonly [K in keyof FullTarget]: FullTarget[K] } = { requestUri: parts.uri, q: parts.q < 0 ? 1 : parts.q / 1000 };
  if (nextHop !== undefined) found.nextHop = nextHop;
  if (parts.path.length > 0) found.routes = parts.path;
  if (parts.listener !== undefined) found.listener = parts.listener;
  return found;
}

function sourceUri({ source }: IncomingRequest): string {
  const transport = source.transport === "udp" ? "" : `;transport=${source.transport}`;
  return `sip:${bracketed(source.ip)}:${source.port}${transport}`;
}
