// A proxy that is started while its database server is not there: what each `dbStart` does and says, in both doors, and that everything is
// as it should be once the server comes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { silentLog } from "../../src/kit/index.ts";
import { openDatabase } from "../../src/store/index.ts";
import { readAll } from "../../src/store/schema/index.ts";
import { type DatabaseServer, MariadbServer, mariadbMissing, PostgresServer, postgresMissing } from "../../src/testing/databases/index.ts";
import { Child, type ChildEnd, eventually, freePorts, isBound, Management } from "../../src/testing/index.ts";
import { Phone, routeFor } from "../restart/phone.ts";

const LAUNCHER = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "bin", "dialoom");
/** A proxy that begins without its database looks for it every five seconds; the machine may be busy. */
const LATE_MS = 30_000;
const TRYING = "the database cannot be reached; trying again";

/** What a start is told. */
interface Start {
  readonly folder: string;
  readonly sip: number;
  readonly mi: number;
  readonly url: string;
  /** Undefined: nothing is said of it. */
  readonly policy: string | undefined;
}

/** One way to start the proxy. @returns its arguments */
type Door = (start: Start) => readonly string[];

const TYPESCRIPT: Door = ({ sip, mi, url, policy }) => [
  ...["-l", `udp:127.0.0.1:${sip}`, "--mi", `127.0.0.1:${mi}`, "--set", `store=${url}`],
  ...(policy === undefined ? [] : ["--set", `dbStart=${policy}`]),
];

const SCRIPT: Door = ({ folder, sip, mi, url, policy }) => {
  const file = join(folder, "opensips.cfg");
  const driver = url.startsWith("postgres") ? "db_postgres.so" : "db_mysql.so";
  writeFileSync(
    file,
    `
log_level=3
socket=udp:127.0.0.1:${sip}
loadmodule "proto_udp.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "signaling.so"
loadmodule "sipmsgops.so"
loadmodule "${driver}"
loadmodule "httpd.so"
modparam("httpd", "ip", "127.0.0.1")
modparam("httpd", "port", ${mi})
loadmodule "mi_http.so"
loadmodule "dialog.so"
modparam("dialog", "db_mode", 1)
modparam("dialog", "db_url", "${url}")
${policy === undefined ? "" : `modparam("dialoom", "db_start", "${policy}")`}
route {
  if (has_totag()) {
    if (!loose_route() && !match_dialog()) { send_reply(404, "Not here"); exit; }
    t_relay();
    exit;
  }
  if (is_method("INVITE")) { create_dialog(); }
  record_route();
  t_relay();
}
`,
  );
  return ["-f", file];
};

// side by side: most of it is waiting
describe("a start without the database server: refuse, wait and without, until it comes", { concurrency: true }, () => {
  for (const [name, begin, missing] of [
    ["PostgreSQL", () => PostgresServer.start(), postgresMissing()],
    ["MariaDB", () => MariadbServer.start(), mariadbMissing()],
  ] as const) {
    test(name, { skip: missing ?? false }, async (t) => {
      const server = await begin();
      t.after(() => server.remove());
      const stories = [TYPESCRIPT, SCRIPT].map((door) => new Story(t, server, door));
      await Promise.all(stories.map((story) => story.before()));
      await server.stop();
      await Promise.all(stories.map((story) => story.whileAway()));
      await server.start();
      await Promise.all(stories.map((story) => story.afterwards()));
    });
  }
});

/** What happens to the proxies of one door, in three parts. */
class Story {
  readonly #server: DatabaseServer;
  readonly #refusing: Node;
  readonly #waiting: Node;
  readonly #impatient: Node;
  readonly #without: Node;
  readonly #early: Call;
  readonly #meanwhile: Call;
  readonly #late: Call;

  constructor(t: TestContext, server: DatabaseServer, door: Door) {
    this.#server = server;
    this.#refusing = new Node(t, server, door, undefined);
    this.#waiting = new Node(t, server, door, "wait");
    this.#impatient = new Node(t, server, door, "wait");
    this.#without = new Node(t, server, door, "without");
    this.#early = new Call(t, "early@x");
    this.#meanwhile = new Call(t, "meanwhile@x");
    this.#late = new Call(t, "late@x");
  }

