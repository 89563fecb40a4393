// One engine: every room, wired. Clock, randomness and network come from outside, so the same engine runs on a machine and in
// virtual time.
import { Accounting } from "../accounting/index.ts";
import { App, type Injection, type InjectResult, type ListeningAddress } from "../app/index.ts";
import { CallerAuth, PartyReplacer } from "../auth/index.ts";
import { type Dialog, DialogTracker, roundTableSize } from "../dialog/index.ts";
import {
  type Alarm,
  type Clock,
  type Defer,
  DialoomError,
  ErrorCodes,
  Feed,
  type Hash,
  type Log,
  type Ms,
  Outbox,
  type Random,
  SecondsWheel,
  SipHash,
  Slices,
  Statistics,
  Timers,
} from "../kit/index.ts";
import { Registrar } from "../location/index.ts";
import { Profiles } from "../profile/index.ts";
import { SipProxy } from "../proxy/index.ts";
import { type Database, Databases, openDatabase, registerStoreStatistics, StoreError } from "../store/index.ts";
import { TopologyHiding } from "../topology/index.ts";
import { TransactionLayer } from "../transaction/index.ts";
import {
  type DnsClient,
  DnsResolver,
  type MessageReceiver,
  type Network,
  parseSocket,
  type Resolver,
  type SocketSpec,
  TransportLayer,
} from "../transport/index.ts";
import { Calls } from "./calls.ts";
import { Gate } from "./drain.ts";
import { HeldMessages } from "./held-messages.ts";
import type { Settings } from "./options.ts";
import { type RoomSettings, roomSettings } from "./room-settings.ts";
import { Rows } from "./rows.ts";
import { writerOf } from "./stores.ts";

/** How long the end waits for databases that take no rows. */
const STORE_GRACE_MS: Ms = 2_000;

/** Rows that remain at the end are waited for in all. */
const LONGEST_SAVE_MS: Ms = 60_000;

/** Hears nothing: whoever speaks says it again, to the next process perhaps. */
const DEAF: MessageReceiver = { message: () => {}, malformed: () => {} };

/** What an engine stands on. */
export interface EngineDeps {
  readonly clock: Clock;
  /** Has to call `timers.run()`: connect it with `engine.timers` before the first message. */
  readonly alarm: Alarm;
  /** The end of the turn. */
  readonly defer: Defer;
  readonly random: Random;
  /** Digests of text. */
  readonly digest: Hash;
  readonly network: Network;
  readonly dns: DnsClient;
  /** Text of the hosts file. */
  readonly hosts: string;
  readonly log: Log;
  readonly settings: Settings;
  /** Opens a database; left out, the one on this machine or the server that the URL names. */
  readonly connect?: ((url: string) => Promise<Database>) | undefined;
  /** Told while calls come back from a database. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  /** What `app.listen()` and its kin do when more than the engine has to start and stop. */
  readonly host?: EngineHost;
}

/** Who runs an engine as a process. */
export interface EngineHost {
  listen(): Promise<readonly ListeningAddress[]>;
  close(): Promise<void>;
  inject(message: string | Uint8Array, injection?: Injection): Promise<InjectResult>;
}

/** A database stops taking rows, or takes them again. */
export interface Degradation {
  readonly database: string;
  readonly isDegraded: boolean;
  readonly reason: string;
}

/** Every room, and the TypeScript door on top. */
export interface Engine {
  readonly clock: Clock;
  readonly log: Log;
  readonly digest: Hash;
  readonly random: Random;
  readonly timers: Timers;
  readonly wheel: SecondsWheel;
  readonly slices: Slices;
  readonly outbox: Outbox;
  readonly statistics: Statistics;
  readonly resolver: Resolver;
  readonly transport: TransportLayer;
  readonly transactions: TransactionLayer;
  readonly proxy: SipProxy;
  readonly profiles: Profiles<Dialog>;
  readonly dialogs: DialogTracker;
  readonly topology: TopologyHiding;
  readonly registrar: Registrar;
  readonly accounting: Accounting;
  readonly databases: Databases;
  readonly calls: Calls;
  readonly rows: Rows;
  /** Whether the settings name any database. */
  readonly hasDatabases: boolean;
  /** Databases that stop taking rows, and take them again. */
  readonly degradations: Feed<Degradation>;
  /** The end waits for rows to be written. */
  readonly isSaving: boolean;
  readonly rooms: RoomSettings;
  readonly app: App;
  readonly gate: Gate;
  /**
   * Binds every socket of the settings and brings back what is in databases; then messages are handled.
   * @param bound - done before anything comes back: what came due meanwhile happens to calls as soon as they are here
   * @throws DialoomError `DIALOOM_LISTEN_FAILED` naming all that could not be bound; `DIALOOM_STORE_UNAVAILABLE` or
   * `DIALOOM_CONFIG_INVALID` for a database that is not there or cannot be used
   */
  start(bound?: () => Promise<void>): Promise<readonly ListeningAddress[]>;
  /** Closes the sockets after what was sent has left, and the databases after what is true stands in them. */
  stop(): Promise<void>;
}

