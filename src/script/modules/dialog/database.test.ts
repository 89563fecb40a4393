// Calls of a script in a database: what the parameters set, and what comes back into the next run of it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { checkScript, type ScriptBench, testScript } from "../../../testing/script.ts";
import { CallBench, script } from "./harness.ts";

const DRIVER = 'loadmodule "db_sqlite.so"';
const param = (name: string, value: string | number): string =>
  `modparam("dialog", "${name}", ${typeof value === "number" ? value : `"${value}"`})`;

/** A file that goes with the test. */
function file(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "dialoom-script-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "calls.db");
}

function head(path: string, mode: number, more: readonly string[] = []): string {
  return [DRIVER, param("db_mode", mode), param("db_url", `sqlite://${path}`), ...more].join("\n");
}

function rows(path: string, text: string): readonly Record<string, unknown>[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare(text).all();
  } finally {
    database.close();
  }
}

async function started(text: string): Promise<CallBench<ScriptBench>> {
  return new CallBench(await testScript(text));
}

test("the parameters of the database reach the engine", async (t) => {
  const path = file(t);
  const columns = { call_id_column: "cid", from_cseq_column: "n0", to_route_column: "r1", sflags_column: "sf" };
  const more = [
    param("db_update_period", 7),
    param("db_flush_vals_profiles", 1),
    param("timer_bulk_del_no", 9),
    param("table_name", "calls"),
    ...Object.entries(columns).map(([name, value]) => param(name, value)),
  ];
  const call = await started(script({ head: head(path, 2, more) }));
  assert.deepEqual(call.bench.engine.rooms.calls, {
    url: `sqlite://${path}`,
    store: { mode: "delayed", updatePeriodMs: 7000, flushesValues: true, bulkDeletes: 9 },
    names: { table: "calls", columns: { callid: "cid", caller_cseq: "n0", callee_route_set: "r1", script_flags: "sf" } },
    versionTable: "version",
    start: "refuse",
  });
  await call.close();
});

test("every column parameter names its column", async (t) => {
  const path = file(t);
  const parameters: Readonly<Record<string, string>> = {
    dlg_id: "dlg_id",
    call_id: "callid",
    from_uri: "from_uri",
    from_tag: "from_tag",
    to_uri: "to_uri",
    to_tag: "to_tag",
    from_cseq: "caller_cseq",
    to_cseq: "callee_cseq",
    from_route: "caller_route_set",
    to_route: "callee_route_set",
    from_contact: "caller_contact",
    to_contact: "callee_contact",
    from_sock: "caller_sock",
    to_sock: "callee_sock",
    state: "state",
    start_time: "start_time",
    timeout: "timeout",
    profiles: "profiles",
    vars: "vars",
    sflags: "script_flags",
    mflags: "module_flags",
    flags: "flags",
  };
  const more = Object.keys(parameters).map((name) => param(`${name}_column`, `x_${name}`));
  const call = await started(script({ head: head(path, 1, [...more, param("table_name", "x_table")]) }));
  const names = rows(path, "SELECT name FROM pragma_table_info('x_table')").map(({ name }) => name);
  for (const name of Object.keys(parameters)) assert.ok(names.includes(`x_${name}`), name);
  await call.talk();
  const [row] = rows(path, "SELECT x_call_id, x_from_tag, x_to_tag, x_state, x_from_cseq, x_to_cseq, x_from_sock FROM x_table");
  assert.deepEqual(
    { ...row },
    {
      x_call_id: "call@10.0.0.2",
      x_from_tag: "a",
      x_to_tag: "b",
      x_state: 4,
      x_from_cseq: "0",
      x_to_cseq: "1",
      x_from_sock: "udp:10.0.0.1:5060",
    },
  );
  await call.close();
});

test("with db_mode 0 the URL is dropped (0.1)", async () => {
  const call = await started(script({ head: param("db_url", "sqlite:///nowhere/x.db") }));
  assert.equal(call.bench.engine.rooms.calls, undefined);
  await call.close();
});

test("without a URL of its own the module takes db_default_url, and without that it does not start", async (t) => {
  const path = file(t);
  const text = script({ head: [DRIVER, param("db_mode", 1)].join("\n") });
  const call = await started(`db_default_url="sqlite://${path}"\n${text}`);
  assert.equal(call.bench.engine.rooms.calls?.url, `sqlite://${path}`);
  await call.close();
  await assert.rejects(testScript(text), /store: no database is named/);
});

test("names that could be anything but names are refused by the check", () => {
  const errors = (more: string): string => checkScript(script({ head: `${DRIVER}\n${param("db_mode", 1)}\n${more}` })).join("\n");
  assert.match(errors(param("table_name", "dialog; DROP TABLE x")), /table_name: "dialog; DROP TABLE x" is no name/);
  assert.match(errors(param("state_column", "a b")), /the column state: "a b" is no name/);
  assert.ok(!errors(param("state_column", "phase")).includes("error"));
});

test("values, named flags and profiles come back into the next run, whatever order the script names its flags in (12.6)", async (t) => {
  const path = file(t);
  const more = [param("profiles_with_value", "caller"), param("profiles_no_value", "all")];
  const first = await started(
    script({
      head: head(path, 1, more),
      initial:
        'create_dialog("B"); $dlg_val(who) = $fU; $dlg_val(n) = 42; set_dlg_flag("PAID"); set_dlg_flag(3); set_dlg_profile("caller", "$fU"); set_dlg_profile("all");',
    }),
  );
  await first.talk();
  // the process dies: nothing is closed
  const second = await started(
    script({
      head: head(path, 1, more),
      initial: 'if (is_dlg_flag_set("VIP")) exit; create_dialog();',
      within:
        'match_dialog(); if (is_dlg_flag_set("PAID") && is_dlg_flag_set(3) && !is_dlg_flag_set("VIP")) xlog("$dlg_val(who) $dlg_val(n) $DLG_status");',
    }),
  );
  assert.equal(second.bench.engine.dialogs.active, 1);
  assert.equal(second.bench.engine.profiles.get("caller")?.size("alice"), 1);
  await second.request("INFO", 2, { toTag: "b" });
  assert.equal(second.printed(), "alice 42 4");
  await second.close();
  await first.close();
});

test("DELAYED writes every db_update_period seconds", async (t) => {
  const path = file(t);
  const call = await started(script({ head: head(path, 2, [param("db_update_period", 5)]) }));
  await call.talk();
  assert.deepEqual(rows(path, "SELECT 1 FROM dialog"), []);
  await call.bench.advance(5_100);
  assert.equal(rows(path, "SELECT 1 FROM dialog").length, 1);
  await call.close();
});

test("a table that cannot be one of calls keeps the script from starting, with what is wrong", async (t) => {
  const path = file(t);
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE dialog (a INT)");
  database.close();
  await assert.rejects(testScript(script({ head: head(path, 1) })), (error: Error) => {
    assert.equal(error.message.split("\n")[0], `store: sqlite://${path}: table dialog has no column dlg_id`);
    return true;
  });
});
