// Every management command in every form that it has, by position and by name, on two engines that lead the same life: the answers are the
// same (MI-5). Commands that take names only say so. A command or a form that is missing in the table fails the test.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { call } from "./scripts/flows.ts";
import { scriptFile } from "./scripts/inventory.ts";
import { ScriptStage } from "./scripts/stage.ts";

type Sample = string | number | readonly string[];

/** What a parameter is given. */
const SAMPLES: Readonly<Record<string, Sample>> = {
  aor: "carol@example.com",
  attr: "colour",
  body: "text/plain hello",
  brief: 1,
  callid: "alice-1",
  cflags: "0",
  clear_values: 1,
  code: 404,
  command: "dlg_list",
  contact: "sip:carol@10.0.0.4",
  counter: 1,
  cseq: 10,
  dlg_val_name: "account",
  dlg_val_value: "4711",
  event: "E_DLG_STATE_CHANGED",
  expire: 60,
  expires: 600,
  extra_hdrs: "X-Why: enough\r\n",
  flags: 0,
  format: "text",
  from_tag: "alice",
  headers: "From: <sip:us@example.com>\r\nTo: <sip:bob@example.com>\r\n",
  index: 0,
  level: 3,
  method: "INFO",
  methods: 8191,
  mi_cmd: "which",
  mode: "challenge-caller",
  new_headers: "X-A: b\r\n",
  next_hop: "sip:10.0.0.3",
  params: ["one", "two"],
  pid: process.pid,
  profile: "caller",
  q: "0.5",
  reason: "Not here",
  revision: "x",
  ruri: "not a URI",
  sharing_tag: "vip1",
  socket: "udp:127.0.0.1:9",
  statistics: ["dialog:"],
  system: "local",
  table_name: "location",
  to_tag: "t",
  trans_id: "1:1",
  value: "alice",
};

