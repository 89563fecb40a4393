// How long 100,000 calls take to come back from a table at the start, and how long the loop is busy at a time from the first to the last.
// Each load is a process of its own with the heap of the daemon. Run: node bench/stores/tables.ts
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callIdHash } from "../../src/dialog/index.ts";
import { silentLog } from "../../src/kit/index.ts";
import { readSettings, Server } from "../../src/server/index.ts";
import { ALICES } from "../../src/store/dialogs/fixtures.ts";
import { numberedFlags, type RowForm } from "../../src/store/dialogs/row-form.ts";
import { CallStatements } from "../../src/store/dialogs/statements.ts";
import { writeRow } from "../../src/store/dialogs/write-row.ts";
import { createTable, dialogTable, openDatabase, type Statement } from "../../src/store/index.ts";
import { DATABASE_KINDS, onDatabases } from "../databases.ts";
import { threadCpu } from "../meter.ts";

const ROWS = 100_000;
const BATCH = 1000;
const LIFETIME_MS = 43_200_000;

const [url] = process.argv.slice(2);
if (url === undefined) await measure();
else await load(url);

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "dialoom-bench-"));
  try {
    await onDatabases(DATABASE_KINDS, folder, async ({ url: target }, name) => {
      await fill(target);
      const args = ["--max-semi-space-size=8", import.meta.filename, target];
      for (let run = 0; run < 3; run++) console.log(`${name}: ${execFileSync(process.execPath, args, { encoding: "utf8" }).trim()}`);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the rows of calls that are all alike but for what must differ. */
async function fill(target: string): Promise<void> {
  const database = await openDatabase(target, { log: silentLog });
  const { dialect } = database;
  const form: RowForm = { dialect, table: dialogTable({}, 12), hasOwn: true, widths: new Map(), flagNaming: numberedFlags };
  if (dialect === "sqlite") await createTable(database, form.table);
  const statements = new CallStatements(form);
  const now = Date.now();
  let batch: Statement[] = [];
  for (let i = 0; i < ROWS; i++) {
    const callId = `call-${i}-8c6f1f0c4d7b2a95@10.0.0.${i % 250}`;
    const legs = ALICES.legs.map((leg, side) => ({ ...leg, socket: "udp:127.0.0.1:5068", tag: `${side}tag${i}` }));
    const times = { startAt: now, createdAt: now, expiresAt: now + LIFETIME_MS };
    const snapshot = { ...ALICES, ...times, callId, entry: callIdHash(callId) & 4095, id: i, legs };
    batch.push(statements.put(writeRow(snapshot, form, { callerPing: 0, calleePing: 0, hasValues: false, isFromStore: false })));
    if (batch.length < BATCH) continue;
    await database.transact(batch);
    batch = [];
  }
  await database.close();
}

/** One start. */
async function load(source: string): Promise<void> {
  const settings = readSettings({ listen: ["udp:127.0.0.1:5068"], mi: false, store: source, logLevel: "warn" });
  const server = new Server(settings);
  let [longest, longestCpu, last, lastCpu] = [0, 0, performance.now(), threadCpu()];
  let isOn = true;
  const turn = (): void => {
    const [now, nowCpu] = [performance.now(), threadCpu()];
    // before that the code of the driver is loaded, once in the life of a process
    if (server.engine.dialogs.count > 0) {
      longest = Math.max(longest, now - last);
      longestCpu = Math.max(longestCpu, nowCpu - lastCpu);
    }
    [last, lastCpu] = [now, nowCpu];
    if (isOn) setImmediate(turn);
  };
  setImmediate(turn);
  const [began, beganCpu] = [performance.now(), threadCpu()];
  await server.listen();
  const [ms, ownMs] = [performance.now() - began, threadCpu() - beganCpu];
  isOn = false;
  console.log(
    `${server.engine.dialogs.count} calls back in ${ms.toFixed(0)} ms, ${ownMs.toFixed(0)} ms of it the loop's CPU; ` +
      `longest turn ${longestCpu.toFixed(1)} ms of CPU, ${longest.toFixed(1)} ms by the clock`,
  );
  process.exit(0);
}
