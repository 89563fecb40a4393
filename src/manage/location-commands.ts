// Registrations: listing, adding and taking away (side-modules 3.8).
import type { Commands } from "./commands.ts";
import { integer, type Outcome, text } from "./definition.ts";
import { fail } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { Listing } from "./listing.ts";
import { asWritten, shown } from "./text.ts";

/** One binding as it is shown. Texts are "" where nothing is known. */
export interface ContactEntry {
  readonly uri: string;
  readonly id: bigint;
  /** Infinity for a permanent one, 0 for one that has expired. */
  readonly secondsLeft: number;
  readonly q: string;
  readonly callId: string;
  readonly cseq: number;
  readonly userAgent: string;
  readonly received: string;
  readonly path: string;
  readonly state: "new" | "sync" | "dirty";
  readonly flags: number;
  readonly branchFlags: string;
  readonly socket: string;
  readonly methods: number;
  readonly attr: string;
  readonly instance: string;
  readonly latencyUs: number;
}

/** One address of record. */
export interface AorEntry {
  readonly aor: string;
  contacts(): readonly ContactEntry[];
}

/** Where registrations are. */
export interface RegistrationDirectory {
  tables(): Iterable<{ readonly name: string; readonly hashSize: number; aors(): Iterable<AorEntry> }>;
  hasTable(name: string): boolean;
  /** The key of an address as an operator writes it; undefined when its domain is missing. */
  key(aor: string): string | undefined;
  find(table: string, key: string): AorEntry | undefined;
  remove(table: string, key: string): void;
  /** @returns false when there is no such binding */
  removeContact(table: string, key: string, contact: string): boolean;
  /** @returns false for values that cannot be */
  add(
    table: string,
    key: string,
    contact: {
      readonly uri: string;
      readonly expiresS: number;
      readonly q: string;
      readonly flags: number;
      readonly branchFlags: string;
      readonly methods: number;
    },
  ): boolean;
}

/** Where registrations are kept besides memory. */
export interface RegistrationStore {
  /** Hands what has not been written yet to whoever writes it. */
  flush(): void;
  /** Hands all of a table to it, or one address. @param key - undefined for all */
  sync(table: string, key: string | undefined): void;
}

const STATES = { new: "CS_NEW", sync: "CS_SYNC", dirty: "CS_DIRTY" } as const;

/** Adds `ul_dump ul_show_contact ul_rm ul_rm_contact ul_add ul_flush ul_sync ul_cluster_sync`. */
export function registerLocationCommands(commands: Commands, directory: RegistrationDirectory, store?: RegistrationStore): void {
  commands.register({
    name: "ul_dump",
    modern: ["usrloc:dump"],
    module: "usrloc",
    help: "lists all registrations; with brief=1 the addresses alone",
    forms: [[], [integer("brief")]],
    run: (args) => dump(directory, args.integer("brief") === 1),
  });
  commands.register({
    name: "ul_show_contact",
    modern: ["usrloc:show_contact"],
    module: "usrloc",
    help: "shows the contacts of an address",
    forms: [[text("table_name"), text("aor")]],
    run: (args) =>
      onAddress(directory, args.text("table_name"), args.text("aor"), (table, key) => {
        const found = directory.find(table, key);
        return found === undefined ? fail(404, "AOR not found") : aorJson(found, false);
      }),
  });
  commands.register({
    name: "ul_rm",
    modern: ["usrloc:rm"],
    module: "usrloc",
    help: "removes an address with all its contacts",
    forms: [[text("table_name"), text("aor")]],
    run: (args) =>
      onAddress(directory, args.text("table_name"), args.text("aor"), (table, key) => {
        directory.remove(table, key);
        return "OK";
      }),
  });
  commands.register({
    name: "ul_rm_contact",
    modern: ["usrloc:rm_contact"],
    module: "usrloc",
    help: "removes one contact of an address",
    forms: [[text("table_name"), text("aor"), text("contact")]],
    run: (args) =>
      onAddress(directory, args.text("table_name"), args.text("aor"), (table, key) => {
        if (directory.find(table, key) === undefined) return fail(404, "AOR not found");
        return directory.removeContact(table, key, asWritten(args.text("contact") ?? "")) ? "OK" : fail(404, "Contact not found");
      }),
  });
  registerAdd(commands, directory);
  registerStoring(commands, directory, store);
}

