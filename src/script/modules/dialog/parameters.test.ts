// Every parameter of the dialog module: what it takes, what keeps a script from starting (dialog-behaviour 0.1), and what it sets.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkScript, type ScriptBench, testScript } from "../../../testing/script.ts";
import { dialogModule } from "../dialog.ts";
import { CallBench, LOAD, script } from "./harness.ts";

/** Parameters that are whole numbers: those that are refused, and those at the edge that are not. */
const NUMBERS: readonly (readonly [name: string, refused: readonly number[], accepted: readonly number[]])[] = [
  ["enable_stats", [-1], [0, 1]],
  ["hash_size", [-1], [0, 1, 4096]],
  ["log_profile_hash_size", [0, -1], [1, 4]],
  ["default_timeout", [0, -1], [1, 43_200]],
  ["dlg_match_mode", [-1, 3], [0, 1, 2]],
  ["db_mode", [-1, 4], [0, 1, 2, 3]],
  ["db_update_period", [0], [1, 60]],
  ["options_ping_interval", [0, -1], [1, 30]],
  ["reinvite_ping_interval", [0, -1], [1, 300]],
  ["db_flush_vals_profiles", [-1], [0, 1]],
  ["timer_bulk_del_no", [0], [1, 10]],
  ["race_condition_timeout", [0], [1, 5]],
  ["profile_timeout", [], [0, 86_400]],
  ["dialog_replication_cluster", [-1], [0]],
  ["profile_replication_cluster", [-1], [0]],
  ["replicate_profiles_buffer", [-1, 58_982], [0, 1400, 58_981]],
  ["replicate_profiles_check", [-1], [0, 10]],
  ["replicate_profiles_timer", [-1], [0, 10]],
  ["replicate_profiles_expire", [-1], [0, 10]],
  ["event_id_format", [], [-1, 0, 1, 2, 3]],
  // of later versions
  ["cluster_auto_sync", [-1], [0, 1]],
  ["delete_delay", [-1], [0, 5]],
  ["auto_prack_hangup_on_failure", [-1], [0, 1]],
  ["auto_prack_fr_timeout", [0], [1, 3]],
];

/** Parameters that are texts, each with a good one. */
const TEXTS: Readonly<Record<string, string>> = {
  rr_param: "xyz",
  dlg_extra_hdrs: "Hint: credit expired\\r\\n",
  db_url: "sqlite:///tmp/calls.db",
  cachedb_url: "redis://127.0.0.1:6379",
  profile_value_prefix: "dlgv_",
  profile_no_value_prefix: "dlgnv_",
  profile_size_prefix: "dlgs_",
  profiles_with_value: "caller; share/s",
  profiles_no_value: "inbound; out_bound-2/b",
  ...Object.fromEntries(
    [
      ..."call_id from_uri from_tag to_uri to_tag from_cseq to_cseq from_route to_route from_contact to_contact from_sock to_sock".split(
        " ",
      ),
      ..."dlg_id state start_time timeout profiles vars sflags mflags flags".split(" "),
    ].map((name) => [`${name}_column`, `my_${name}`]),
  ),
  table_name: "my_dialog",
};

/** A whole script with one parameter set. */
function withParameter(name: string, value: string | number): string {
  const written = typeof value === "number" ? String(value) : `"${value}"`;
  return script({ head: `modparam("dialog", "${name}", ${written})` });
}

const errorsOf = (text: string): readonly string[] =>
  checkScript(text)
    .filter((line) => line.startsWith("error"))
    // a URL wants a module that can use it: that is another test's matter
    .filter((line) => !line.includes("depends on"));

