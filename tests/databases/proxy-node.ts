// One proxy as a process, with a database of its own and two SIPps: what is compared is the table with the proxy's memory.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { silentLog } from "../../src/kit/index.ts";
import { type Database, openDatabase } from "../../src/store/index.ts";
import { Child, eventually, freePorts, Management, Sipp } from "../../src/testing/index.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const LAUNCHER: string = join(ROOT, "bin", "dialoom");
/** Calls a second: what a busy machine with two cores carries beside a database and two SIPps. */
const RATE = 60;
const CALLS = 120;
/** Calls talk for so long, so that all are up when the trouble is over. */
const TALK_MS = 12_000;

/** What the proxy has, and what it goes through. */
export interface ProxyNodeOptions {
  /** The database as the test reaches it, and as the proxy does. */
  readonly direct: string;
  readonly store?: string;
  /** Further `--set` arguments. */
  readonly settings?: readonly string[];
  readonly calls?: number;
  readonly rate?: number;
  readonly talkMs?: number;
  /** Runs when the tables have been made. */
  readonly prepare?: (database: Database) => Promise<void>;
}

/** One proxy under calls. */
export class ProxyNode {
  readonly management: Management;
  readonly #folder: string;
  readonly #sip: number;
  readonly #database: Database;
  readonly #calls: number;
  readonly #rate: number;
  readonly #talkMs: number;
  #agents: readonly Sipp[] = [];

  private constructor(folder: string, sip: number, mi: number, database: Database, options: ProxyNodeOptions) {
    this.#folder = folder;
    this.#sip = sip;
    this.management = new Management(`127.0.0.1:${mi}`);
    this.#database = database;
    this.#calls = options.calls ?? CALLS;
    this.#rate = options.rate ?? RATE;
    this.#talkMs = options.talkMs ?? TALK_MS;
  }

  static async begin(t: TestContext, options: ProxyNodeOptions): Promise<ProxyNode> {
    const { direct, store = direct, settings = [], prepare } = options;
    const folder = mkdtempSync(join(tmpdir(), "dialoom-outage-"));
    const made = await new Child({ file: LAUNCHER, args: ["db", "init", direct], cwd: folder }).ended;
    assert.equal(made.code, 0, made.stdout + made.stderr);
    const database = await openDatabase(direct, { log: silentLog });
    await prepare?.(database);
    const [sip = 0, mi = 0] = await freePorts(2);
    const sets = [`store=${store}`, ...settings].flatMap((one) => ["--set", one]);
    const child = new Child({ file: LAUNCHER, args: ["-l", `udp:127.0.0.1:${sip}`, "--mi", `127.0.0.1:${mi}`, ...sets], cwd: folder });
    await child.says(`http://127.0.0.1:${mi}/mi`);
    const node = new ProxyNode(folder, sip, mi, database, options);
    t.after(async () => {
      for (const agent of node.#agents) await agent.stop();
      child.signal("SIGKILL");
      await child.ended;
      await database.close().catch(() => {});
      rmSync(folder, { recursive: true, force: true });
    });
    return node;
  }

  /** Begins to place the calls. */
  async place(): Promise<void> {
    const scenarios = join(ROOT, "scenarios", "answered");
    const caller = join(this.#folder, "uac.xml");
    writeFileSync(
      caller,
      readFileSync(join(scenarios, "uac.xml"), "utf8").replace(/<pause milliseconds="\d+"\/>/, `<pause milliseconds="${this.#talkMs}"/>`),
    );
    const [up = 0, down = 0] = await freePorts(2);
    const common = { ip: "127.0.0.1", transport: "udp", calls: this.#calls, limit: this.#calls, timeoutSeconds: 90 } as const;
    const callee = await Sipp.start({ ...common, scenario: join(scenarios, "uas.xml"), port: down });
    const calling = await Sipp.start({
      ...common,
      scenario: caller,
      port: up,
      remote: `127.0.0.1:${this.#sip}`,
      rate: this.#rate,
      keys: { uri: `sip:bob@127.0.0.1:${down}`, also: `sip:bob@127.0.0.1:${down}` },
    });
    this.#agents = [callee, calling];
  }

  /** Waits until a statistic is as wanted. @returns it as it is then, or after all the patience there is */
  async until(name: string, isWanted: (value: number) => boolean): Promise<number> {
    const read = async (): Promise<number> => (await this.management.statistics([name]))[name] ?? Number.NaN;
    return eventually(read, isWanted, this.#talkMs);
  }

  /** All calls are up, the queue is empty, and the table has exactly them. */
  async equal(): Promise<void> {
    const state = await eventually(
      async () => {
        const numbers = await this.management.statistics(["store:pending", "store:degraded", "dialog:active_dialogs"]);
        const rows = await this.#callIds("state = 4");
        return [numbers["dialog:active_dialogs"], numbers["store:pending"], numbers["store:degraded"], rows.length];
      },
      ([active, pending, degraded, rows]) => active === this.#calls && pending === 0 && degraded === 0 && rows === this.#calls,
      this.#talkMs,
    );
    assert.deepEqual(state, [this.#calls, 0, 0, this.#calls], "calls up, rows that wait, whether it is degraded, rows in the table");
    const inMemory = (await this.management.dialogs()).map((dialog) => dialog.callid).sort();
    assert.deepEqual(await this.#callIds("1 = 1"), inMemory);
  }

  /** Every call was clean, and nothing is left. @param dropped - rows for which there was no place at first */
  async over(dropped = 0): Promise<void> {
    for (const agent of this.#agents) {
      const { code, successful, failed, errors } = await agent.ended;
      assert.deepEqual([code, successful, failed], [0, this.#calls, 0], errors);
    }
    const left = await eventually(
      () => this.#callIds("1 = 1"),
      (ids) => ids.length === 0,
      10_000,
    );
    assert.deepEqual(left, []);
    const lost = await this.management.statistics(["store:dropped", "dialog:failed_dialogs"]);
    assert.deepEqual(lost, { "store:dropped": dropped, "dialog:failed_dialogs": 0 });
  }

  async #callIds(which: string): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const rows of this.#database.select({ text: `SELECT callid FROM dialog WHERE ${which}`, values: [] }, 500)) {
      for (const [callId] of rows) found.push(String(callId));
    }
    return found.sort();
  }
}