  get #nodes(): readonly Node[] {
    return [this.#refusing, this.#waiting, this.#impatient, this.#without];
  }

  /** A call of an earlier life, whose row waits in the table. */
  async before(): Promise<void> {
    const without = this.#without;
    for (const node of this.#nodes) await node.prepare();
    without.start();
    await without.isReady();
    await this.#early.begin(without);
    assert.deepEqual(await eventually(() => without.rows(), isEqual(["early@x"])), ["early@x"]);
    await without.kill();
  }

  async whileAway(): Promise<void> {
    for (const node of this.#nodes) node.start();
    await Promise.all([this.#refuses(), this.#begins(), this.#waits()]);
  }

  async #refuses(): Promise<void> {
    const node = this.#refusing;
    const { code, stderr } = await node.ended;
    assert.equal(code, 75, stderr);
    assert.equal(node.saidOf(TRYING), 2, node.output);
    assert.match(stderr, new RegExp(`store: .*127\\.0\\.0\\.1:${this.#server.port}`));
  }

  async #begins(): Promise<void> {
    const node = this.#without;
    await node.isReady();
    assert.equal(node.saidOf("starting without the database; it is written to when it comes"), 1, node.output);
    assert.equal(node.saidOf(TRYING), 0, node.output);
    assert.deepEqual(await node.numbers(), { "store:degraded": 1, "store:dropped": 0 });
    await this.#meanwhile.begin(node);
    assert.deepEqual(await eventually(() => node.calls(), isEqual(["meanwhile@x"])), ["meanwhile@x"]);
  }

  async #waits(): Promise<void> {
    for (const node of [this.#waiting, this.#impatient]) {
      const said = (): Promise<number> => Promise.resolve(node.saidOf(TRYING));
      assert.equal(await eventually(said, (times) => times === 3, LATE_MS), 3, node.output);
      assert.ok(node.isRunning);
      assert.equal(node.isListening, false, "nobody is heard before the calls are there");
    }
    // whoever ends a start that waits is obeyed
    this.#impatient.signal("SIGTERM");
    const { code, signal } = await this.#impatient.ended;
    assert.deepEqual([code, signal], [null, "SIGTERM"]);
  }

  async afterwards(): Promise<void> {
    await Promise.all([this.#goesOn(), this.#getsAll()]);
    for (const node of this.#nodes) assert.ok(!node.output.includes(this.#server.password), "the password is said to nobody");
  }

  async #goesOn(): Promise<void> {
    const node = this.#waiting;
    await node.isReady();
    const { output } = node;
    assert.match(output, /the database is there/);
    assert.equal(node.saidOf(TRYING), 3, "the first three tries have a line each");
    await this.#late.begin(node);
    assert.deepEqual(await eventually(() => node.rows(), isEqual(["late@x"])), ["late@x"]);
    await this.#late.end();
    assert.deepEqual(await eventually(() => node.rows(), isEqual([])), []);
  }

  /** Calls of the table come back, those of memory get their rows. */
  async #getsAll(): Promise<void> {
    const node = this.#without;
    const both = ["early@x", "meanwhile@x"];
    assert.deepEqual(await eventually(() => node.rows(), isEqual(both), LATE_MS), both);
    assert.deepEqual(await eventually(() => node.calls(), isEqual(both), LATE_MS), both);
    assert.deepEqual(await node.numbers(), { "store:degraded": 0, "store:dropped": 0 });
    assert.equal(node.saidOf("the database is there: calls came back"), 1, node.output);
    await this.#early.end();
    await this.#meanwhile.end();
    assert.deepEqual(await eventually(() => node.rows(), isEqual([])), []);
  }
}

function isEqual(wanted: readonly string[]): (found: readonly string[]) => boolean {
  return (found) => found.join() === wanted.join();
}

/** One proxy, whether it runs or not, with a database of its own. */
class Node {
  readonly #server: DatabaseServer;
  readonly #door: Door;
  readonly #policy: string | undefined;
  readonly #folder: string = mkdtempSync(join(tmpdir(), "dialoom-start-"));
  sip = 0;
  #mi = 0;
  #url = "";
  #child: Child | undefined = undefined;

  /** @param policy - `dbStart`; undefined: nothing is said of it */
  constructor(t: TestContext, server: DatabaseServer, door: Door, policy: string | undefined) {
    this.#server = server;
    this.#door = door;
    this.#policy = policy;
    t.after(async () => {
      await this.kill();
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  /** Makes the tables. */
  async prepare(): Promise<void> {
    const url = this.#server.url(await this.#server.createDatabase());
    const made = await new Child({ file: LAUNCHER, args: ["db", "init", url], cwd: this.#folder }).ended;
    assert.equal(made.code, 0, made.stdout + made.stderr);
    const [sip = 0, mi = 0] = await freePorts(2);
    this.#url = url;
    this.sip = sip;
    this.#mi = mi;
  }

  /** Starts the process, or the next one. */
  start(): void {
    const args = this.#door({ folder: this.#folder, sip: this.sip, mi: this.#mi, url: this.#url, policy: this.#policy });
    this.#child = new Child({ file: LAUNCHER, args, cwd: this.#folder });
  }

  async isReady(): Promise<void> {
    await this.#running.says(`http://127.0.0.1:${this.#mi}/mi`, LATE_MS);
  }

  async kill(): Promise<void> {
    this.#child?.signal("SIGKILL");
    await this.#child?.ended;
  }

  signal(name: NodeJS.Signals): void {
    this.#running.signal(name);
  }

  get #running(): Child {
    assert.ok(this.#child !== undefined);
    return this.#child;
  }

  get ended(): Promise<ChildEnd> {
    return this.#running.ended;
  }
  get isRunning(): boolean {
    return this.#running.isRunning;
  }
  get output(): string {
    return this.#running.output;
  }
  get isListening(): boolean {
    return isBound("udp", this.sip);
  }

  /** How many lines have a text in them. */
  saidOf(text: string): number {
    return this.output.split("\n").filter((line) => line.includes(text)).length;
  }

  get #management(): Management {
    return new Management(`127.0.0.1:${this.#mi}`);
  }

  numbers(): Promise<Readonly<Record<string, number>>> {
    return this.#management.statistics(["store:degraded", "store:dropped"]);
  }

  /** Call-IDs of confirmed calls in memory. */
  async calls(): Promise<readonly string[]> {
    const dialogs = await this.#management.dialogs();
    return dialogs
      .filter((one) => one.state === 4)
      .map((one) => one.callid)
      .sort();
  }

  /** Call-IDs in the table. */
  async rows(): Promise<readonly string[]> {
    const database = await openDatabase(this.#url, { log: silentLog });
    try {
      const rows = await readAll(database, { text: "SELECT callid FROM dialog", values: [] });
      return rows.map(([callId]) => String(callId)).sort();
    } finally {
      await database.close();
    }
  }
}

/** Two people who talk. */
class Call {
  readonly #callId: string;
  readonly #alice: Phone = new Phone("alice", "ta");
  readonly #bob: Phone = new Phone("bob", "tb");

  constructor(t: TestContext, callId: string) {
    this.#callId = callId;
    t.after(() => {
      this.#alice.close();
      this.#bob.close();
    });
  }

  async begin(node: Node): Promise<void> {
    const [alice, bob, callId] = [this.#alice, this.#bob, this.#callId];
    for (const phone of [alice, bob]) {
      await phone.open();
      phone.proxyPort = node.sip;
    }
    alice.request("INVITE", 1, bob, { callId });
    const invite = await bob.gets("INVITE");
    bob.route = routeFor(invite, false);
    bob.answer(invite, 200);
    alice.route = routeFor(await alice.gets("SIP/2.0 200"), true);
    alice.request("ACK", 1, bob, { callId, toTag: "tb" });
    await bob.gets("ACK");
  }

  async end(): Promise<void> {
    this.#bob.request("BYE", 1, this.#alice, { callId: this.#callId, toTag: "ta" });
    this.#alice.answer(await this.#alice.gets("BYE"), 200);
    await this.#bob.gets("SIP/2.0 200");
  }
}