describe("types and ranges", () => {
  for (const [name, refused, accepted] of NUMBERS) {
    test(`${name} is a number`, () => {
      assert.match(errorsOf(withParameter(name, "text")).join(), new RegExp(`type mismatch for parameter ${name} .*a number is expected`));
      for (const value of refused) assert.equal(errorsOf(withParameter(name, value)).length, 1, `${value}`);
      for (const value of accepted) assert.deepEqual(errorsOf(withParameter(name, value)), [], `${value}`);
    });
  }

  for (const [name, value] of Object.entries(TEXTS)) {
    test(`${name} is a text`, () => {
      assert.match(errorsOf(withParameter(name, 1)).join(), new RegExp(`type mismatch for parameter ${name} .*a string is expected`));
      assert.deepEqual(errorsOf(withParameter(name, value)), []);
    });
  }

  test("no parameter of the module is missing above", () => {
    const tested = new Set([...NUMBERS.map(([name]) => name), ...Object.keys(TEXTS)]);
    for (const { name } of dialogModule().parameters) assert.ok(tested.delete(name), name);
    assert.deepEqual([...tested], []);
  });
});

describe("what no range says", () => {
  test("rr_param has 1 to 32 characters", () => {
    for (const value of ["", "x".repeat(33)]) assert.match(errorsOf(withParameter("rr_param", value)).join(), /rr_param must have 1 to 32/);
    assert.deepEqual(errorsOf(withParameter("rr_param", "x".repeat(32))), []);
  });

  test("dlg_extra_hdrs holds whole lines", () => {
    assert.match(errorsOf(withParameter("dlg_extra_hdrs", "Hint: a")).join(), /dlg_extra_hdrs: every header line must end/);
  });

  test("profile_timeout matters only with a cache", () => {
    const head = 'modparam("dialog", "profile_timeout", 0)';
    assert.deepEqual(errorsOf(script({ head })), []);
    const cached = `loadmodule "cachedb_redis.so"\n${head}\nmodparam("dialog", "cachedb_url", "redis://127.0.0.1")`;
    assert.match(errorsOf(script({ head: cached })).join(), /profile_timeout must be a positive number/);
  });

  test("names of profiles and their letters", () => {
    for (const [value, fault] of [
      ["a b", /a b|character/],
      ["caller/x", /\/x|letter|suffix|sharing/],
      ["caller; caller", /defined twice/],
    ] as const)
      assert.match(errorsOf(withParameter("profiles_with_value", value)).join(), fault);
  });

  test("what needs a backend says which", () => {
    const errors = (head: string): string => checkScript(script({ head })).join("\n");
    assert.match(errors('modparam("dialog", "db_mode", 1)'), /depends on an sqldb module due to modparam db_mode/);
    assert.match(errors('modparam("dialog", "cachedb_url", "redis://x")'), /depends on a cachedb module due to modparam cachedb_url/);
    for (const name of ["dialog_replication_cluster", "profile_replication_cluster"])
      assert.match(errors(`modparam("dialog", "${name}", 1)`), new RegExp(`depends on module clusterer due to modparam ${name}`));
    assert.match(checkScript(`${LOAD.replace('loadmodule "tm.so"', "")}\nroute { exit; }`).join(), /dialog depends on module tm/);
  });

  test("an event_id_format out of range is a warning, and 0 is used", async () => {
    const bench = await testScript(withParameter("event_id_format", 3));
    assert.match(bench.problems.map(({ message }) => message).join(), /event_id_format 3 is none of 0, 1, 2: using 0/);
    assert.equal(bench.engine.rooms.eventIdFormat, 0);
    await bench.close();
  });

  test("a hash_size that is no power of two is rounded down", async () => {
    const bench = await testScript(withParameter("hash_size", 1000));
    const call = new CallBench<ScriptBench>(bench);
    for (let i = 0; i < 64; i++) await call.invite([], `c${i}@x`);
    const entries = [...bench.engine.dialogs.all()].map(({ did }) =>
      Number.parseInt([...(did.split(".")[0] ?? "")].reverse().join(""), 16),
    );
    assert.equal(entries.length, 64);
    assert.ok(entries.every((entry) => entry < 512));
    await call.close();
  });
});

