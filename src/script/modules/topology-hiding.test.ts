import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMessage, SipRequest, SipResponse } from "../../sip/index.ts";
import { checkScript, type ScriptBench, testScript } from "../../testing/script.ts";

const HEAD = `
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "sipmsgops.so"
loadmodule "topology_hiding.so"
`;
const WITH_DIALOG = `${HEAD}loadmodule "dialog.so"\n`;
const BOB = "10.0.0.3:5060";

/** The request route of the module's documentation. */
function script(hide: string, head = WITH_DIALOG): string {
  return `${head}
route {
  if (has_totag()) {
    if (topology_hiding_match()) {
      xlog("within $rm $ci [$TH_callee_callid] $ru $du\\n");
      t_relay();
      exit;
    }
    if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
    sl_send_reply(404, "Not here");
    exit;
  }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  ${hide}
  $du = "sip:${BOB}";
  t_relay();
}
`;
}

const INVITE = `INVITE sip:bob@example.com SIP/2.0
Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-1
Record-Route: <sip:10.0.0.2;lr>
From: <sip:alice@example.com>;tag=at
To: <sip:bob@example.com>
Call-ID: cid-dlgall
CSeq: 1 INVITE
Max-Forwards: 70
Contact: <sip:alice@10.0.0.2:5060;x=1>
Content-Length: 0

`;

function requestTo(bench: ScriptBench, to: string): SipRequest {
  const found = bench.take().filter((one) => one.to === to);
  assert.equal(found.length, 1, `one message to ${to}`);
  const parsed = parseMessage(found[0]?.text ?? "");
  assert.ok(parsed.ok && parsed.value instanceof SipRequest);
  return parsed.value;
}

async function receive(bench: ScriptBench, text: string, from?: string): Promise<void> {
  bench.receive(text, from);
  await bench.advance(5);
}

function answer(request: SipRequest, status: string, extra = ""): string {
  const vias = request
    .values("Via")
    .map((via) => `Via: ${via}\n`)
    .join("");
  const tag = request.toTag === "" ? ";tag=bt" : "";
  return `SIP/2.0 ${status}\n${vias}From: ${request.from.text}\nTo: ${request.to.text}${tag}\nCall-ID: ${request.callId}\nCSeq: ${request.cseqNumber} ${request.method}\nContact: <sip:bob@${BOB}>\n${extra}Content-Length: 0\n\n`;
}

test("topology-hiding/01 to 06 load as they are written, with and without dialog", () => {
  for (const call of [
    "topology_hiding()",
    'topology_hiding("U")',
    'topology_hiding("D")',
    'topology_hiding("C")',
    'topology_hiding("UC", "/a/b")',
  ]) {
    assert.deepEqual(checkScript(script(`create_dialog(); ${call};`)), [], call);
    assert.deepEqual(checkScript(script(`${call};`, HEAD)), [], call);
  }
});

test("what is wrong with its settings is said when the script is loaded", () => {
  const without = (text: string): readonly string[] =>
    checkScript(script("topology_hiding();", text)).filter((one) => one.startsWith("error"));
  assert.equal(
    without(HEAD.replace('loadmodule "tm.so"', "")).some((one) => one.includes("depends on module tm")),
    true,
  );
  assert.match(without(`${HEAD}modparam("topology_hiding", "force_dialog", 1)\n`).join(), /depends on module dialog/);
  assert.match(without(`${HEAD}modparam("topology_hiding", "th_contact_encode_scheme", "rot13")\n`).join(), /rot13/);
  assert.match(checkScript(`${HEAD}route { exit; }\nonreply_route { topology_hiding(); }`).join(), /topology_hiding/);
});

