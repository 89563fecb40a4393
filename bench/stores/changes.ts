// Whether a database server keeps up with 2,000 changes of calls a second: whole rows, as they are written while calls run, through the
// queue that calls use. The queue must be no longer in the second half than in the first. Run: node bench/stores/changes.ts [seconds]
import { setTimeout as pause } from "node:timers/promises";
import { silentLog, Timers } from "../../src/kit/index.ts";
import { SystemAlarm, SystemClock, SystemRandom } from "../../src/server/shell.ts";
import { ALICES } from "../../src/store/dialogs/fixtures.ts";
import { numberedFlags, type RowForm } from "../../src/store/dialogs/row-form.ts";
import { CallStatements } from "../../src/store/dialogs/statements.ts";
import { writeRow } from "../../src/store/dialogs/write-row.ts";
import { dialogTable, openDatabase, RemoteWriter, type Statement } from "../../src/store/index.ts";
import { type BenchDatabase, onDatabases } from "../databases.ts";
import { threadCpu } from "../meter.ts";

const SECONDS = Number(process.argv[2] ?? 60);
const A_SECOND = 2000;
const EVERY_MS = 10;
const CALLS = 6000;

await onDatabases(["postgres", "mariadb"], "", async (database, name) => console.log(`${name}: ${await sustain(database)}`));

async function sustain({ url }: BenchDatabase): Promise<string> {
  const database = await openDatabase(url, { log: silentLog });
  const form: RowForm = {
    dialect: database.dialect,
    table: dialogTable({}, 12),
    hasOwn: true,
    widths: new Map(),
    flagNaming: numberedFlags,
  };
  const texts = new CallStatements(form);
  const clock = new SystemClock();
  const alarm = new SystemAlarm(clock);
  const timers = new Timers(clock, alarm, (error) => console.error(error));
  alarm.wakes(() => timers.run());
  const writer = new RemoteWriter({ database, clock, timers, random: new SystemRandom(), log: silentLog });
  const numbers = new Uint32Array(CALLS);
  /** The whole row of a call, as it is when its turn comes. */
  const rowOf = (call: number): readonly Statement[] => {
    const [caller, ...others] = ALICES.legs.map((leg) => ({ ...leg, cseq: numbers[call] ?? 0 }));
    const legs = caller === undefined ? [] : [caller, ...others];
    const snapshot = { ...ALICES, id: call, callId: `call-${call}@10.0.0.9`, legs };
    return [texts.put(writeRow(snapshot, form, { callerPing: 0, calleePing: 0, hasValues: false, isFromStore: false }))];
  };
  const most = [0, 0];
  let changes = 0;
  const beganCpu = threadCpu();
  const began = performance.now();
  for (;;) {
    const passed = performance.now() - began;
    if (passed >= SECONDS * 1000) break;
    while (changes < (passed / 1000) * A_SECOND) {
      const call = changes++ % CALLS;
      numbers[call] = (numbers[call] ?? 0) + 1;
      writer.write({ realm: "dialog", row: BigInt(call), statements: () => rowOf(call) });
    }
    const half = passed < SECONDS * 500 ? 0 : 1;
    most[half] = Math.max(most[half] ?? 0, writer.state.pending);
    await pause(EVERY_MS);
  }
  const took = (performance.now() - began) / 1000;
  const { pending, retries, dropped } = writer.state;
  const used = threadCpu() - beganCpu;
  const isDone = await writer.drain(10_000);
  await writer.close();
  await database.close();
  return (
    `${changes} changes in ${took.toFixed(1)} s (${(changes / took).toFixed(0)} a second); at most ${most[0]} rows waited in the first half, ` +
    `${most[1]} in the second, ${pending} at the end; ${retries} retries, ${dropped} dropped, all written: ${isDone}; ` +
    `${((used * 1000) / changes).toFixed(1)} µs of the loop's CPU for each`
  );
}