/** Wires the rooms. Nothing is bound and no timer runs before `transport.listen()`. */
export function createEngine(deps: EngineDeps): Engine {
  const { clock, defer, random, log } = deps;
  const rooms = roomSettings(deps.settings);
  const onError = (error: unknown): void => log.error({ err: error }, "an internal error was contained");
  const timers = new Timers(clock, deps.alarm, onError);
  const slices = new Slices(clock, defer, onError);
  const wheel = new SecondsWheel(clock, timers, slices, onError);
  const outbox = new Outbox(defer, onError);
  const statistics = new Statistics();
  const hash = new SipHash([random.uint32(), random.uint32(), random.uint32(), random.uint32()]);
  const quickHash = new SipHash(quickKey(hash), "1-3");

  const resolver = new DnsResolver({
    dns: deps.dns,
    hosts: deps.hosts,
    clock,
    timers,
    statistics,
    random,
    settings: rooms.dns,
    transports: () => transport.transports,
    families: () => transport.families,
  });
  const transport: TransportLayer = new TransportLayer({
    network: deps.network,
    timers,
    clock,
    statistics,
    outbox,
    settings: rooms.transport,
    log,
    resolver,
  });
  const transactions = new TransactionLayer({
    transport,
    resolver,
    clock,
    timers,
    random,
    statistics,
    hash: quickHash,
    log,
    settings: rooms.transaction,
  });
  const proxy = new SipProxy({
    transactions,
    transport,
    resolver,
    statistics,
    clock,
    random,
    hash: quickHash,
    defer,
    log,
    settings: rooms.proxy,
  });
  const profiles = new Profiles<Dialog>();
  for (const entry of deps.settings.profiles) {
    if (typeof entry === "string") profiles.define(entry, { withValue: true });
    else profiles.define(entry.name, { withValue: entry.withValue ?? true });
  }
  const dialogs = new DialogTracker({
    transactions,
    proxy,
    transport,
    profiles,
    wheel,
    clock,
    random,
    hash,
    statistics,
    log,
    settings: rooms.dialog,
  });
  const tableSize = roundTableSize(rooms.dialog.hashSize);
  if (tableSize !== rooms.dialog.hashSize) {
    log.warn({ hashSize: rooms.dialog.hashSize, used: tableSize }, "hashSize is no power of two: rounded down");
  }
  const topology = new TopologyHiding({ dialogs, transactions, proxy, transport, log, settings: rooms.topology });
  const registrar = new Registrar({
    clock,
    wheel,
    random,
    hash,
    statistics,
    onError,
    listenerNamed: (socket) => transport.listeners.find((one) => one.name === socket),
    settings: rooms.location,
  });
  const accounting = new Accounting({ clock, dialogs, onError });
  const receiver = topology.receiver(transactions);
  transport.receiver = receiver;
  transport.tap = dialogs.messages;
  const auth = new CallerAuth({ dialogs, proxy, digest: deps.digest, hash, log });
  const parties = new PartyReplacer({ dialogs, proxy });
  transactions.user = proxy;

  const { settings } = deps;
  const degradations = new Feed<Degradation>(onError);
  const stopping = new AbortController();
  const open = (url: string): Promise<Database> =>
    openDatabase(url, {
      log,
      start: settings.dbStart,
      synchronous: settings.dbSynchronous,
      pragmas: settings.dbPragmas,
      busyMs: settings.dbBusyTimeout,
      owner: stopping,
      signal: stopping.signal,
    });
  const databases = new Databases({
    connect: deps.connect ?? open,
    writer: (database) => {
      const onDegraded = (isDegraded: boolean, reason: string): void =>
        degradations.publish({ database: database.name, isDegraded, reason });
      return writerOf(database, { outbox, clock, timers, random, log, queueMax: settings.dbQueueMax, onDegraded });
    },
  });
  const calls = new Calls({
    settings: rooms.calls,
    databases,
    dialogs,
    topology,
    clock,
    timers,
    slices,
    statistics,
    log,
    freshSecret: () => secretBytes(random),
    useSecret: (secret) => {
      hash.key = keyOf(secret);
      quickHash.key = quickKey(hash);
    },
    progress: deps.progress,
  });
  const rows = new Rows({
    settings: rooms.rows,
    databases,
    registrar,
    accounting,
    dialogs,
    clock,
    timers,
    defer,
    random,
    log,
    statistics,
  });

  const hasDatabases = calls.areStored || rows.areStored;
  if (hasDatabases) {
    registerStoreStatistics(
      statistics,
      function* () {
        for (const { writer } of databases.all()) yield writer;
      },
      () => (calls.areUnkept ? 1 : 0),
    );
  }

  const held = hasDatabases ? new HeldMessages(receiver, statistics.counter("store", "unheard_messages")) : undefined;
  const start = async (bound?: () => Promise<void>): Promise<readonly ListeningAddress[]> => {
    try {
      await calls.open();
      await rows.open();
      // who speaks before everything is back has to wait for it
      if (held !== undefined) transport.receiver = held;
      await transport.listen(socketSpecs(deps.settings));
      await bound?.();
      await calls.start();
      await rows.start();
    } catch (error) {
      throw error instanceof StoreError ? storeProblem(error) : error;
    }
    held?.release(slices, () => {
      transport.receiver = receiver;
    });
    return transport.listeners.map(({ transport: name, ip, port }) => ({ transport: name, ip, port }));
  };
  const pendingRows = (): number => {
    let pending = 0;
    for (const { writer } of databases.all()) pending += writer.state.pending;
    return pending;
  };
  let isSaving = false;
  const saveRows = async (): Promise<void> => {
    const until = clock.monotonic() + LONGEST_SAVE_MS;
    isSaving = true;
    while (!(await databases.drain(STORE_GRACE_MS)) && pendingRows() > 0 && clock.monotonic() < until);
    isSaving = false;
    const rowsLost = pendingRows();
    if (rowsLost > 0) log.error({ rowsLost }, "rows were not written before the end");
  };
  const stop = async (): Promise<void> => {
    stopping.abort();
    // what comes from here on is for the next process, which knows the calls as they are written now
    held?.drop();
    if (hasDatabases) transport.receiver = DEAF;
    outbox.flush();
    await calls.stop(STORE_GRACE_MS);
    await rows.stop(STORE_GRACE_MS);
    await saveRows();
    registrar.close();
    await transport.close();
    await databases.close();
  };
  const { host } = deps;
  const app = new App({
    dialogs,
    topology,
    auth,
    parties,
    registrar,
    accounting,
    profiles,
    timers,
    slices,
    statistics,
    log,
    routeTimeoutMs: deps.settings.routeTimeout,
    isMyself: (name, port, via) => transport.isMyself(name, port, via),
    listen: () => (host === undefined ? start() : host.listen()),
    close: () => (host === undefined ? stop() : host.close()),
    inject: (message, injection) => {
      if (host !== undefined) return host.inject(message, injection);
      return Promise.reject(new DialoomError(ErrorCodes.NotListening, "inject() belongs to apps made with dialoom()"));
    },
  });
  const gate = new Gate(app);
  proxy.router = gate;
  return {
    app,
    gate,
    start,
    stop,
    clock,
    log,
    digest: deps.digest,
    timers,
    wheel,
    slices,
    outbox,
    statistics,
    random,
    resolver,
    transport,
    transactions,
    proxy,
    profiles,
    dialogs,
    topology,
    registrar,
    accounting,
    databases,
    calls,
    rows,
    hasDatabases,
    degradations,
    get isSaving() {
      return isSaving;
    },
    rooms,
  };
}

