import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { parseMessage, SipRequest, SipResponse } from "../../sip/index.ts";
import { checkScript, type ScriptBench, testScript } from "../../testing/script.ts";

const ALICE = "10.0.0.2:5060";
const BOB = "10.0.0.3:5060";
const HEAD = `
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "sipmsgops.so"
loadmodule "uac.so"
loadmodule "uac_auth.so"
`;
const CREDENTIAL = 'modparam("uac_auth", "credential", "gw:trunk:secret")\n';
const HA1 = createHash("md5").update("gw:trunk:secret").digest("hex");

/** The script of the uac-auth examples, with what they differ in. */
function script(head: string, { start = "", fail = 'if (!uac_auth()) { xlog("no $rc\\n"); exit; }' } = {}): string {
  return `${HEAD}${head}
route {
  if (has_totag()) {
    if (!loose_route()) { sl_send_reply(404, "Not here"); exit; }
    xlog("within $rm $cs\\n");
    t_on_failure("within");
    t_relay();
    exit;
  }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  ${start}
  record_route();
  t_on_failure("auth");
  $ru = "sip:bob@${BOB}";
  t_relay();
}
failure_route[auth] {
  if (t_check_status("40[17]")) {
    ${fail}
    t_relay();
  }
}
failure_route[within] {
  if (t_check_status("40[17]") && uac_auth()) t_relay();
}
`;
}

const INVITE = `INVITE sip:bob@example.com SIP/2.0
Via: SIP/2.0/UDP ${ALICE};branch=z9hG4bK-1
From: "Alice" <sip:alice@example.com>;tag=at
To: <sip:bob@example.com>
Call-ID: call-1
CSeq: 5 INVITE
Max-Forwards: 70
Contact: <sip:alice@${ALICE}>
Content-Length: 0

`;
const CHALLENGE = 'Digest realm="trunk", nonce="abc", qop="auth", opaque="oo"';

class Call {
  readonly bench: ScriptBench;

  constructor(bench: ScriptBench) {
    this.bench = bench;
  }

  async send(text: string, from?: string): Promise<void> {
    this.bench.receive(text, from);
    await this.bench.advance(5);
  }

  request(to: string, method: string): SipRequest {
    const message = this.#next(to);
    assert.ok(message instanceof SipRequest, `a request to ${to}`);
    assert.equal(message.method, method);
    return message;
  }

  response(status: number): SipResponse {
    const message = this.#next(ALICE);
    assert.ok(message instanceof SipResponse, "a response to the caller");
    assert.equal(message.status, status);
    return message;
  }

  #next(to: string): SipRequest | SipResponse {
    const at = this.bench.sent.findIndex((one) => one.to === to);
    const [found] = at < 0 ? [] : this.bench.sent.splice(at, 1);
    const parsed = parseMessage(found?.text ?? "");
    assert.ok(parsed.ok, `a message to ${to}`);
    return parsed.value;
  }
}

async function open(text: string): Promise<Call> {
  return new Call(await testScript(text));
}

function answer(to: SipRequest, status: string, extra = ""): string {
  const copied = ["Via", "Record-Route"].flatMap((name) => to.values(name).map((value) => `${name}: ${value}\n`)).join("");
  const tag = to.toTag === "" ? ";tag=bt" : "";
  return `SIP/2.0 ${status}\n${copied}From: ${to.from.text}\nTo: ${to.to.text}${tag}\nCall-ID: ${to.callId}\nCSeq: ${to.cseqNumber} ${to.method}\nContact: <sip:bob@${BOB}>\n${extra}Content-Length: 0\n\n`;
}

function within(of: SipResponse, method: string, cseq: number): string {
  const routes = of
    .values("Record-Route")
    .map((route) => `Route: ${route}\n`)
    .join("");
  return `${method} sip:bob@${BOB} SIP/2.0\nVia: SIP/2.0/UDP ${ALICE};branch=z9hG4bK-${method}${cseq}\n${routes}From: ${of.from.text}\nTo: ${of.to.text}\nCall-ID: call-1\nCSeq: ${cseq} ${method}\nMax-Forwards: 70\nContent-Length: 0\n\n`;
}

