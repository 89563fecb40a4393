// Calls that outlive the process: it is killed, another one starts, and everything goes on.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Child, eventually, freePort, freePorts, Management } from "../../src/testing/index.ts";
import { header, Phone, routeFor } from "./phone.ts";

const LAUNCHER = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "bin", "dialoom");
const OFFER = "v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
const ANSWER = OFFER.replace("o=a", "o=b");

/** One way to start the proxy. */
type Door = (folder: string, sip: number, mi: number) => readonly string[];

const TYPESCRIPT: Door = (folder, sip, mi) => [
  "-l",
  `udp:127.0.0.1:${sip}`,
  "--mi",
  `127.0.0.1:${mi}`,
  "--set",
  `store=sqlite:${join(folder, "dialogs.db")}`,
];

const SCRIPT: Door = (folder, sip, mi) => {
  const file = join(folder, "opensips.cfg");
  writeFileSync(
    file,
    `
log_level=2
socket=udp:127.0.0.1:${sip}
loadmodule "proto_udp.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "signaling.so"
loadmodule "sipmsgops.so"
loadmodule "db_sqlite.so"
loadmodule "httpd.so"
modparam("httpd", "ip", "127.0.0.1")
modparam("httpd", "port", ${mi})
loadmodule "mi_http.so"
loadmodule "dialog.so"
modparam("dialog", "db_mode", 1)
modparam("dialog", "db_url", "sqlite://${join(folder, "dialogs.db")}")
route {
  if (has_totag()) {
    if (!loose_route() && !match_dialog()) { send_reply(404, "Not here"); exit; }
    t_relay();
    exit;
  }
  if (is_method("INVITE")) { create_dialog("B"); $dlg_val(who) = $fU; dlg_on_hangup("hung"); }
  record_route();
  t_relay();
}
route[hung] { xlog("L_WARN", "HUNG $dlg_val(who)\\n"); }
`,
  );
  return ["-f", file];
};

/** The proxy, over and over again, with two phones. */
class Stage {
  readonly folder: string;
  readonly alice: Phone = new Phone("alice", "ta");
  readonly bob: Phone = new Phone("bob", "tb");
  readonly #door: Door;
  #sip = 0;
  #mi = 0;
  child: Child | undefined = undefined;

  private constructor(folder: string, door: Door) {
    this.folder = folder;
    this.#door = door;
  }

  static async begin(t: TestContext, door: Door): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "dialoom-restart-"));
    const stage = new Stage(folder, door);
    t.after(async () => {
      stage.alice.close();
      stage.bob.close();
      await stage.kill();
      rmSync(folder, { recursive: true, force: true });
    });
    await stage.alice.open();
    await stage.bob.open();
    const [sip = 0, mi = 0] = await freePorts(2);
    stage.#sip = sip;
    stage.#mi = mi;
    stage.alice.proxyPort = sip;
    stage.bob.proxyPort = sip;
    await stage.start();
    return stage;
  }

  async start(): Promise<void> {
    this.child = new Child({
      file: LAUNCHER,
      args: this.#door(this.folder, this.#sip, this.#mi),
      cwd: this.folder,
      env: Object.fromEntries(
        Object.keys(process.env)
          .filter((name) => name.startsWith("DIALOOM_"))
          .map((name) => [name, ""]),
      ),
    });
    await this.child.says(`http://127.0.0.1:${this.#mi}/mi`);
  }

  async kill(): Promise<void> {
    this.child?.signal("SIGKILL");
    await this.child?.ended;
  }

  /** `kill -9`, and another process. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  get management(): Management {
    return new Management(`127.0.0.1:${this.#mi}`);
  }

  async dialogs(): Promise<Awaited<ReturnType<Management["dialogs"]>>> {
    return this.management.dialogs();
  }

  rows(text = "SELECT * FROM dialog"): readonly unknown[] {
    const database = new DatabaseSync(join(this.folder, "dialogs.db"), { readOnly: true });
    try {
      return database.prepare(text).all();
    } finally {
      database.close();
    }
  }

  /** A call that is answered, and acknowledged unless told otherwise. */
  async talk(callId: string, isAcknowledged = true): Promise<void> {
    const { alice, bob } = this;
    alice.route = "";
    alice.request("INVITE", 1, bob, { callId, body: OFFER });
    const invite = await bob.gets("INVITE");
    bob.route = routeFor(invite, false);
    bob.answer(invite, 180);
    await alice.gets("SIP/2.0 180");
    bob.answer(invite, 200, ANSWER);
    alice.route = routeFor(await alice.gets("SIP/2.0 200"), true);
    if (isAcknowledged) await this.acknowledge(callId, 1);
  }

  async acknowledge(callId: string, cseq: number): Promise<void> {
    this.alice.request("ACK", cseq, this.bob, { callId, toTag: "tb" });
    await this.bob.gets("ACK");
  }
}

