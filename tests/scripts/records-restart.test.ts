// The record of a call outlives the process: written once, with its whole duration, wherever the process ends. A kill is a copy of the
// database files as they stand, opened by the next process.
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, test } from "node:test";
import { call, scratch } from "./flows.ts";
import type { Phone } from "./phone.ts";
import { calls, MI, MI_PARAMS, SQL } from "./pieces.ts";
import { ScriptStage } from "./stage.ts";

/** Records in the file of the calls, or in one of their own. */
function script(folder: string, recordsFile: string): string {
  return calls({
    modules: [...MI, ...SQL, "acc"],
    params: [
      MI_PARAMS,
      'modparam("dialog", "db_mode", 1)',
      `modparam("dialog", "db_url", "sqlite://${folder}/calls.db")`,
      `modparam("acc", "db_url", "sqlite://${folder}/${recordsFile}")`,
      'modparam("acc", "extra_fields", "db:customer->cust")',
      'modparam("acc", "leg_fields", "db:dst")',
    ].join("\n"),
    initial: `do_accounting("db", "cdr");
	$acc_extra(customer) = "O'Hara; \\"gold\\"";
	$acc_leg(dst) = "first";
	acc_new_leg();
	$acc_leg(dst) = "second";`,
  }).replaceAll(/^socket=.*$/gm, "");
}

interface Party {
  readonly stage: ScriptStage;
  readonly alice: Phone;
  readonly bob: Phone;
}

async function start(folder: string, recordsFile: string): Promise<Party> {
  const stage = await ScriptStage.open(script(folder, recordsFile));
  after(() => stage.close());
  return { stage, alice: await stage.phone("alice", "10.0.0.2"), bob: await stage.phone("bob", "10.0.0.3") };
}

/** The files as a killed process leaves them. */
function killed(folder: string): string {
  const copy = scratch();
  cpSync(folder, copy, { recursive: true });
  return copy;
}

const CORE = "method, from_tag, to_tag, callid, sip_code, sip_reason, cust, dst";

/** The rows' values but for numbers, and how long the call was. */
function records(folder: string, file: string): { readonly rows: unknown[][]; readonly ms: number[] } {
  const database = new DatabaseSync(join(folder, file), { readOnly: true });
  const all = database
    .prepare(`SELECT ${CORE}, ms_duration FROM acc ORDER BY id`)
    .all()
    .map((row) => Object.values(row));
  database.close();
  return { rows: all.map((row) => row.slice(0, -1)), ms: all.map((row) => Number(row.at(-1))) };
}

const ROWS = ["first", "second"].map((dst) => ["INVITE", "alice", "bob", "alice-1", "200", "OK", 'O\'Hara; "gold"', dst]);

for (const [where, file] of [
  ["the file of the calls", "calls.db"],
  ["a file of their own", "records.db"],
] as const) {
  describe(`records in ${where}`, () => {
    test("a call that was answered before a kill is recorded when it ends after it", async () => {
      const folder = scratch();
      const before = await start(folder, file);
      const { caller } = await call(before.alice, before.bob);
      await before.stage.advance(2_000);
      const copy = killed(folder);

      const next = await start(copy, file);
      // the clocks of two benches begin at the same instant: the next process has the time that has passed to make up for
      await next.stage.advance(5_000);
      await next.alice.within(caller, "BYE");
      const bye = next.bob.request("BYE");
      assert.deepEqual(records(copy, file).rows, file === "calls.db" ? ROWS : [], "with the call's own end, in its transaction");
      await next.bob.answer(bye, "200 OK");
      next.alice.response(200);
      await next.stage.advance(1_000);
      const { rows, ms } = records(copy, file);
      assert.deepEqual(rows, ROWS);
      for (const one of ms) assert.ok(one > 4_900 && one < 5_100, String(one));
      await next.stage.close();
      const third = await start(copy, file);
      assert.deepEqual(records(copy, file).rows, ROWS, "and not again");
      assert.deepEqual(await third.stage.dialogs(), []);
    });

    test("killed between BYE and 200, it is there once", async () => {
      const folder = scratch();
      const before = await start(folder, file);
      const { caller } = await call(before.alice, before.bob);
      await before.stage.advance(3_000);
      await before.alice.within(caller, "BYE");
      before.bob.request("BYE");
      const copy = killed(folder);

      const next = await start(copy, file);
      await next.stage.advance(1_000);
      const { rows, ms } = records(copy, file);
      assert.deepEqual(rows, ROWS);
      for (const one of ms) assert.ok(one >= 3_000 && one < 3_100, String(one));
      assert.deepEqual(await next.stage.dialogs(), []);
      // the caller says it again to who does not know the call any more
      await next.alice.within(caller, "BYE", { cseq: caller.cseq });
      await next.stage.advance(5_000);
      assert.deepEqual(records(copy, file).rows, ROWS);
    });

    test("an orderly end in the middle of a call writes nothing of it", async () => {
      const folder = scratch();
      const before = await start(folder, file);
      await call(before.alice, before.bob);
      await before.stage.close();
      assert.deepEqual(records(folder, file).rows, []);
    });
  });
}