describe("what they set", () => {
  const start = async (head: string, more: { initial?: string; within?: string } = {}): Promise<CallBench<ScriptBench>> =>
    new CallBench(await testScript(script({ head, ...more })));

  test("rr_param names the parameter of Record-Route, and requests are matched by it", async () => {
    const call = await start('modparam("dialog", "rr_param", "xyz")\nmodparam("dialog", "dlg_match_mode", 0)', {
      within: 'xlog("$DLG_status");',
    });
    const invite = await call.invite();
    const [dialog] = call.bench.engine.dialogs.all();
    assert.match(invite ?? "", new RegExp(`\r\nRecord-Route: <sip:10\\.0\\.0\\.1;lr;ftag=a;xyz=${dialog?.did}>\r\n`));
    await call.answer(invite, "200 OK");
    await call.request("ACK", 1, { toTag: "b" });
    await call.request("INFO", 2, { toTag: "b" });
    assert.equal(call.printed(), "44", "after the ACK, and at the INFO");
    await call.close();
  });

  test("default_timeout is the lifetime of a call that is given none", async () => {
    const call = await start('modparam("dialog", "default_timeout", 7)', { initial: 'create_dialog("B");' });
    await call.talk();
    await call.bench.advance(6_000);
    assert.equal(call.bench.engine.dialogs.active, 1);
    call.bench.take();
    await call.bench.advance(2_000);
    assert.equal(call.bench.sent.filter(({ text }) => text.startsWith("BYE ")).length, 2);
    await call.close();
  });

  test("dlg_extra_hdrs stand in BYEs of ours", async () => {
    const call = await start(String.raw`modparam("dialog", "dlg_extra_hdrs", "Hint: credit expired\r\nX: 1\r\n")`, {
      initial: '$DLG_timeout = 2; create_dialog("B");',
    });
    await call.talk();
    call.bench.take();
    await call.bench.advance(4_000);
    const byes = call.bench.sent.filter(({ text }) => text.startsWith("BYE ")).map(({ text }) => text);
    assert.ok(byes.length >= 2);
    for (const bye of byes) assert.match(bye, /\r\nHint: credit expired\r\nX: 1\r\n/);
    await call.close();
  });

  test("race_condition_timeout is how long a raced call is given", async () => {
    const call = await start('modparam("dialog", "race_condition_timeout", 2)', {
      initial: 'if (is_method("CANCEL")) { t_relay(); exit; }\n  create_dialog("EB");',
    });
    const invite = await call.invite();
    await call.answer(invite, "200 OK");
    await call.request("CANCEL", 1, { branch: "z9hG4bKicall@10.0.0.2" });
    await call.request("ACK", 1, { toTag: "b" });
    call.bench.take();
    await call.bench.advance(900);
    assert.equal(call.bench.sent.filter(({ text }) => text.startsWith("BYE ")).length, 0);
    await call.bench.advance(2_200);
    assert.ok(call.bench.sent.filter(({ text }) => text.startsWith("BYE ")).length >= 2);
    await call.close();
  });

  test("dlg_match_mode 2 puts no cookie into Record-Route", async () => {
    const call = await start('modparam("dialog", "dlg_match_mode", 2)');
    assert.match((await call.invite()) ?? "", /\r\nRecord-Route: <sip:10\.0\.0\.1;lr;ftag=a>\r\n/);
    await call.close();
  });

  test("log_profile_hash_size, and what later versions brought, change nothing by themselves", async () => {
    const call = await start(
      'modparam("dialog", "log_profile_hash_size", 5)\nmodparam("dialog", "profiles_with_value", "caller")\nmodparam("dialog", "cluster_auto_sync", 0)',
      { initial: 'create_dialog(); set_dlg_profile("caller", $ci);' },
    );
    for (let i = 0; i < 100; i++) await call.invite([], `c${i}@x`);
    const profile = call.bench.engine.profiles.get("caller");
    assert.deepEqual([profile?.size(), profile?.values().length], [100, 100], "as many values as there are, whatever the size of a table");
    await call.close();
  });
});
