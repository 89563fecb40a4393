// Every example of the dialog module's documentation: it passes the check as written or with exactly the correction named here, and those
// that can run do what the text says (script-language 13).
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkScript, type ScriptBench, testScript } from "../../testing/script.ts";
import { EXAMPLES } from "./dialog/fixtures.ts";
import { CALLEE, CallBench, LOAD } from "./dialog/harness.ts";

/** An example as it can be checked. */
interface Checked {
  /** Modules that it needs beside the usual ones. */
  readonly modules?: string;
  /** Where the text itself has to be mended: from, to. */
  readonly corrections?: readonly (readonly [from: string, to: string])[];
  /** Profiles that it uses. */
  readonly profiles?: string;
  /** Before its statements. */
  readonly before?: string;
}

const DB = 'loadmodule "db_sqlite.so"';
const CLUSTER = 'loadmodule "clusterer.so"\nmodparam("clusterer", "my_node_id", 1)';
const UNCLOSED = ["calls \\n);", 'calls \\n");'] as const;
const CALLS = 'modparam("dialog", "profiles_with_value", "caller")\nmodparam("dialog", "profiles_no_value", "inbound_call")';

/** What the examples need that is not in them. Those that are not named here need nothing. */
const NEEDS: ReadonlyMap<number, Checked> = new Map<number, Checked>([
  [9, { modules: DB }],
  [41, { modules: 'loadmodule "cachedb_redis.so"' }],
  [46, { modules: CLUSTER }],
  [47, { modules: CLUSTER }],
  [
    57,
    {
      corrections: [
        ["$var(dlg_n\no)", "$var(dlg_no)"],
        ["talking w\nith", "talking with"],
        ["attribu\ntes", "attributes"],
      ],
    },
  ],
  [
    58,
    {
      corrections: [
        ["variables:\\n);", 'variables:\\n");'],
        ["$(avp(d_v\nals)", "$(avp(d_vals)"],
      ],
    },
  ],
  [59, { corrections: [UNCLOSED] }],
  [60, { corrections: [UNCLOSED], profiles: CALLS }],
  [61, { profiles: CALLS }],
  [62, { profiles: CALLS, before: "create_dialog();" }],
  [63, { profiles: CALLS, before: "create_dialog();" }],
  [64, { profiles: CALLS, before: "create_dialog();" }],
  [74, { corrections: [["_some_prolongation_condition", "$DLG_lifetime < 600"]] }],
  [76, { corrections: [['dlg_send_sequential($var(direction), "INFO"', 'dlg_send_sequential("INFO", $var(direction)']] }],
]);

/** The example, mended; the corrections have to be there to be made. */
function mended(number: number): string {
  let text = EXAMPLES.get(number) ?? "";
  for (const [from, to] of NEEDS.get(number)?.corrections ?? []) {
    assert.ok(text.includes(from), `example ${number} has "${from}"`);
    text = text.replace(from, to);
  }
  return text;
}