/** INVITE, challenge, INVITE again. */
async function challenged(call: Call, challenge = CHALLENGE, status = 407): Promise<SipRequest> {
  await call.send(INVITE);
  const first = call.request(BOB, "INVITE");
  assert.equal(first.cseqNumber, 5);
  const name = status === 407 ? "Proxy-Authenticate" : "WWW-Authenticate";
  await call.send(answer(first, `${status} Who`, `${name}: ${challenge}\n`), BOB);
  call.request(BOB, "ACK");
  return call.request(BOB, "INVITE");
}

test("the uac-auth examples load as they are written", () => {
  assert.deepEqual(checkScript(script(CREDENTIAL)), []);
  assert.deepEqual(checkScript(script(`modparam("uac_auth", "credential", "gw:trunk:0x${HA1}")\n`)), []);
  assert.deepEqual(
    checkScript(script(`loadmodule "dialog.so"\nmodparam("rr", "append_fromtag", 1)\n${CREDENTIAL}`, { start: "create_dialog();" })),
    [],
  );
  assert.deepEqual(checkScript(script(CREDENTIAL, { fail: 'if (!uac_auth("MD5,SHA-256")) exit;' })), []);
});

test("what is wrong with credentials and settings is said when the script is loaded", () => {
  const problems = (text: string): string => checkScript(script(text)).join("\n");
  assert.match(problems('modparam("uac_auth", "credential", "gw:trunk")\n'), /user:realm:password/);
  assert.match(problems('modparam("uac_auth", "credential", "g w:trunk:x")\n'), /no spaces/);
  assert.match(problems('modparam("uac_auth", "auth_realm_avp", "$avp(r)")\n'), /belong together/);
  assert.match(problems('modparam("uac", "restore_mode", "maybe")\n'), /none, manual or auto/);
  assert.match(problems('modparam("uac", "rr_from_store_param", "vst")\n'), /must differ/);
  assert.match(checkScript(script("", { fail: 'uac_auth("SHA-1");' })).join(), /unknown digest algorithm "SHA-1"/);
});

for (const [name, isTracked, credential] of [
  ["with a plain password", false, CREDENTIAL],
  ["with HA1", false, `modparam("uac_auth", "credential", "gw:trunk:0x${HA1}")\n`],
  ["with a dialog", true, CREDENTIAL],
] as const) {
  test(`a challenge is answered ${name}; later requests are shifted, the caller notices nothing`, async () => {
    const head = isTracked ? `loadmodule "dialog.so"\n${credential}` : credential;
    const call = await open(script(head, { start: isTracked ? "create_dialog();" : "" }));
    const second = await challenged(call);
    assert.equal(second.cseqNumber, 6);
    assert.equal(second.requestUri, `sip:bob@${BOB}`);
    assert.equal(second.header("Record-Route")?.includes(";aci=1"), !isTracked);
    const value = second.header("Proxy-Authorization") ?? "";
    const cnonce = value.split('cnonce="')[1]?.split('"')[0] ?? "";
    const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
    const response = md5(`${HA1}:abc:00000001:${cnonce}:auth:${md5(`INVITE:sip:bob@${BOB}`)}`);
    assert.equal(
      value,
      `Digest username="gw", realm="trunk", nonce="abc", uri="sip:bob@${BOB}", opaque="oo", qop=auth, nc=00000001, cnonce="${cnonce}", response="${response}", algorithm=MD5`,
    );
    await call.send(answer(second, "200 OK"), BOB);
    const ok = call.response(200);
    assert.equal(ok.cseqNumber, 5);
    await call.send(within(ok, "ACK", 5));
    assert.equal(call.request(BOB, "ACK").cseqNumber, 6);
    await call.send(within(ok, "BYE", 6));
    const bye = call.request(BOB, "BYE");
    assert.equal(bye.cseqNumber, 7);
    await call.send(answer(bye, "200 OK"), BOB);
    assert.equal(call.response(200).cseqNumber, 6);
    assert.equal(call.bench.printed, "within ACK 5\nwithin BYE 6\n");
    await call.bench.close();
  });
}

test("AVPs win over declared credentials where their realm is the challenge's", async () => {
  const head = `${CREDENTIAL}
modparam("uac_auth", "auth_realm_avp", "$avp(r)")
modparam("uac_auth", "auth_username_avp", "$avp(u)")
modparam("uac_auth", "auth_password_avp", "$avp(p)")
`;
  const call = await open(script(head, { start: '$avp(r) = "trunk"; $avp(u) = "own"; $avp(p) = "pass";' }));
  assert.match((await challenged(call)).header("Proxy-Authorization") ?? "", /^Digest username="own"/);
  await call.bench.close();
  const other = await open(script(head, { start: '$avp(r) = "elsewhere"; $avp(u) = "own"; $avp(p) = "pass";' }));
  assert.match((await challenged(other, CHALLENGE, 401)).header("Authorization") ?? "", /^Digest username="gw"/);
  await other.bench.close();
});