for (const [name, door] of [
  ["TypeScript", TYPESCRIPT],
  ["a script", SCRIPT],
] as const) {
  test(`after kill -9 a call is there as it was, and re-INVITE and BYE go their way (${name})`, async (t) => {
    const stage = await Stage.begin(t, door);
    const { alice, bob } = stage;
    await stage.talk("one@x");
    const [before] = await eventually(
      () => stage.dialogs(),
      ([one]) => one?.state === 4,
    );
    await stage.restart();
    const [after, ...others] = await stage.dialogs();
    assert.deepEqual(others, []);
    assert.deepEqual(after, before, "nothing that a listing shows is another");

    alice.request("INVITE", 2, bob, { callId: "one@x", toTag: "tb", body: OFFER });
    const reinvite = await bob.gets("INVITE");
    bob.answer(reinvite, 200, ANSWER);
    await alice.gets("SIP/2.0 200");
    await stage.acknowledge("one@x", 2);

    await stage.restart(); // and once more
    bob.request("BYE", 1, alice, { callId: "one@x", toTag: "ta" });
    const bye = await alice.gets("BYE");
    alice.answer(bye, 200);
    await bob.gets("SIP/2.0 200");
    assert.deepEqual(
      (await stage.dialogs()).filter((one) => one.state !== 5),
      [],
    );
    assert.deepEqual(stage.rows(), []);
    if (door === SCRIPT) await stage.child?.says("HUNG alice");
  });
}

test("a process that is killed when the 200 has left knows the call: the ACK, and a copy of the 200, find their way", async (t) => {
  const stage = await Stage.begin(t, TYPESCRIPT);
  const { alice, bob } = stage;
  alice.request("INVITE", 1, bob, { callId: "two@x", body: OFFER });
  const invite = await bob.gets("INVITE");
  bob.route = routeFor(invite, false);
  const ok = bob.answer(invite, 200, ANSWER);
  alice.route = routeFor(await alice.gets("SIP/2.0 200"), true);
  await stage.restart();
  assert.equal((await stage.dialogs())[0]?.state, 3);
  bob.send(ok);
  await alice.gets("SIP/2.0 200");
  await stage.acknowledge("two@x", 1);
  const [one] = await eventually(
    () => stage.dialogs(),
    ([dialog]) => dialog?.state === 4,
  );
  assert.equal(one?.state, 4);
});

test("a process that is killed while it rings leaves nothing, and the INVITE that is repeated starts afresh", async (t) => {
  const stage = await Stage.begin(t, TYPESCRIPT);
  const { alice, bob } = stage;
  const text = alice.request("INVITE", 1, bob, { callId: "three@x", body: OFFER });
  bob.answer(await bob.gets("INVITE"), 180);
  await alice.gets("SIP/2.0 180");
  await stage.restart();
  assert.deepEqual([await stage.dialogs(), stage.rows()], [[], []]);
  alice.send(text);
  bob.answer(await bob.gets("INVITE"), 180);
  await alice.gets("SIP/2.0 180");
  assert.equal((await stage.dialogs())[0]?.state, 2);
});

test("a call that came back is ended by command: both sides get their BYE, under numbers that they have not seen", async (t) => {
  const stage = await Stage.begin(t, TYPESCRIPT);
  const { alice, bob } = stage;
  await stage.talk("four@x");
  await stage.restart();
  await stage.management.run("dlg_end_dlg", { dialog_id: "four@x" });
  const [toAlice, toBob] = await Promise.all([alice.gets("BYE"), bob.gets("BYE")]);
  assert.deepEqual([header(toAlice, "CSeq"), header(toBob, "CSeq")], ["1 BYE", "2 BYE"]);
  alice.answer(toAlice, 200);
  bob.answer(toBob, 200);
  const rows = await eventually(
    () => Promise.resolve(stage.rows()),
    (all) => all.length === 0,
  );
  assert.deepEqual(rows, []);
});