/** A whole script: parameters, blocks and statements of the example each where they belong. */
function scriptOf(number: number, text: string, isWhole = true): string {
  const { modules = "", profiles = "", before = "" } = isWhole ? (NEEDS.get(number) ?? {}) : {};
  const lines = text.split("\n");
  const block = lines.findIndex((line) => /^(event_)?route\[/.test(line));
  const blocks = block < 0 ? "" : lines.slice(block).join("\n");
  const rest = block < 0 ? lines : lines.slice(0, block);
  const isParameters = number <= 52;
  const parameters = isParameters ? rest : rest.filter((line) => line.startsWith("modparam"));
  const statements = isParameters ? [] : rest.filter((line) => !line.startsWith("modparam"));
  return `${LOAD}\n${modules}\n${profiles}\n${parameters.join("\n")}\nroute {\n${before}\n${statements.join("\n")}\nif (!has_totag()) record_route();\nt_relay();\n}\n${blocks}\n`;
}

const errorsOf = (script: string): readonly string[] => checkScript(script).filter((line) => line.startsWith("error"));

for (let number = 1; number <= 76; number++) {
  const { corrections, modules } = NEEDS.get(number) ?? {};
  const how = corrections === undefined ? (modules === undefined ? "as written" : "with its module") : "with its correction";
  test(`example 1.${number} passes the check ${how}`, () => {
    assert.deepEqual(errorsOf(scriptOf(number, mended(number))), []);
    if (corrections !== undefined)
      assert.notDeepEqual(errorsOf(scriptOf(number, EXAMPLES.get(number) ?? "")), [], "as written it does not");
    if (modules !== undefined) assert.match(errorsOf(scriptOf(number, mended(number), false)).join(), /depends on/);
  });
}

/** A call through a script that is running. */
async function open(text: string): Promise<CallBench<ScriptBench>> {
  return new CallBench(await testScript(text));
}

async function started(number: number, more: { before?: string; after?: string; initial?: string } = {}): Promise<CallBench<ScriptBench>> {
  const text = mended(number);
  const script = scriptOf(number, `${more.before ?? ""}${text}`);
  return open(script);
}

test("settings of examples 1.1 to 1.52 reach the engine, or are said to need what comes later", async () => {
  const options = async (number: number): Promise<ScriptBench> => {
    const bench = await testScript(scriptOf(number, mended(number)));
    await bench.close();
    return bench;
  };
  const dialogs = async (number: number) => (await options(number)).engine.dialogs.settings;
  assert.equal((await options(1)).engine.statistics.find("dialog:active_dialogs"), undefined);
  assert.equal((await dialogs(2)).hashSize, 1024);
  assert.equal((await dialogs(4)).rrParam, "xyz");
  assert.equal((await dialogs(5)).defaultTimeoutMs, 21_600_000);
  assert.equal((await dialogs(6)).extraHeaders, "Hint: credit expired\r\n");
  assert.equal((await dialogs(7)).matchMode, "didOnly");
  const withValue = await options(36);
  assert.deepEqual(
    withValue.engine.profiles.list().map(({ fullName, hasValue }) => `${fullName} ${hasValue}`),
    ["caller true", "my_profile true", "share/s true", "repl/b true"],
  );
  const shared = withValue.problems.map(({ message }) => message).join("\n");
  assert.match(shared, /<share\/s> counts on this node alone/);
  assert.match(shared, /<repl\/b> counts on this node alone/);
  const without = await options(37);
  assert.deepEqual(
    without.engine.profiles.list().map(({ fullName, hasValue }) => `${fullName} ${hasValue}`),
    ["inbound false", "outbound false", "shared/s false", "repl/b false"],
  );
  assert.equal((await dialogs(40)).raceConditionTimeoutMs, 1000);
  assert.match((await options(45)).problems.map(({ severity, message }) => `${severity} ${message}`).join(), /warning /);
  await assert.rejects(options(9), /store: no database is named/, "the URL that the text calls the default is nobody's");
  assert.deepEqual((await options(41)).program.needs(), [], "no profile uses the cache");
  assert.match((await options(46)).program.needs().join(), /dialog_replication_cluster: .* later release/);
  assert.deepEqual((await options(47)).program.needs(), [], "no profile is counted across the cluster");
  assert.equal((await options(52)).engine.rooms.eventIdFormat, 1);
});

test("1.53: the dialog is created once, and its flags are those of the last call", async () => {
  const call = await started(53);
  await call.talk();
  const [dialog] = call.bench.engine.dialogs.byValue("x", "y").concat(...call.bench.engine.dialogs.all());
  assert.ok(dialog !== undefined && call.bench.engine.dialogs.count === 1);
  assert.equal(dialog.options, 8, "B");
  await call.close();
});

test("1.54: an in-dialog request that belongs to no call is said to, one of a call is not", async () => {
  const call = await open(scriptOf(54, `if (!has_totag()) create_dialog();\n${mended(54)}`));
  await call.talk();
  assert.equal(call.printed(), "");
  await call.request("INFO", 2, { toTag: "nobody" });
  assert.equal(call.printed(), "cannot match request to a dialog\n".repeat(2));
  await call.close();
});

test("1.55: a request with an old number is bogus, a good one shows its way", async () => {
  const call = await open(scriptOf(55, `if (!has_totag()) create_dialog();\n${mended(55)}`));
  await call.talk();
  await call.request("INFO", 5, { toTag: "b" });
  assert.equal(call.printed(), " in-dialog valid request - downstream !\n".repeat(2));
  await call.request("BYE", 3, { toTag: "b" });
  assert.equal(call.printed(), " in-dialog bogus request \n");
  await call.close();
});

test("1.56: a request that does not fit goes where the dialog says", async () => {
  const call = await open(scriptOf(56, `if (!has_totag()) create_dialog();\n${mended(56)}`));
  await call.talk();
  await call.request("INFO", 5, { toTag: "b" });
  // an attacker's Request-URI and Routes are replaced by what is known of the callee
  const text = [
    "BYE sip:evil@10.0.0.66:5060 SIP/2.0",
    "Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKevil",
    "Max-Forwards: 70",
    "From: <sip:alice@example.com>;tag=a",
    "To: <sip:bob@example.com>;tag=b",
    "Call-ID: call@10.0.0.2",
    "CSeq: 3 BYE",
    `Route: ${/\r\nRecord-Route: ([^\r]*)/.exec(call.last("INVITE") ?? "")?.[1] ?? "<sip:10.0.0.1;lr>"}`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
  call.bench.take();
  call.bench.receive(text);
  await call.bench.advance(1);
  const [sent] = call.bench.sent;
  assert.equal(sent?.to, CALLEE);
  assert.match(sent?.text ?? "", /^BYE sip:bob@10\.0\.0\.3:5060 SIP\/2\.0\r\n/);
  await call.close();
});

test("1.57: the second call of a caller is told of the first one", async () => {
  const call = await started(57);
  await call.invite([], "one@x");
  assert.equal(call.printed(), "");
  await call.invite([], "two@x");
  assert.equal(call.printed(), "caller sip:alice@example.com has 1 other ongoing calls, talking with : sip:bob@10.0.0.3:5060 \n");
  await call.close();
});

test("1.58: all variables of another call are listed, newest first", async () => {
  const before = '$var(callid) = "one@x"; create_dialog(); if ($ci == "one@x") { $dlg_val(a) = "1"; $dlg_val(b) = "2"; }\n';
  const call = await started(58, { before: `${before}if ($ci != "one@x") ` });
  await call.invite([], "one@x");
  await call.invite([], "two@x");
  assert.equal(call.printed(), "the call one@x has the variables:\nvar 0 is a='1'\nvar 1 is b='2'\n");
  await call.close();
});

test("1.59 and 1.60: other calls are found by variable and by profile, as JSON", async () => {
  for (const [number, head] of [
    [59, 'create_dialog(); if ($ci == "two@x")\n'],
    [60, 'create_dialog(); if ($ci == "two@x")\n'],
  ] as const) {
    const mark = number === 59 ? "$dlg_val(caller) = $fU;" : 'set_dlg_profile("caller", $fU);';
    const call = await open(
      scriptOf(
        number,
        `if ($ci == "one@x") { create_dialog(); ${mark} }\n${head}${mended(number)}\nxlog("$var(i) $json(dlg_info/callid)\\n");`,
      ),
    );
    await call.invite([], "one@x");
    call.printed();
    await call.invite([], "two@x");
    assert.equal(call.printed(), "Caller alice has 1 other calls \n1 one@x\n", `example ${number}`);
    await call.close();
  }
});

test("1.61: another call is looked at and left again", async () => {
  const call = await open(
    scriptOf(
      61,
      `if (!has_totag()) { create_dialog(); } else loose_route();\nif ($ci == "one@x") { set_dlg_profile("inbound_call"); t_relay(); exit; }\n$var(callid) = "one@x";\n${mended(61)}\nxlog("$DLG_lifetime");`,
    ),
  );
  await call.talk([], "one@x");
  call.printed();
  await call.bench.advance(7_000);
  await call.invite([], "two@x");
  assert.equal(call.printed(), "The dialog 'one@x' already has a duration of 7 seconds\nthis dialog is an inbound call\n0");
  await call.close();
});

test("1.62 to 1.65: profiles are joined, left, asked and counted", async () => {
  const sizes = async (number: number, after = ""): Promise<string> => {
    const call = await open(scriptOf(number, `${number === 62 ? "" : `${mended(62)}\n`}${mended(number)}\n${after}`));
    await call.invite();
    const { profiles } = call.bench.engine;
    const found = `${profiles.get("inbound_call")?.size()} ${profiles.get("caller")?.size("sip:alice@example.com")}`;
    await call.close();
    return found;
  };
  assert.equal(await sizes(62), "1 1");
  assert.equal(await sizes(63), "0 0");
  const call = await open(scriptOf(64, `set_dlg_profile("caller", "XX");\n${mended(64)}`).replace("route {", "log_level=4\nroute {"));
  await call.invite();
  assert.equal(call.printed(), "this request belongs to a call of user XX\n");
  await call.close();
  const counted = await open(scriptOf(65, `create_dialog(); set_dlg_profile("caller", $fu);\n${mended(65)}`));
  await counted.invite();
  assert.equal(counted.printed(), "inboundCalls: 0\ncurrently, the user sip:alice@example.com has 1 active outgoing calls\n");
  await counted.close();
});

test("1.66 to 1.69: flags are set, tested, flipped and taken back", async () => {
  const after = async (...texts: string[]): Promise<string> => {
    const call = await open(scriptOf(66, `create_dialog();\n${texts.join("\n")}\nxlog("$rc $DLG_flags");`));
    await call.invite();
    const printed = call.printed();
    await call.close();
    return printed;
  };
  assert.equal(await after(mended(66)), "1 8");
  assert.equal(await after(mended(67)), "1 8");
  assert.equal(await after(mended(66), mended(67)), "-1 8");
  assert.equal(await after("set_dlg_flag(16);", mended(69)), "dialog flag 16 is set\n1 65536");
  assert.equal(await after("set_dlg_flag(16);", mended(68)), "1 0");
});

test("1.70 and 1.71: values are kept with the dialog under their exact names", async () => {
  const call = await open(
    scriptOf(70, `create_dialog();\n${mended(70)}\n$avp(2) = NULL;\n${mended(71)}\nxlog("$avp(2) $var(account) $dlg_val(account_type)");`),
  );
  await call.invite();
  assert.equal(call.printed(), "10.0.0.2 prepaid prepaid");
  const [dialog] = call.bench.engine.dialogs.all();
  assert.deepEqual(
    dialog?.values.map(({ name, value }) => `${name}=${value}`),
    ["account_type=prepaid", "account type=prepaid", "inv_src_ip=10.0.0.2"],
  );
  await call.close();
});

test("1.72: the sharing tag is kept with the dialog", async () => {
  const call = await open(scriptOf(72, `create_dialog();\n${mended(72)}\nxlog("$rc");`));
  await call.invite();
  const [dialog] = call.bench.engine.dialogs.all();
  assert.deepEqual([call.printed(), dialog?.sharingTag], ["1", "vip1"]);
  await call.close();
});

test("1.73 to 1.75: routes run when the call is answered, times out and is over", async () => {
  const initial = (number: number): string => {
    const [statements = "", block = ""] = mended(number).split(/(?=^route\[)/m);
    return `if (has_totag()) { loose_route(); t_relay(); exit; }\n${statements}\n${block}`;
  };
  const answered = await open(scriptOf(73, initial(73)));
  await answered.talk();
  const [dialog] = answered.bench.engine.dialogs.all();
  assert.equal(answered.printed(), `The dialog ${dialog?.did} was answered\n`);
  await answered.close();

  const timed = await open(scriptOf(74, initial(74)));
  await timed.talk();
  await timed.bench.advance(119_000);
  assert.equal(timed.printed(), "");
  await timed.bench.advance(3_000);
  assert.match(timed.printed(), /^The dialog \S+ timed out\n$/);
  assert.equal(timed.bench.engine.dialogs.active, 1, "one minute more");
  await timed.bench.advance(60_000);
  assert.match(timed.printed(), /timed out/);
  await timed.bench.advance(600_000);
  assert.equal(timed.bench.engine.dialogs.active, 0, "no more once it has lasted ten minutes");
  await timed.close();

  const over = await open(scriptOf(75, initial(75)));
  await over.talk();
  await over.bench.advance(12_000);
  await over.request("BYE", 2, { toTag: "b" });
  assert.match(over.printed(), /^The dialog \S+ terminated after 12 secs\n$/);
  await over.close();
});

test("1.76: a digit that was heard goes on as INFO to the other side", async () => {
  const call = await open(scriptOf(76, `if (has_totag()) { loose_route(); t_relay(); exit; }\ncreate_dialog();\n${mended(76)}`));
  await call.talk();
  const [dialog] = call.bench.engine.dialogs.all();
  for (const [stream, to] of [
    [0, CALLEE],
    [1, "10.0.0.2:5060"],
  ] as const) {
    call.bench.take();
    call.bench.events.raise("E_RTPPROXY_DTMF", [
      ["digit", "5"],
      ["duration", 160],
      ["id", dialog?.did ?? ""],
      ["stream", stream],
    ]);
    await call.bench.advance(1);
    const info = call.bench.sent.find(({ text }) => text.startsWith("INFO "));
    assert.equal(info?.to, to);
    assert.match(info?.text ?? "", /\r\nContent-Type: application\/dtmf-relay\r\n/);
    assert.ok(info?.text.endsWith("\r\n\r\nSignal=5\nDuration=160"));
  }
  await call.close();
});