function registerAdd(commands: Commands, directory: RegistrationDirectory): void {
  commands.register({
    name: "ul_add",
    modern: ["usrloc:add"],
    module: "usrloc",
    help: "adds a contact, or changes one; expires 0 means for ever",
    forms: [
      [
        text("table_name"),
        text("aor"),
        text("contact"),
        integer("expires"),
        text("q"),
        integer("flags"),
        text("cflags"),
        integer("methods"),
      ],
    ],
    run: (args) =>
      onAddress(directory, args.text("table_name"), args.text("aor"), (table, key) => {
        const isAdded = directory.add(table, key, {
          uri: asWritten(args.text("contact") ?? ""),
          expiresS: args.integer("expires") ?? 0,
          q: args.text("q") ?? "",
          flags: args.integer("flags") ?? 0,
          branchFlags: args.text("cflags") ?? "",
          methods: args.integer("methods") ?? 0,
        });
        return isAdded ? "OK" : fail(400, "Bad parameter value");
      }),
  });
}

/** Without a store there is nothing to be written, and without other nodes nothing to ask for. */
function registerStoring(commands: Commands, directory: RegistrationDirectory, store: RegistrationStore | undefined): void {
  commands.register({
    name: "ul_flush",
    modern: ["usrloc:flush"],
    module: "usrloc",
    help: "writes changes of registrations that have not been stored yet",
    forms: [[]],
    run: () => {
      store?.flush();
      return "OK";
    },
  });
  commands.register({
    name: "ul_sync",
    modern: ["usrloc:sync"],
    module: "usrloc",
    help: "writes all registrations of a table, or of one address, to its store",
    forms: [[text("table_name")], [text("table_name"), text("aor")]],
    run: (args) => {
      const table = args.text("table_name") ?? "";
      if (!directory.hasTable(table)) return fail(404, "Table not found");
      const aor = args.text("aor");
      if (aor === undefined) {
        store?.sync(table, undefined);
        return "OK";
      }
      return onAddress(directory, table, aor, (_table, key) => {
        if (directory.find(table, key) === undefined) return fail(404, "AOR not found");
        store?.sync(table, key);
        return "OK";
      });
    },
  });
  commands.register({
    name: "ul_cluster_sync",
    modern: ["usrloc:cluster_sync"],
    module: "usrloc",
    help: "asks the other nodes for their registrations",
    forms: [[]],
    run: () => "OK",
  });
}

function onAddress(directory: RegistrationDirectory, table = "", aor = "", run: (table: string, key: string) => Outcome): Outcome {
  if (!directory.hasTable(table)) return fail(404, "Table not found");
  const key = directory.key(asWritten(aor));
  return key === undefined ? fail(400, "Domain missing in AOR") : run(table, key);
}

/** Written address by address while the reply leaves: a table may hold a million of them. */
function dump(directory: RegistrationDirectory, isBrief: boolean): Listing {
  return new Listing("Domains", tableListings(directory, isBrief));
}

function* tableListings(directory: RegistrationDirectory, isBrief: boolean): Generator<Listing, void, undefined> {
  for (const table of directory.tables()) {
    yield new Listing("AORs", aorJsons(table.aors(), isBrief), { name: table.name, hash_size: table.hashSize });
  }
}

function* aorJsons(aors: Iterable<AorEntry>, isBrief: boolean): Generator<JsonObject, void, undefined> {
  for (const aor of aors) yield aorJson(aor, isBrief);
}

function aorJson(entry: AorEntry, isBrief: boolean): JsonObject {
  if (isBrief) return { AOR: shown(entry.aor) };
  return { AOR: shown(entry.aor), Contacts: entry.contacts().map(contactJson) };
}

/** The order of the members is part of the contract. */
function contactJson(contact: ContactEntry): JsonObject {
  const json: Record<string, JsonValue> = {
    Contact: shown(contact.uri),
    ContactID: String(contact.id),
    Expires: contact.secondsLeft === Number.POSITIVE_INFINITY ? "permanent" : contact.secondsLeft > 0 ? contact.secondsLeft : "expired",
    Q: contact.q,
    Callid: shown(contact.callId),
    Cseq: contact.cseq,
  };
  optional(json, "User-agent", contact.userAgent);
  optional(json, "Received", contact.received);
  optional(json, "Path", contact.path);
  json["State"] = STATES[contact.state];
  json["Flags"] = contact.flags;
  json["Cflags"] = contact.branchFlags;
  optional(json, "Socket", contact.socket);
  json["Methods"] = contact.methods;
  optional(json, "Attr", contact.attr);
  optional(json, "SIP_instance", contact.instance);
  if (contact.latencyUs > 0) json["Ping-Latency"] = contact.latencyUs;
  return json;
}

function optional(json: Record<string, JsonValue>, name: string, value: string): void {
  if (value !== "") json[name] = shown(value);
}