test("SIGTERM leaves everything in the file, variables and profiles in their columns, and the next process goes on", async (t) => {
  const stage = await Stage.begin(t, SCRIPT);
  await stage.talk("five@x");
  const end = await stage.child?.stop();
  assert.equal(end?.code, 0, end?.stderr);
  const [row] = stage.rows() as readonly { vars: Uint8Array }[];
  assert.match(Buffer.from(row?.vars ?? []).toString("latin1"), /who#1#alice\|$/);
  await stage.start();
  assert.equal((await stage.dialogs()).length, 1);
});

test("SIGTERM with 1,000 calls that no pass has written: all rows stand in the file, the pid file is gone, the status is 0, and nobody hears a BYE", async (t) => {
  const delayed: Door = (folder, sip, mi) => {
    const args = SCRIPT(folder, sip, mi);
    const file = join(folder, "opensips.cfg");
    writeFileSync(
      file,
      readFileSync(file, "utf8")
        .replace('"db_mode", 1)', '"db_mode", 2)')
        .replace(/xlog\(.*\);/, ""),
    );
    return [...args, "-P", join(folder, "pid")];
  };
  const stage = await Stage.begin(t, delayed);
  const { alice, bob } = stage;
  for (let batch = 0; batch < 20; batch++) {
    const calls = Array.from({ length: 50 }, (_, i) => `c${batch}-${i}@x`);
    for (const callId of calls) alice.request("INVITE", 1, bob, { callId, body: OFFER });
    for (const _ of calls) bob.answer(await bob.gets("INVITE"), 200, ANSWER);
    for (const _ of calls) {
      const ok = await alice.gets("SIP/2.0 200");
      alice.route = routeFor(ok, true);
      alice.request("ACK", 1, bob, { callId: header(ok, "Call-ID"), toTag: "tb" });
      alice.route = "";
    }
  }
  const active = await eventually(
    () => stage.management.statistics(["dialog:active_dialogs"]),
    (all) => all["dialog:active_dialogs"] === 1000,
  );
  assert.deepEqual(active, { "dialog:active_dialogs": 1000 });
  assert.deepEqual(stage.rows(), []);
  const end = await stage.child?.stop();
  assert.equal(end?.code, 0, end?.stderr);
  assert.equal(stage.rows().length, 1000);
  assert.equal(existsSync(join(stage.folder, "pid")), false);
  assert.ok([...alice.inbox, ...bob.inbox].every((text) => !text.startsWith("BYE")));
});

test("a second proxy on the same file ends with status 75 and names the first; pragmas of a script are set", async (t) => {
  const tuned: Door = (folder, sip, mi) => {
    const args = SCRIPT(folder, sip, mi);
    const file = join(folder, "opensips.cfg");
    const pragmas = ["page_size=8192", "PRAGMA journal_mode = WAL"].map((one) => `modparam("db_sqlite", "exec_pragma", "${one}")`);
    writeFileSync(file, [readFileSync(file, "utf8"), ...pragmas, 'modparam("db_sqlite", "busy_timeout", 700)', ""].join("\n"));
    return args;
  };
  const stage = await Stage.begin(t, tuned);
  await stage.talk("one@x");
  assert.deepEqual({ ...(stage.rows("PRAGMA page_size")[0] as object) }, { page_size: 8192 });
  const store = `store=sqlite:${join(stage.folder, ".", "dialogs.db")}`;
  const second = new Child({ file: LAUNCHER, args: ["-l", "udp:127.0.0.1:0", "--mi", "off", "--set", store], env: {} });
  t.after(() => second.signal("SIGKILL"));
  const { code, stderr } = await second.ended;
  assert.equal(code, 75, stderr);
  const words = `dialoom: store: ${join(stage.folder, "dialogs.db")} is in use by another proxy (process ${stage.child?.pid}): end it, or use another file`;
  assert.ok(stderr.includes(words), stderr);
  await stage.restart();
  assert.equal((await stage.dialogs()).length, 1);
});

test("without its database a start fails with status 75 after three tries and says why", async (t) => {
  const port = await freePort();
  const child = new Child({
    file: LAUNCHER,
    args: ["-l", "udp:127.0.0.1:0", "--mi", "off", "--set", `store=postgres://u:secret@127.0.0.1:${port}/x`],
    env: {},
  });
  t.after(() => child.signal("SIGKILL"));
  const { code, stderr } = await child.ended;
  assert.equal(code, 75, stderr);
  assert.match(stderr, /dialoom: store: /);
  assert.ok(!stderr.includes("secret"), stderr);
});
