// Outages of database servers under real calls through a real process: no call fails, nothing that is true is lost, and when the server is
// back its table says what memory says.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { silentLog } from "../../src/kit/index.ts";
import { type Database, openDatabase } from "../../src/store/index.ts";
import {
  type DatabaseServer,
  MariadbServer,
  mariadbMissing,
  PostgresServer,
  postgresMissing,
  Relay,
} from "../../src/testing/databases/index.ts";
import { Child, eventually, freePorts, Management, Sipp, sippMissing } from "../../src/testing/index.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const LAUNCHER = join(ROOT, "bin", "dialoom");
const CALLS = 120;
/** Calls a second: what a busy machine with two cores carries beside a database and two SIPps. */
const RATE = 60;
/** Calls talk for so long, so that all are up when the server is back. */
const TALK_MS = 12_000;

const KINDS = [
  { name: "PostgreSQL", start: () => PostgresServer.start(), missing: postgresMissing() },
  { name: "MariaDB", start: () => MariadbServer.start(), missing: mariadbMissing() },
];

for (const { name, start, missing } of KINDS) {
  describe(`calls while ${name} is away`, { skip: missing ?? sippMissing() ?? false }, () => {
    let server: DatabaseServer;
    before(async () => {
      server = await start();
    });
    after(() => server?.remove());

    /** Calls begin; after a second the trouble does, three seconds later it ends. */
    const through = async (t: TestContext, begin: (relay: Relay) => unknown, end: (relay: Relay) => unknown): Promise<void> => {
      const relay = await Relay.start(server.port);
      t.after(async () => {
        server.thaw();
        await server.start();
        await relay.close();
      });
      const node = await Node.begin(t, server, relay);
      await node.place();
      await pause(1000);
      await begin(relay);
      await pause(3000);
      await end(relay);
      await node.equal();
      await node.over();
    };

    test("stopped and started again", (t) =>
      through(
        t,
        () => server.stop(),
        () => server.start(),
      ));
    test("killed and started again", (t) =>
      through(
        t,
        () => server.kill(),
        () => server.start(),
      ));
    test("frozen", (t) =>
      through(
        t,
        () => server.freeze(),
        () => server.thaw(),
      ));
    test("750 ms away", (t) =>
      through(
        t,
        (relay) => relay.delay(750),
        (relay) => relay.delay(0),
      ));
    test("nothing comes through", (t) =>
      through(
        t,
        (relay) => relay.hold(true),
        (relay) => relay.hold(false),
      ));
    test("the connection breaks again and again", (t) => {
      let timer: NodeJS.Timeout | undefined;
      t.after(() => clearInterval(timer));
      return through(
        t,
        (relay) => {
          timer = setInterval(() => relay.cut(), 200);
        },
        () => clearInterval(timer),
      );
    });
  });
}

/** One proxy with its database, and two SIPps. */
class Node {
  readonly #folder: string;
  readonly #sip: number;
  readonly #mi: number;
  readonly #database: Database;
  #agents: readonly Sipp[] = [];

  private constructor(parts: { folder: string; sip: number; mi: number; database: Database }) {
    this.#folder = parts.folder;
    this.#sip = parts.sip;
    this.#mi = parts.mi;
    this.#database = parts.database;
  }

  static async begin(t: TestContext, server: DatabaseServer, relay: Relay): Promise<Node> {
    const folder = mkdtempSync(join(tmpdir(), "dialoom-outage-"));
    const name = await server.createDatabase();
    const made = await new Child({ file: LAUNCHER, args: ["db", "init", server.url(name)], cwd: folder }).ended;
    assert.equal(made.code, 0, made.stdout + made.stderr);
    const [sip = 0, mi = 0] = await freePorts(2);
    const child = new Child({
      file: LAUNCHER,
      args: ["-l", `udp:127.0.0.1:${sip}`, "--mi", `127.0.0.1:${mi}`, "--set", `store=${server.url(name, relay.port)}`],
      cwd: folder,
    });
    await child.says(`http://127.0.0.1:${mi}/mi`);
    const database = await openDatabase(server.url(name), { log: silentLog });
    const node = new Node({ folder, sip, mi, database });
    t.after(async () => {
      for (const agent of node.#agents) await agent.stop();
      child.signal("SIGKILL");
      await child.ended;
      await database.close().catch(() => {});
      rmSync(folder, { recursive: true, force: true });
    });
    return node;
  }

  get #management(): Management {
    return new Management(`127.0.0.1:${this.#mi}`);
  }

  async place(): Promise<void> {
    const scenarios = join(ROOT, "scenarios", "answered");
    const caller = join(this.#folder, "uac.xml");
    writeFileSync(
      caller,
      readFileSync(join(scenarios, "uac.xml"), "utf8").replace(/<pause milliseconds="\d+"\/>/, `<pause milliseconds="${TALK_MS}"/>`),
    );
    const [up = 0, down = 0] = await freePorts(2);
    const common = { ip: "127.0.0.1", transport: "udp", calls: CALLS, timeoutSeconds: 90 } as const;
    const callee = await Sipp.start({ ...common, scenario: join(scenarios, "uas.xml"), port: down });
    const calling = await Sipp.start({
      ...common,
      scenario: caller,
      port: up,
      remote: `127.0.0.1:${this.#sip}`,
      rate: RATE,
      keys: { uri: `sip:bob@127.0.0.1:${down}`, also: `sip:bob@127.0.0.1:${down}` },
    });
    this.#agents = [callee, calling];
  }

  /** All calls are up, the queue is empty, and the table has exactly them. */
  async equal(): Promise<void> {
    const state = await eventually(
      async () => {
        const numbers = await this.#management.statistics(["store:pending", "store:degraded", "dialog:active_dialogs"]);
        return [numbers["dialog:active_dialogs"], numbers["store:pending"], numbers["store:degraded"]];
      },
      ([active, pending, degraded]) => active === CALLS && pending === 0 && degraded === 0,
      TALK_MS,
    );
    assert.deepEqual(state, [CALLS, 0, 0], "calls up, rows that wait, whether it is degraded");
    const inMemory = (await this.#management.dialogs()).map((dialog) => dialog.callid).sort();
    assert.deepEqual(await this.#callIds("state = 4"), inMemory);
  }

  /** Every call was clean, and nothing is left. */
  async over(): Promise<void> {
    for (const agent of this.#agents) {
      const { code, successful, failed, errors } = await agent.ended;
      assert.deepEqual([code, successful, failed], [0, CALLS, 0], errors);
    }
    const left = await eventually(
      () => this.#callIds("1 = 1"),
      (ids) => ids.length === 0,
      10_000,
    );
    assert.deepEqual(left, []);
    const lost = await this.#management.statistics(["store:dropped", "dialog:failed_dialogs"]);
    assert.deepEqual(lost, { "store:dropped": 0, "dialog:failed_dialogs": 0 });
  }

  async #callIds(which: string): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const rows of this.#database.select({ text: `SELECT callid FROM dialog WHERE ${which}`, values: [] }, 500)) {
      for (const [callId] of rows) found.push(String(callId));
    }
    return found.sort();
  }
}