for (const [name, flags, head] of [
  ["with a dialog", '"C"', WITH_DIALOG],
  ["without a dialog", '"U"', HEAD],
] as const) {
  test(`a call ${name}: the parties see us alone, and requests within it find their way`, async () => {
    const isTracked = head === WITH_DIALOG;
    const hide = `${isTracked ? "create_dialog(); " : ""}record_route(); if (!topology_hiding(${flags})) xlog("not hidden\\n");`;
    const bench = await testScript(script(hide, head));
    await receive(bench, INVITE);
    const invite = requestTo(bench, BOB);
    assert.deepEqual([invite.values("Via").length, invite.has("Record-Route")], [1, false]);
    assert.equal(invite.callId, isTracked ? "DLGCH_LBkBQzclNzIjHA--" : "cid-dlgall");
    const contact = invite.header("Contact") ?? "";
    assert.match(contact, isTracked ? /^<sip:10\.0\.0\.1;did=[0-9a-f]+\.[0-9a-f]+>$/ : /^<sip:alice@10\.0\.0\.1;thinfo=[A-Za-z0-9+.-]+>$/);
    await receive(bench, answer(invite, "200 OK", "Record-Route: <sip:10.0.0.4;lr>\n"), BOB);
    const [ok] = bench.take();
    const reply = parseMessage(ok?.text ?? "");
    assert.ok(reply.ok && reply.value instanceof SipResponse);
    assert.equal(reply.value.callId, "cid-dlgall");
    assert.deepEqual(reply.value.values("Record-Route"), ["<sip:10.0.0.2;lr>"]);
    assert.deepEqual(reply.value.values("Via"), ["SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK-1"]);
    const target = reply.value.header("Contact")?.slice(1, -1) ?? "";
    await receive(
      bench,
      `ACK ${target} SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK-2\nFrom: <sip:alice@example.com>;tag=at\nTo: <sip:bob@example.com>;tag=bt\nCall-ID: cid-dlgall\nCSeq: 1 ACK\nContent-Length: 0\n\n`,
    );
    const ack = requestTo(bench, "10.0.0.4:5060");
    assert.equal(ack.requestUri, `sip:bob@${BOB}`);
    assert.deepEqual(ack.values("Route"), ["<sip:10.0.0.4;lr>"]);
    assert.equal(ack.callId, invite.callId);
    await receive(
      bench,
      `BYE ${contact.slice(1, -1)} SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-3\nFrom: <sip:bob@example.com>;tag=bt\nTo: <sip:alice@example.com>;tag=at\nCall-ID: ${invite.callId}\nCSeq: 1 BYE\nContent-Length: 0\n\n`,
      BOB,
    );
    const bye = requestTo(bench, "10.0.0.2:5060");
    assert.equal(bye.callId, "cid-dlgall");
    assert.equal(bye.requestUri, "sip:alice@10.0.0.2:5060;x=1");
    const masked = isTracked ? "DLGCH_LBkBQzclNzIjHA--" : "<null>";
    assert.equal(
      bench.printed,
      `within ACK cid-dlgall [${masked}] sip:bob@${BOB} sip:10.0.0.4;lr\nwithin BYE cid-dlgall [${masked}] sip:alice@10.0.0.2:5060;x=1 sip:10.0.0.2;lr\n`,
    );
    await bench.close();
  });
}

test("return codes: 1 done, 1 again, −1 with a To tag; flags without a dialog are warned of", async () => {
  const bench = await testScript(
    `${HEAD}
route {
  if (has_totag()) { topology_hiding(); xlog("sequential $rc\\n"); exit; }
  topology_hiding("DC"); xlog("$rc ");
  topology_hiding("U"); xlog("$rc\\n");
  topology_hiding_match(); xlog("match $rc\\n");
  $du = "sip:${BOB}";
  t_relay();
}`,
  );
  await receive(bench, INVITE);
  assert.match(requestTo(bench, BOB).header("Contact") ?? "", /^<sip:alice@10\.0\.0\.1;thinfo=/);
  await receive(bench, INVITE.replace("To: <sip:bob@example.com>", "To: <sip:bob@example.com>;tag=x").replace("bK-1", "bK-9"));
  assert.equal(bench.printed, "1 1\nmatch -1\nsequential -1\n");
  assert.deepEqual(bench.complaints, [
    "flags <DC>: all but U need a dialog and are ignored",
    "topology_hiding() is for initial requests, and this one has a To tag",
  ]);
  await bench.close();
});

test("force_dialog makes the dialog; the settings reach the wire", async () => {
  const bench = await testScript(
    script(
      'topology_hiding("CU");',
      `${WITH_DIALOG}
modparam("topology_hiding", "force_dialog", 1)
modparam("topology_hiding", "th_callid_prefix", "HID-")
modparam("topology_hiding", "th_callid_passwd", "other")
modparam("topology_hiding", "th_passed_contact_uri_params", "x;y")
modparam("dialog", "rr_param", "dd")
`,
    ),
  );
  await receive(bench, INVITE);
  const invite = requestTo(bench, BOB);
  assert.match(invite.header("Contact") ?? "", /^<sip:alice@10\.0\.0\.1;dd=[0-9a-f.]+;x=1>$/);
  assert.ok(invite.callId.startsWith("HID-"));
  assert.equal(bench.engine.dialogs.byCallId("cid-dlgall")?.moduleFlags, 2 | 4 | 8);
  await bench.close();
});

test("base32 and names of one's own for what a Contact carries", async () => {
  const bench = await testScript(
    script(
      "topology_hiding();",
      `${HEAD}
modparam("topology_hiding", "th_contact_encode_scheme", "base32")
modparam("topology_hiding", "th_contact_encode_param", "way")
`,
    ),
  );
  await receive(bench, INVITE);
  const invite = requestTo(bench, BOB);
  const contact = invite.header("Contact") ?? "";
  assert.match(contact, /^<sip:10\.0\.0\.1;way=[A-Z2-7]+-*>$/);
  await receive(
    bench,
    `INFO ${contact.slice(1, -1).toUpperCase().replace("SIP:", "sip:").replace(";WAY", ";way")} SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-3\nFrom: <sip:b@x>;tag=bt\nTo: <sip:a@x>;tag=at\nCall-ID: cid-dlgall\nCSeq: 1 INFO\nContent-Length: 0\n\n`,
    BOB,
  );
  assert.equal(requestTo(bench, "10.0.0.2:5060").requestUri, "sip:alice@10.0.0.2:5060;x=1");
  await bench.close();
});