/** What commands answer, the last of their forms included; `did` stands for the call that is there. */
const ANSWERS: Readonly<Record<string, RegExp>> = {
  arg: /^\[/,
  cache_fetch: /^\{"key":"colour","value":"alice"\}$/,
  cache_remove: /^"OK"$/,
  cache_store: /^"OK"$/,
  dlg_check: /^\{"Checked":1,"OK":true,"Problems":\[\]\}$/,
  dlg_cluster_sync: /^400 Dialog replication disabled$/,
  dlg_db_sync: /^400 Cannot sync in no-db mode$/,
  dlg_end_dlg: /^"OK"$|^404 Requested Dialog not found$/,
  dlg_explain: /Calls|answered/,
  dlg_list: /"callid":"alice-1"/,
  dlg_list_ctx: /"callid":"alice-1".*"context"/,
  dlg_push_var: /^"OK"$/,
  dlg_restore_db: /^400 Cannot restore db in no-db mode!$/,
  dlg_send_sequential: /"Code"|^\d+ /,
  dlg_set_profile: /^"OK"$|^400 Bad param$/,
  dlg_unset_profile: /^"OK"$|^403 Dialog Error$/,
  event_subscribe: /^"OK"$/,
  events_list: /E_DLG_STATE_CHANGED/,
  get_statistics: /"dialog:active_dialogs":1/,
  help: /Usage|Help/,
  kill: /^"OK"$/,
  list_all_profiles: /"name":"caller"/,
  list_statistics: /"dialog:active_dialogs":"non-incremental"/,
  list_tcp_conns: /^\{"Connections":\[\]\}$/,
  log_level: /[Ll]og level/,
  profile_end_dlgs: /^"OK"$/,
  profile_get_size: /"count":1/,
  profile_get_values: /"value":"alice","count":1/,
  profile_list_dlgs: /"callid":"alice-1"/,
  ps: /attendant/,
  pwd: /"WD"/,
  raise_event: /^"OK"$|^480 /,
  reload_routes: /^"OK"$/,
  reset_statistics: /^"OK"$/,
  subscribers_list: /^[[{]/,
  t_hash: /"Current"/,
  t_reply: /^404 Transaction not found$/,
  t_uac_cancel: /^481 No such transaction$/,
  t_uac_dlg: /^400 Invalid ruri$|^404 /,
  ul_add: /^\{|^"OK"$/,
  ul_cluster_sync: /^"OK"$/,
  ul_dump: /carol/,
  ul_flush: /^"OK"$/,
  ul_rm: /^"OK"$/,
  ul_rm_contact: /^"OK"$/,
  ul_show_contact: /carol/,
  ul_sync: /^"OK"$/,
  uptime: /"Up time"/,
  version: /"Server"/,
  which: /dlg_list|from_tag/,
  xlog_level: /"OK"|xLog/,
};

/** Commands whose order matters: what is listed later needs what came before. The others run before them. */
const LAST = [
  "ul_add",
  "ul_dump",
  "ul_show_contact",
  "ul_sync",
  "ul_rm_contact",
  "ul_rm",
  "cache_store",
  "cache_fetch",
  "cache_remove",
  "event_subscribe",
  "raise_event",
  "subscribers_list",
  "dlg_unset_profile",
  "dlg_set_profile",
  "profile_get_size",
  "profile_get_values",
  "profile_list_dlgs",
  "dlg_send_sequential",
  "profile_end_dlgs",
  "dlg_end_dlg",
  "kill",
];

/** The script of the reference's log, which also registers. */
const SCRIPT = scriptFile("reference-log")
  .replace('loadmodule "dialog.so"', 'loadmodule "usrloc.so"\nloadmodule "registrar.so"\nloadmodule "dialog.so"')
  .replace(
    'if (!is_method("INVITE")) {',
    'if (is_method("REGISTER")) {\n\t\tsave("location");\n\t\texit;\n\t}\n\tif (!is_method("INVITE")) {',
  );

/** An engine with one call and one registration. */
async function withCall(): Promise<{ readonly stage: ScriptStage; readonly did: string }> {
  const stage = await ScriptStage.open(SCRIPT);
  after(() => stage.close());
  stage.management.script = { xlogLevel: { get: () => 3, set: () => {} }, reload: () => Promise.resolve(undefined) };
  const bob = await stage.phone("bob", "10.0.0.3");
  await bob.start("REGISTER", "sip:10.0.0.1", { to: "sip:bob@example.com", callId: "registered" });
  bob.response(200);
  await call(await stage.phone("alice", "10.0.0.2"), bob);
  const [dialog] = await stage.dialogs();
  return { stage, did: String(dialog?.["ID"]) };
}

/** What a call answers: the result as JSON, or code and text of the error with its data. */
async function ask(stage: ScriptStage, method: string, params: object): Promise<string> {
  const answer = stage.management.internal.execute(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  for (let i = 0; answer instanceof Promise && i < 10; i++) await stage.advance(4_000);
  const { result, error } = JSON.parse(await answer) as {
    result?: unknown;
    error?: { code: number; message: string; data?: string };
  };
  return error === undefined
    ? JSON.stringify(result)
    : [error.code, error.message, error.data].filter((part) => part !== undefined).join(" ");
}

test("every form of every command: by position as by name", async () => {
  const [byPosition, byName] = [await withCall(), await withCall()];
  assert.equal(byPosition.did, byName.did, "the same life");
  const commands = byPosition.stage.management.commands.list();
  assert.deepEqual(commands.map(({ name }) => name).sort(), Object.keys(ANSWERS).sort());
  const rank = (name: string): number => LAST.indexOf(name);
  for (const { name, forms, isNamedOnly } of [...commands].sort((a, b) => rank(a.name) - rank(b.name))) {
    for (const form of forms) {
      const samples: Readonly<Record<string, Sample>> = {
        ...SAMPLES,
        dialog_id: byName.did,
        dlg_id: byName.did,
        DID: [byName.did],
        ...(name === "dlg_send_sequential" ? { headers: "X-A: b\r\n" } : {}),
      };
      const values = form.map((parameter): [string, Sample] => {
        const value = samples[parameter.name];
        assert.ok(value !== undefined, `${name}: a sample for ${parameter.name}`);
        return [parameter.name, value];
      });
      const about = `${name} ${values.map(([parameter]) => parameter).join(" ")}`;
      const named = await ask(byName.stage, name, Object.fromEntries(values));
      const placed = await ask(
        byPosition.stage,
        name,
        values.map(([, value]) => value),
      );
      assert.ok(!named.startsWith("-32"), `${about}: ${named}`);
      assert.match(named, ANSWERS[name] ?? /never/, about);
      if (isNamedOnly === true && values.length > 0) {
        assert.equal(placed, "-32602 Invalid params Command only supports named parameters", about);
        // so that both go on living the same life
        await ask(byPosition.stage, name, Object.fromEntries(values));
      } else assert.equal(placed, named, about);
    }
  }
});

test("no command has two forms of one length that calls by position could mean", async () => {
  const { stage } = await withCall();
  for (const { name, forms, isNamedOnly } of stage.management.commands.list()) {
    if (isNamedOnly === true) continue;
    const lengths = forms.map((form) => form.length);
    assert.equal(new Set(lengths).size, lengths.length, name);
  }
});
