import assert from "node:assert/strict";
import { test } from "node:test";
import { DialogHarness } from "../dialog/harness.ts";
import { silentLog } from "../kit/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { Commands, type DialogBackends, registerDialogBackendCommands, registerDialogChangeCommands } from "./index.ts";

interface Bench {
  readonly harness: DialogHarness;
  call(method: string, params?: unknown): unknown;
}

function setUp(maxValues = 256): Bench {
  const clock = new TestClock();
  const harness = new DialogHarness(clock, seededRandom(5), { settings: { maxValues } });
  harness.profiles.define("caller", { withValue: true });
  harness.profiles.define("inbound", { withValue: false });
  const commands = new Commands({ clock, timers: harness.timers, log: silentLog });
  registerDialogChangeCommands(commands, harness.tracker, harness.profiles);
  return { harness, call: (method, params) => call(commands, method, params) };
}

function call(commands: Commands, method: string, params?: unknown): unknown {
  const answer = commands.execute(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), { transport: "internal", address: "" });
  assert.ok(answer !== undefined && !(answer instanceof Promise));
  const reply = JSON.parse([...answer].join(""));
  return "error" in reply ? reply.error : reply.result;
}

const refusal = (data: string) => ({ code: -32602, message: "Invalid params", data });

test("dlg_push_var sets a variable of every call that is there, by cookie or Call-ID; the others do not matter (case 68)", () => {
  const { harness, call: run } = setUp();
  const one = harness.talk();
  const two = harness.talk({ callId: "2@x" });
  assert.equal(run("dlg_push_var", { dlg_val_name: "k", dlg_val_value: "v", DID: [one.did, "nobody", "2@x"] }), "OK");
  assert.deepEqual([one.value("k"), two.value("k")], ["v", "v"]);
  assert.equal(run("dlg_push_var", ["k", 7, [one.did]]), "OK", "by position; a number is a text");
  assert.deepEqual([one.value("k"), one.valueEntry("k")?.isInteger, two.value("k")], ["7", false, "v"]);
  assert.equal(run("dialog:push_var", ["k", "w", ["no such call"]]), "OK");
});

test("dlg_push_var keeps bytes beyond ASCII as they stand in messages", () => {
  const { harness, call: run } = setUp();
  const dialog = harness.talk();
  assert.equal(run("dlg_push_var", ["имя", "Ж", [dialog.did]]), "OK");
  assert.equal(dialog.value(Buffer.from("имя").toString("latin1")), Buffer.from("Ж").toString("latin1"));
});

test("dlg_push_var wants an array of ids (case 68)", () => {
  const { call: run } = setUp();
  assert.deepEqual(run("dlg_push_var", { dlg_val_name: "k", dlg_val_value: "v", DID: "6ae.4b" }), refusal("Bad type for parameter 'DID'"));
  assert.deepEqual(run("dlg_push_var", ["k", "v", []]), refusal("Empty array in parameter 'DID'"));
  assert.deepEqual(run("dlg_push_var", ["k", "v", [{}]]), refusal("Bad type for array item in parameter 'DID'"));
  assert.deepEqual(run("dlg_push_var", ["k", "v"]), refusal("Too few or too many parameters"));
  assert.deepEqual(run("dlg_push_var", { dlg_val_name: "k", DID: ["x"] }), refusal("Named parameters do not match"));
});

test("dlg_push_var stops at a call that can take no more variables; earlier ones stay changed", () => {
  const { harness, call: run } = setUp(1);
  const [one, two, three] = [harness.talk(), harness.talk({ callId: "2@x" }), harness.talk({ callId: "3@x" })];
  two.setValue("full", "1");
  const answer = run("dlg_push_var", ["k", "v", [one.did, two.did, three.did]]);
  assert.deepEqual(answer, { code: 403, message: "Operation failed" });
  assert.deepEqual([one.value("k"), two.value("k"), three.value("k")], ["v", undefined, undefined]);
});