test("the realm of the challenge may be read in the failure route and given back in AVPs", async () => {
  const head = `
modparam("uac_auth", "auth_realm_avp", "$avp(r)")
modparam("uac_auth", "auth_username_avp", "$avp(u)")
modparam("uac_auth", "auth_password_avp", "$avp(p)")
`;
  const fail = '$avp(r) = $(<reply>challenge.realm); $avp(u) = "own"; $avp(p) = "pass"; if (!uac_auth()) exit;';
  const call = await open(script(head, { fail }));
  assert.match((await challenged(call)).header("Proxy-Authorization") ?? "", /^Digest username="own", realm="trunk"/);
  await call.bench.close();
});

test("uac_auth says −1 where there is nothing to answer, or nothing to answer with", async () => {
  const call = await open(script(CREDENTIAL));
  await call.send(INVITE);
  const first = call.request(BOB, "INVITE");
  await call.send(answer(first, "407 Who", 'Proxy-Authenticate: Digest realm="other", nonce="n"\n'), BOB);
  call.request(BOB, "ACK");
  assert.equal(call.response(407).cseqNumber, 5);
  assert.equal(call.bench.printed, "no -1\n");
  assert.deepEqual(call.bench.complaints, ["no credential for the realm of the challenge"]);
  await call.bench.close();
  const strict = await open(script(CREDENTIAL, { fail: 'if (!uac_auth("SHA-256")) { xlog("no $rc\\n"); exit; }' }));
  await strict.send(INVITE);
  await strict.send(answer(strict.request(BOB, "INVITE"), "401 Who", `WWW-Authenticate: ${CHALLENGE}\n`), BOB);
  assert.equal(strict.bench.printed, "no -1\n");
  assert.deepEqual(strict.bench.complaints, ["no challenge in the reply that can be answered"]);
  await strict.bench.close();
});

test("a second challenge in the same transaction starts again from the request's own number", async () => {
  const call = await open(script(CREDENTIAL, { fail: 't_on_failure("auth"); if (!uac_auth()) exit;' }));
  const second = await challenged(call);
  await call.send(answer(second, "407 Stale", `Proxy-Authenticate: ${CHALLENGE.replace("abc", "def")}\n`), BOB);
  call.request(BOB, "ACK");
  const third = call.request(BOB, "INVITE");
  assert.equal(third.cseqNumber, 6);
  assert.deepEqual(third.values("Proxy-Authorization").length, 1);
  assert.match(third.header("Proxy-Authorization") ?? "", /nonce="def"/);
  assert.equal(third.header("Record-Route")?.split("aci").length, 2);
  await call.bench.close();
});

test("uac_replace_from and uac_replace_to: replies and later requests are rewritten by themselves", async () => {
  const start = 'uac_replace_from("Firm", "sip:4711@trunk"); uac_replace_to("sip:$rU@far"); xlog("$rc\\n");';
  for (const isTracked of [true, false]) {
    const head = isTracked ? 'loadmodule "dialog.so"\n' : 'modparam("uac", "restore_passwd", "pw")\n';
    const call = await open(script(head, { start: isTracked ? `create_dialog(); ${start}` : start }));
    await call.send(INVITE);
    const invite = call.request(BOB, "INVITE");
    assert.deepEqual([invite.from.text, invite.to.text], ['"Firm" <sip:4711@trunk>;tag=at', "<sip:bob@far>"]);
    assert.equal(invite.header("Record-Route")?.includes(";vsf="), !isTracked);
    await call.send(answer(invite, "200 OK"), BOB);
    const ok = call.response(200);
    assert.deepEqual([ok.from.text, ok.to.text], ['"Alice" <sip:alice@example.com>;tag=at', "<sip:bob@example.com>;tag=bt"]);
    await call.send(within(ok, "BYE", 6));
    const bye = call.request(BOB, "BYE");
    assert.deepEqual([bye.from.uri, bye.to.uri], ["sip:4711@trunk", "sip:bob@far"]);
    const dialog = call.bench.engine.dialogs.firstOf("call-1");
    if (isTracked) {
      assert.equal(dialog?.value("vsf"), "sip:alice@example.com");
      assert.equal(dialog?.value("739823"), "sip:4711@trunk");
      assert.equal(dialog?.value("vst"), "sip:bob@example.com");
      assert.equal(dialog?.value("739824"), "sip:bob@far");
    }
    assert.match(call.bench.printed, /^1\n/);
    await call.bench.close();
  }
});