/** Words for people, and a code that says whether it is worth trying again. */
function storeProblem(error: StoreError): DialoomError {
  const code = error.fault === "refused" ? ErrorCodes.ConfigInvalid : ErrorCodes.StoreUnavailable;
  return new DialoomError(code, `store: ${error.message}`, { cause: error });
}

type Key = readonly [number, number, number, number];

/** For branches and the like, which are worth something for seconds: a secret of its own that comes of the first. */
function quickKey(hash: SipHash): Key {
  return [hash.hash("quick low"), hash.high, hash.hash("quick high"), hash.high];
}

function secretBytes(random: Random): Uint8Array {
  return Buffer.from(Uint32Array.of(random.uint32(), random.uint32(), random.uint32(), random.uint32()).buffer);
}

/** @param secret - sixteen bytes */
function keyOf(secret: Uint8Array): Key {
  const bytes = Buffer.from(secret);
  return [bytes.readInt32LE(0), bytes.readInt32LE(4), bytes.readInt32LE(8), bytes.readInt32LE(12)];
}

/** Every socket asked for; the texts were checked with the settings. */
function socketSpecs(settings: Settings): SocketSpec[] {
  return settings.listen.map((text) => {
    const spec = parseSocket(text);
    if (!spec.ok) throw new DialoomError(ErrorCodes.ConfigInvalid, `listen: ${spec.fault}`);
    return spec.value;
  });
}