test("memberships are changed from outside under either name of the id", () => {
  const { harness, call: run } = setUp();
  const dialog = harness.talk();
  const caller = harness.profiles.get("caller");
  assert.equal(run("dlg_set_profile", { dlg_id: dialog.did, profile: "caller", value: "alice" }), "OK");
  assert.equal(run("dlg_set_profile", { DID: dialog.did, profile: "caller", value: "bob" }), "OK");
  assert.equal(caller?.size(), 2);
  assert.equal(run("dlg_set_profile", { DID: dialog.did, profile: "caller", value: "carol", clear_values: 1 }), "OK");
  assert.deepEqual(caller?.values(), [{ value: "carol", count: 1 }]);
  assert.deepEqual(run("dlg_unset_profile", { dlg_id: dialog.did, profile: "caller", value: "bob" }), {
    code: 403,
    message: "Dialog Error",
  });
  assert.equal(run("dlg_unset_profile", { dlg_id: dialog.did, profile: "caller" }), "OK");
  assert.equal(caller?.size(), 0);
  assert.equal(run("dialog:set_profile", { dlg_id: dialog.did, profile: "inbound" }), "OK");
  assert.equal(run("dlg_set_profile", [dialog.did, "caller", "dave", 1]), "OK");
  assert.deepEqual(caller?.values(), [{ value: "dave", count: 1 }]);
  assert.equal(run("dlg_unset_profile", [dialog.did, "caller", "dave"]), "OK");
  const both = { code: -32602, message: "Invalid params", data: "Named parameters do not match" };
  assert.deepEqual(run("dlg_unset_profile", { dlg_id: dialog.did, DID: dialog.did, profile: "inbound" }), both);
  assert.deepEqual(harness.tracker.check(), []);
});

test("what cannot be a membership is refused", () => {
  const { harness, call: run } = setUp();
  const dialog = harness.talk();
  assert.deepEqual(run("dlg_set_profile", { dlg_id: "nobody", profile: "caller", value: "x" }), { code: 404, message: "Dialog Not Found" });
  assert.deepEqual(run("dlg_set_profile", { dlg_id: dialog.did, profile: "none", value: "x" }), { code: 400, message: "Bad param" });
  assert.deepEqual(run("dlg_set_profile", { dlg_id: dialog.did, profile: "caller" }), { code: 400, message: "Bad param" });
});

async function backend(backends: DialogBackends, method: string, params?: unknown): Promise<unknown> {
  const clock = new TestClock();
  const harness = new DialogHarness(clock, seededRandom(5));
  const commands = new Commands({ clock, timers: harness.timers, log: silentLog });
  registerDialogBackendCommands(commands, backends);
  const answer = await commands.execute(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), { transport: "internal", address: "" });
  const reply = JSON.parse([...(answer ?? [])].join(""));
  return "error" in reply ? reply.error : reply.result;
}

test("without a database and without a cluster the commands about them say so", async () => {
  assert.deepEqual(await backend({}, "dlg_db_sync"), { code: 400, message: "Cannot sync in no-db mode" });
  assert.deepEqual(await backend({}, "dlg_restore_db"), { code: 400, message: "Cannot restore db in no-db mode!" });
  assert.deepEqual(await backend({}, "dlg_cluster_sync"), { code: 400, message: "Dialog replication disabled" });
  assert.deepEqual(await backend({}, "dialog:cluster_sync", ["vip1"]), { code: 400, message: "Dialog replication disabled" });
});

test("with them they say how it went", async () => {
  const store = (sync: () => Promise<boolean>, restore: () => Promise<boolean>): DialogBackends => ({ store: { sync, restore } });
  const yes = (): Promise<boolean> => Promise.resolve(true);
  const no = (): Promise<boolean> => Promise.resolve(false);
  const breaks = (): Promise<boolean> => Promise.reject(new Error("gone"));
  assert.equal(await backend(store(yes, no), "dlg_db_sync"), "OK");
  assert.deepEqual(await backend(store(breaks, no), "dlg_db_sync"), { code: 400, message: "Sync mem with DB failed" });
  assert.deepEqual(await backend(store(yes, no), "dlg_restore_db"), { code: 400, message: "Restore dlg DB failed!" });
  const asked: (string | undefined)[] = [];
  const replica = (result: "ok" | "busy" | "failed" | "error"): DialogBackends => ({
    replica: {
      sync: (tag) => {
        asked.push(tag);
        return Promise.resolve(result);
      },
    },
  });
  assert.equal(await backend(replica("ok"), "dlg_cluster_sync"), "OK");
  assert.equal(await backend(replica("busy"), "dlg_cluster_sync", { sharing_tag: "vip1" }), "Sync already in progress");
  assert.deepEqual(asked, [undefined, "vip1"]);
  assert.deepEqual(await backend(replica("failed"), "dlg_cluster_sync"), { code: 400, message: "Failed to send sync request" });
  assert.deepEqual(await backend(replica("error"), "dlg_cluster_sync"), { code: 500, message: "Internal error while setting sync state" });
});