test("restore_mode manual: only what the script restores is restored; none: nothing is remembered", async () => {
  const start = 'uac_replace_from("sip:4711@trunk");';
  const text = script('modparam("uac", "restore_mode", "manual")\n', { start }).replace(
    'xlog("within',
    'if (is_method("BYE")) { uac_restore_from(); xlog("restored $rc\\n"); }\n    xlog("within',
  );
  const call = await open(text);
  await call.send(INVITE);
  const invite = call.request(BOB, "INVITE");
  assert.ok(invite.header("Record-Route")?.includes(";vsf="));
  await call.send(answer(invite, "200 OK"), BOB);
  const ok = call.response(200);
  assert.equal(ok.from.uri, "sip:4711@trunk");
  const asSent = within(ok, "ACK", 5).replace(/From: .*/, "From: <sip:alice@example.com>;tag=at");
  await call.send(asSent);
  assert.equal(call.request(BOB, "ACK").from.uri, "sip:alice@example.com");
  await call.send(within(ok, "BYE", 6).replace(/From: .*/, "From: <sip:alice@example.com>;tag=at"));
  assert.equal(call.request(BOB, "BYE").from.uri, "sip:4711@trunk");
  assert.match(call.bench.printed, /restored 1/);
  await call.bench.close();
  const none = await open(script('modparam("uac", "restore_mode", "none")\n', { start }));
  await none.send(INVITE);
  const other = none.request(BOB, "INVITE");
  assert.equal(other.from.uri, "sip:4711@trunk");
  assert.equal(other.header("Record-Route")?.includes("vsf"), false);
  await none.bench.close();
});

test("return codes of replacing: −1 for no URI, a second time, and within a dialog", async () => {
  const text = `${HEAD}
route {
  $var(bad) = "no uri";
  uac_replace_from("$var(bad)"); xlog("$rc ");
  uac_replace_from("", "sip:a@b"); xlog("$rc ");
  uac_replace_from("sip:c@d"); xlog("$rc\\n");
  record_route();
  $ru = "sip:bob@${BOB}";
  t_relay();
}`;
  const call = await open(text);
  await call.send(INVITE);
  assert.equal(call.request(BOB, "INVITE").from.text, "<sip:a@b>;tag=at");
  await call.send(INVITE.replace("To: <sip:bob@example.com>", "To: <sip:bob@example.com>;tag=x").replace("bK-1", "bK-2"));
  assert.equal(call.bench.printed, "-1 1 -1\n-1 -1 -1\n");
  await call.bench.close();
});

test("uac_replace_from in a branch route changes that branch alone", async () => {
  const text = `${HEAD}
route {
  record_route();
  $ru = "sip:bob@${BOB}";
  append_branch("sip:carol@10.0.0.4:5060");
  t_on_branch("one");
  t_relay();
}
branch_route[one] {
  if ($T_branch_idx == 1) uac_replace_from("sip:only@carol");
}`;
  const call = await open(text);
  await call.send(INVITE);
  const bob = call.request(BOB, "INVITE");
  const carol = call.request("10.0.0.4:5060", "INVITE");
  assert.deepEqual([bob.from.uri, carol.from.uri], ["sip:alice@example.com", "sip:only@carol"]);
  assert.equal(bob.header("Record-Route")?.includes("vsf"), false);
  assert.equal(carol.header("Record-Route")?.includes(";vsf="), true);
  await call.bench.close();
});

test("uac_inc_cseq lets a request go on under a higher number", async () => {
  const call = await open(script("", { start: "uac_inc_cseq(3);" }));
  await call.send(INVITE);
  const invite = call.request(BOB, "INVITE");
  assert.equal(invite.cseqNumber, 8);
  await call.send(answer(invite, "200 OK"), BOB);
  const ok = call.response(200);
  assert.equal(ok.cseqNumber, 5);
  await call.send(within(ok, "ACK", 5));
  assert.equal(call.request(BOB, "ACK").cseqNumber, 8);
  await call.bench.close();
});
