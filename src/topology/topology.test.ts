// Whole calls through an engine in virtual time: caller 10.0.1.1 behind a proxy 10.0.1.9, callee 10.0.2.1 behind a proxy 10.0.2.9.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ModuleFlag } from "../dialog/index.ts";
import { H, parseNameAddr, type SipMessage, type SipRequest, type SipResponse } from "../sip/index.ts";
import { Stage, type StageParty } from "../testing/stage.ts";
import { decodeContact, TOPOLOGY_DEFAULTS, unmaskCallId } from "./index.ts";

const { keepUser, hideCallId, didInUser } = ModuleFlag;
const CALL_ID = "call-1@10.0.1.1";

interface Wish {
  readonly isTracked?: boolean;
  readonly flags?: number;
}

let stage: Stage;
let alice: StageParty;
let bob: StageParty;

beforeEach(async () => {
  stage = await new Stage().open();
  alice = await stage.party("10.0.1.1");
  bob = await stage.party("10.0.2.1");
});

function hide({ isTracked = true, flags = 0 }: Wish = {}): void {
  stage.engine.app.invite((call) => {
    if (isTracked) call.track();
    assert.equal(stage.engine.topology.hide(call.context, flags), undefined);
    return call.relay("sip:10.0.2.1:5060");
  });
}

function invite(lines: readonly string[] = []): string {
  return [
    "INVITE sip:bob@example.com SIP/2.0",
    "Via: SIP/2.0/UDP 10.0.1.1:5060;branch=z9hG4bK-a1;rport;x=y",
    "Via: SIP/2.0/UDP 10.0.1.8;branch=z9hG4bK-deeper",
    "Max-Forwards: 70",
    "Record-Route: <sip:10.0.1.9;lr>",
    "From: <sip:alice@example.com>;tag=at",
    "To: <sip:bob@example.com>",
    `Call-ID: ${CALL_ID}`,
    "CSeq: 1 INVITE",
    'Contact: Alice <sip:alice@10.0.1.1:5060;ob;y=1>;+sip.instance="<urn:1>";expires=60',
    ...lines,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

function reply(request: SipRequest, status: string, lines: readonly string[] = []): string {
  let out = `SIP/2.0 ${status}\r\n`;
  for (const via of request.values(H.Via)) out += `Via: ${via}\r\n`;
  const tag = request.toTag === "" ? ";tag=bt" : "";
  out += `From: ${request.header(H.From)}\r\nTo: ${request.header(H.To)}${tag}\r\n`;
  out += `Call-ID: ${request.callId}\r\nCSeq: ${request.cseqNumber} ${request.method}\r\n`;
  for (const line of lines) out += `${line}\r\n`;
  return `${out}Content-Length: 0\r\n\r\n`;
}

const BOB = ["Record-Route: <sip:10.0.2.9;lr>, <sip:10.0.2.8;lr>", "Contact: <sip:bob@10.0.2.1:5060>"];

/** A request within the call, to the Contact that the other side showed us. */
function within(of: SipMessage, who: "alice" | "bob", method: string, cseq: number, lines: readonly string[] = []): string {
  const contact = parseNameAddr(of.header(H.Contact) ?? "");
  assert.ok(contact.ok);
  const isAlice = who === "alice";
  const [from, to] = isAlice ? [of.from, of.to] : [of.to, of.from];
  return [
    `${method} ${contact.value.uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${isAlice ? "10.0.1.1" : "10.0.2.1"}:5060;branch=z9hG4bK-${who}-${cseq}-${method}`,
    "Max-Forwards: 70",
    `From: ${from.text}${from.tag === "" ? ";tag=bt" : ""}`,
    `To: ${to.text}`,
    `Call-ID: ${of.callId}`,
    `CSeq: ${cseq} ${method}`,
    ...lines,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

/** No header of what this side got names an address of the other side. */
function assertHidden(message: SipMessage, other: "10.0.1." | "10.0.2."): void {
  const kept = message.isRequest ? message.text.slice(message.text.indexOf("\r\n")) : message.text;
  for (const line of kept.split("\r\n")) {
    if (!line.startsWith("Call-ID")) assert.ok(!line.includes(other), `${line}\n of ${message.text}`);
  }
}

/** The whole call of section 9, check 1: offer, answer, ACK, UPDATE from the callee, BYE. */
function wholeCall(): { readonly toBob: SipRequest; readonly toAlice: SipResponse; readonly all: readonly SipMessage[] } {
  alice.send(invite());
  const toBob = bob.request("INVITE");
  assertHidden(toBob, "10.0.1.");
  bob.send(reply(toBob, "180 Ringing", BOB));
  const ringing = alice.response(180);
  assertHidden(ringing, "10.0.2.");
  bob.send(reply(toBob, "200 OK", BOB));
  const toAlice = alice.response(200);
  assertHidden(toAlice, "10.0.2.");
  alice.send(within(toAlice, "alice", "ACK", 1));
  const ack = bob.request("ACK");
  assertHidden(ack, "10.0.1.");
  assert.equal(ack.requestUri, "sip:bob@10.0.2.1:5060");
  assert.deepEqual(ack.values(H.Route), ["<sip:10.0.2.8;lr>", "<sip:10.0.2.9;lr>"]);
  return { toBob, toAlice, all: [toBob, ringing, toAlice, ack] };
}

// the first Route of bob's side is 10.0.2.8, of alice's 10.0.1.9: both are played by the parties themselves
async function neighbours(): Promise<void> {
  const atBob = await stage.party("10.0.2.8");
  const atAlice = await stage.party("10.0.1.9");
  Object.defineProperty(atBob, "inbox", { value: bob.inbox });
  Object.defineProperty(atAlice, "inbox", { value: alice.inbox });
}

const FLAGS: readonly (readonly [string, number])[] = [
  ["none", 0],
  ["U", keepUser],
  ["C", hideCallId],
  ["D", didInUser],
  ["UCD", keepUser | hideCallId | didInUser],
];

for (const isTracked of [true, false]) {
  for (const [name, flags] of FLAGS) {
    test(`${isTracked ? "with" : "without"} a dialog, flags ${name}: neither side sees an address of the other`, async () => {
      await neighbours();
      hide({ isTracked, flags });
      const { toBob, toAlice } = wholeCall();
      bob.send(within(toBob, "bob", "UPDATE", 7, ["Contact: <sip:bob@10.0.2.1:5060>"]));
      const update = alice.request("UPDATE");
      assertHidden(update, "10.0.2.");
      assert.equal(update.requestUri, "sip:alice@10.0.1.1:5060;ob;y=1");
      assert.deepEqual(update.values(H.Route), ["<sip:10.0.1.9;lr>"]);
      assert.equal(update.callId, CALL_ID);
      alice.send(reply(update, "200 OK", ["Contact: <sip:alice@10.0.1.1:5060>"]));
      const updated = bob.response(200);
      assertHidden(updated, "10.0.1.");
      assert.equal(updated.callId, toBob.callId);
      assert.equal(updated.values(H.Via).length, 1);
      alice.send(within(toAlice, "alice", "BYE", 2));
      const bye = bob.request("BYE");
      assertHidden(bye, "10.0.1.");
      assert.equal(bye.callId, toBob.callId);
      bob.send(reply(bye, "200 OK", ["Contact: <sip:bob@10.0.2.1:5060>"]));
      const done = alice.response(200);
      assertHidden(done, "10.0.2.");
      assert.equal(done.callId, CALL_ID);
      assert.equal(stage.engine.dialogs.active, 0);
      assert.deepEqual([alice.inbox, bob.inbox], [[], []]);
    });
  }
}

test("the Contact's forms: with a dialog, and with its user, in its user, or both", () => {
  const forms: string[] = [];
  let did = "";
  const calls: readonly number[] = [0, keepUser, didInUser, keepUser | didInUser];
  for (const [i, flags] of calls.entries()) {
    hide({ flags });
    alice.send(invite().replaceAll("z9hG4bK-a1", `z9hG4bK-b${i}`).replace(CALL_ID, `c${i}@x`));
    const toBob = bob.request("INVITE");
    did = stage.engine.dialogs.byCallId(`c${i}@x`)?.did ?? "?";
    forms.push((toBob.header(H.Contact) ?? "").replace(did, "E.I"));
  }
  assert.deepEqual(forms, [
    "<sip:10.0.0.1;did=E.I>",
    "<sip:alice@10.0.0.1;did=E.I>",
    "<sip:X.did.E.I@10.0.0.1>",
    "<sip:alice.did.E.I@10.0.0.1>",
  ]);
});

test("without a dialog the Contact carries route set, address, flags and socket; D and C mean nothing", () => {
  hide({ isTracked: false, flags: keepUser | didInUser | hideCallId });
  alice.send(invite());
  const toBob = bob.request("INVITE");
  const contact = parseNameAddr(toBob.header(H.Contact) ?? "");
  assert.ok(contact.ok);
  const uri = contact.value.sipUri();
  assert.equal(uri?.user, "alice");
  assert.equal(toBob.callId, CALL_ID);
  assert.deepEqual(decodeContact(uri?.param("thinfo") ?? "", TOPOLOGY_DEFAULTS), {
    routes: "<sip:10.0.1.9;lr>",
    contact: "sip:alice@10.0.1.1:5060;ob;y=1",
    flags: keepUser,
    socket: "udp:10.0.0.1:5060",
  });
});

test("flag U is not lost on requests within the call", async () => {
  await neighbours();
  hide({ isTracked: false, flags: keepUser });
  const { toBob } = wholeCall();
  bob.send(within(toBob, "bob", "UPDATE", 7, ["Contact: <sip:robert@10.0.2.1:5060>"]));
  const update = alice.request("UPDATE");
  assert.ok(update.header(H.Contact)?.startsWith("<sip:robert@10.0.0.1;thinfo="));
});

test("our Via is the only one that goes on, and the sender's come back: received and rport first where it asked for them", () => {
  hide();
  alice.send(invite());
  const toBob = bob.request("INVITE");
  assert.equal(toBob.values(H.Via).length, 1);
  bob.send(reply(toBob, "183 Progress", BOB));
  assert.deepEqual(alice.response(183).values(H.Via), [
    "SIP/2.0/UDP 10.0.1.1:5060;received=10.0.1.1;rport=5060;branch=z9hG4bK-a1;x=y",
    "SIP/2.0/UDP 10.0.1.8;branch=z9hG4bK-deeper",
  ]);
});

test("Vias of who did not ask for its port come back byte for byte", () => {
  hide();
  alice.send(invite().replace(";rport;x=y", "  ;X=y").replace("Via: SIP/2.0/UDP 10.0.1.8", "v:   SIP/2.0/UDP 10.0.1.8"));
  bob.send(reply(bob.request("INVITE"), "486 Busy Here"));
  const busy = alice.response(486);
  assert.ok(busy.text.includes("\r\nVia: SIP/2.0/UDP 10.0.1.1:5060;branch=z9hG4bK-a1  ;X=y\r\nv:   SIP/2.0/UDP 10.0.1.8;branch"));
});

test("record_route() before hiding leaves no Record-Route; the caller gets its own side's back", () => {
  hide(); // the engine has record-routed before the route ran
  alice.send(invite());
  const toBob = bob.request("INVITE");
  assert.equal(toBob.has(H.RecordRoute), false);
  bob.send(reply(toBob, "200 OK", BOB));
  assert.deepEqual(alice.response(200).values(H.RecordRoute), ["<sip:10.0.1.9;lr>"]);
});

test("what was asked for after hiding is not undone, and our own entry is no part of the callee's route set", () => {
  stage.engine.app.invite((call) => {
    call.track();
    call.hideTopology();
    call.context.recordRoute(";x=1");
    return call.relay("sip:10.0.2.1:5060");
  });
  alice.send(invite());
  const toBob = bob.request("INVITE");
  const [own] = toBob.values(H.RecordRoute);
  assert.equal(own, "<sip:10.0.0.1;lr;ftag=at;x=1>");
  bob.send(reply(toBob, "200 OK", [`Record-Route: <sip:10.0.2.9;lr>, ${own}`, "Contact: <sip:bob@10.0.2.1>"]));
  assert.deepEqual(stage.engine.dialogs.byCallId(CALL_ID)?.leg(1)?.routeSet, ["<sip:10.0.2.9;lr>"]);
});

test("PRACK before the answer goes where the 18x said, also through a strict router", async () => {
  await neighbours();
  hide();
  alice.send(invite());
  const toBob = bob.request("INVITE");
  bob.send(reply(toBob, "183 Progress", ["Require: 100rel", "RSeq: 1", "Record-Route: <sip:10.0.2.8>", "Contact: <sip:bob@10.0.2.1>"]));
  alice.send(within(alice.response(183), "alice", "PRACK", 2, ["RAck: 1 1 INVITE"]));
  const prack = bob.request("PRACK");
  assert.equal(prack.requestUri, "sip:10.0.2.8");
  assert.deepEqual(prack.values(H.Route), ["<sip:bob@10.0.2.1>"]);
});

test("a redirection of the INVITE keeps its Contacts; one within the call does not", async () => {
  hide();
  alice.send(invite());
  bob.send(reply(bob.request("INVITE"), "302 Moved", ["Contact: <sip:c@10.0.3.1>, <sip:d@10.0.3.2>"]));
  assert.deepEqual(alice.response(302).values(H.Contact), ["<sip:c@10.0.3.1>", "<sip:d@10.0.3.2>"]);
  stage = await new Stage().open();
  alice = await stage.party("10.0.1.1");
  bob = await stage.party("10.0.2.1");
  await neighbours();
  hide();
  const { toAlice } = wholeCall();
  alice.send(within(toAlice, "alice", "INVITE", 2, ["Contact: <sip:alice@10.0.1.1>"]));
  bob.send(reply(bob.request("INVITE"), "302 Moved", ["Contact: <sip:c@10.0.2.7>"]));
  assertHidden(alice.response(302), "10.0.2.");
});

test("without a dialog every redirection keeps its Contacts", async () => {
  await neighbours();
  hide({ isTracked: false });
  const { toAlice } = wholeCall();
  alice.send(within(toAlice, "alice", "INVITE", 2, ["Contact: <sip:alice@10.0.1.1>"]));
  bob.send(reply(bob.request("INVITE"), "302 Moved", ["Contact: <sip:c@10.0.3.7>"]));
  assert.equal(alice.response(302).header(H.Contact), "<sip:c@10.0.3.7>");
});

test("parameters named in the settings are passed on, of the URI inside the brackets, of the header behind them", () => {
  stage.engine.topology.configure({ passedUriParams: ["ob", "none"], passedParams: ["+sip.instance"] });
  hide();
  alice.send(invite());
  const did = stage.engine.dialogs.byCallId(CALL_ID)?.did;
  assert.equal(bob.request("INVITE").header(H.Contact), `<sip:10.0.0.1;did=${did};ob>;+sip.instance="<urn:1>"`);
});

test("the Contact names the socket a message leaves from, and requests within the call leave by the leg's own", async () => {
  stage.engine.app.invite((call) => {
    call.track();
    call.hideTopology();
    call.context.forcedListener = stage.engine.transport.listeners[1];
    return call.relay("sip:10.0.2.1:5060");
  });
  await neighbours();
  alice.send(invite());
  const toBob = bob.request("INVITE");
  assert.ok(toBob.header(H.Contact)?.startsWith("<sip:10.0.0.1:5070;did="));
  bob.send(reply(toBob, "200 OK", BOB), 5070);
  const toAlice = alice.response(200);
  assert.ok(toAlice.header(H.Contact)?.startsWith("<sip:10.0.0.1;did="));
  alice.send(within(toAlice, "alice", "ACK", 1));
  assert.equal(bob.request("ACK").topVia.port, 5070);
});

test("C: the callee knows another Call-ID in INVITE, CANCEL, ACK of a refusal and replies; routes and dialogs know the caller's", () => {
  hide({ flags: hideCallId });
  alice.send(invite());
  const toBob = bob.request("INVITE");
  assert.equal(unmaskCallId(toBob.callId, "", TOPOLOGY_DEFAULTS), CALL_ID);
  bob.send(reply(toBob, "180 Ringing"));
  assert.equal(alice.response(180).callId, CALL_ID);
  alice.send(
    invite()
      .replace("INVITE sip", "CANCEL sip")
      .replace("1 INVITE", "1 CANCEL")
      .replace("Via: SIP/2.0/UDP 10.0.1.8;branch=z9hG4bK-deeper\r\n", ""),
  );
  const cancel = bob.request("CANCEL");
  assert.equal(cancel.callId, toBob.callId);
  assert.equal(cancel.requestUri, toBob.requestUri);
  assert.deepEqual(cancel.values(H.Via), toBob.values(H.Via));
  bob.send(reply(cancel, "200 OK"));
  bob.send(reply(toBob, "487 Request Terminated"));
  assert.equal(bob.request("ACK").callId, toBob.callId);
  assert.equal(alice.response(200).callId, CALL_ID);
  assert.equal(alice.response(487).callId, CALL_ID);
});

test("the story of a call has the messages of both sides, also where the callee knows it by another Call-ID", async () => {
  await neighbours();
  hide({ flags: hideCallId });
  const { toBob } = wholeCall();
  stage.engine.app.sequential((request) => request.reject(403));
  // not a method that is kept of strangers: the call is known by both its Call-IDs
  bob.send(within(toBob, "bob", "OPTIONS", 9));
  bob.response(403);
  const [story] = stage.engine.app.dialogs.explain(CALL_ID);
  assert.ok(story);
  const texts = story.messages.map(({ isSent, cseq, line, from, to }) => {
    const what = line.startsWith("SIP/2.0 ") ? line.split(" ")[1] : "";
    return `${isSent ? "→" : "←"} ${(isSent ? to : from).replaceAll(/udp:|:5060/g, "")} ${what} ${cseq}`;
  });
  assert.deepEqual(texts, [
    "← 10.0.1.1  1 INVITE",
    "→ 10.0.2.1  1 INVITE",
    "← 10.0.2.1 180 1 INVITE",
    "→ 10.0.1.1 180 1 INVITE",
    "← 10.0.2.1 200 1 INVITE",
    "→ 10.0.1.1 200 1 INVITE",
    "← 10.0.1.1  1 ACK",
    "→ 10.0.2.8  1 ACK",
    "← 10.0.2.1  9 OPTIONS",
    "→ 10.0.2.1 403 9 OPTIONS",
  ]);
});

test("C: requests of our own to the callee, and answers of our own to it, bear the Call-ID it knows", async () => {
  await neighbours();
  hide({ flags: hideCallId });
  const { toBob } = wholeCall();
  stage.engine.app.sequential((request) => request.reject(403));
  bob.send(within(toBob, "bob", "INFO", 9));
  const refused = bob.response(403);
  assert.equal(refused.callId, toBob.callId);
  const dialog = stage.engine.dialogs.byCallId(CALL_ID);
  assert.ok(dialog);
  assert.equal(stage.engine.topology.calleeCallId(dialog), toBob.callId);
  dialog.end("test");
  stage.clock.advance(1);
  assert.equal(bob.request("BYE").callId, toBob.callId);
  assert.equal(alice.request("BYE").callId, CALL_ID);
  // a late request of a call that is gone
  stage.clock.advance(40_000);
  bob.inbox.length = 0;
  stage.engine.app.sequential(() => {});
  bob.send(within(toBob, "bob", "INFO", 10));
  assert.equal(bob.response(404).callId, toBob.callId);
});

test("C: a Call-ID of REGISTER, PUBLISH and SUBSCRIBE is never touched, nor that of a request without To tag", () => {
  const { topology, app } = stage.engine;
  topology.watchCallIds();
  const seen: string[] = [];
  app.request("*", (request) => {
    seen.push(`${request.method} ${request.callId}`);
    request.reject(404);
  });
  for (const method of ["REGISTER", "PUBLISH", "SUBSCRIBE", "MESSAGE"]) {
    const text = invite().replace("INVITE sip", `${method} sip`).replace("1 INVITE", `1 ${method}`).replace("-a1", method);
    alice.send(text.replace(CALL_ID, "DLGCH_LBkBQzclNzIjHA--"));
    assert.equal(alice.response(404).callId, "DLGCH_LBkBQzclNzIjHA--");
  }
  assert.deepEqual(seen, [
    "REGISTER DLGCH_LBkBQzclNzIjHA--",
    "PUBLISH DLGCH_LBkBQzclNzIjHA--",
    "SUBSCRIBE DLGCH_LBkBQzclNzIjHA--",
    "MESSAGE DLGCH_LBkBQzclNzIjHA--",
  ]);
});

test("two Contacts without a dialog: not hidden, and nothing changed", () => {
  const results: unknown[] = [];
  stage.engine.app.invite((call) => {
    results.push(stage.engine.topology.hide(call.context, 0));
    return call.relay("sip:10.0.2.1:5060");
  });
  alice.send(invite(["Contact: <sip:second@10.0.1.1>"]));
  assert.deepEqual(results, ["contact"]);
  const passed = bob.request("INVITE");
  assert.equal(passed.values(H.Contact).length, 2);
  assert.equal(passed.values(H.Via).length, 3);
});

test("two Contacts with a dialog: both go, neither user nor parameters stay", () => {
  hide({ flags: keepUser });
  alice.send(invite(["Contact: <sip:second@10.0.1.1>"]));
  const did = stage.engine.dialogs.byCallId(CALL_ID)?.did;
  assert.deepEqual(bob.request("INVITE").values(H.Contact), [`<sip:10.0.0.1;did=${did}>`]);
});

test("a Contact that a route has mended is where requests to the caller go, and is hidden like any other", async () => {
  await neighbours();
  for (const isTracked of [true, false]) {
    stage.engine.app.invite((call) => {
      if (isTracked) call.track();
      call.setHeader("Contact", "<sip:alice@10.0.1.1:5099>");
      call.hideTopology();
      return call.relay("sip:10.0.2.1:5060");
    });
    const mark = isTracked ? "m1" : "m2";
    alice.send(invite().replaceAll("z9hG4bK-a1", `z9hG4bK-${mark}`).replace(CALL_ID, mark));
    const toBob = bob.request("INVITE");
    assertHidden(toBob, "10.0.1.");
    bob.send(reply(toBob, "200 OK", BOB));
    alice.response(200);
    bob.send(within(toBob, "bob", "INFO", 3).replaceAll("z9hG4bK-", `z9hG4bK-${mark}`));
    assert.equal(alice.request("INFO").requestUri, "sip:alice@10.0.1.1:5099");
  }
});

test("a second call only adds its flags", () => {
  stage.engine.app.invite((call) => {
    call.track();
    call.hideTopology({ keepUser: true }).hideTopology({ didInUser: true });
    return call.relay("sip:10.0.2.1:5060");
  });
  alice.send(invite());
  const toBob = bob.request("INVITE");
  const dialog = stage.engine.dialogs.byCallId(CALL_ID);
  assert.equal(toBob.header(H.Contact), `<sip:alice.did.${dialog?.did}@10.0.0.1>`);
  assert.equal(dialog?.moduleFlags, 2 | keepUser | didInUser);
});

test("the users to show may be given, and a Contact that was shown may be kept for the whole call", async () => {
  await neighbours();
  stage.engine.app.invite((call) => {
    call.track();
    call.hideTopology({ callerUser: "a-side", calleeUser: "b-side", keepCallerContact: true });
    return call.relay("sip:10.0.2.1:5060");
  });
  const { toBob, toAlice } = wholeCall();
  assert.ok(toBob.header(H.Contact)?.startsWith("<sip:a-side@10.0.0.1;did="));
  assert.ok(toAlice.header(H.Contact)?.startsWith("<sip:b-side@10.0.0.1;did="));
  stage.engine.dialogs.byCallId(CALL_ID)?.setValue(TOPOLOGY_DEFAULTS.calleeUserValue, "other");
  bob.send(within(toBob, "bob", "UPDATE", 5, ["Contact: <sip:bob@10.0.2.1>"]));
  assert.equal(alice.request("UPDATE").header(H.Contact), toAlice.header(H.Contact));
});

test("Contacts of ours that carry nothing, or nonsense, match nothing", () => {
  const results: boolean[] = [];
  stage.engine.app.invite((call) => {
    results.push(stage.engine.topology.match(call.context));
    call.reject(404);
  });
  for (const [i, param] of ["", ";thinfo", ";thinfo=", ";thinfo=AAAA", ";thinfo=%20", ";did=1.2"].entries()) {
    alice.send(invite().replace("sip:bob@example.com SIP", `sip:10.0.0.1${param} SIP`).replace("-a1", `-n${i}`).replace(CALL_ID, `n${i}`));
  }
  assert.deepEqual(results, [false, false, false, false, false, false]);
});

test("a Route that somebody wrote into a Contact of ours does not lead into our own host (S-12)", () => {
  hide({ isTracked: false });
  alice.send(invite().replace("<sip:10.0.1.9;lr>", "<sip:127.0.0.1:8888;lr>"));
  const toBob = bob.request("INVITE");
  bob.send(reply(toBob, "200 OK", BOB.slice(1)));
  bob.send(within(toBob, "bob", "INFO", 3));
  const failed = bob.response();
  assert.ok(failed.status >= 400, String(failed.status));
});

test("every 2xx that is repeated after the ACK still reaches the caller whole", async () => {
  await neighbours();
  hide();
  const { toBob } = wholeCall();
  bob.send(reply(toBob, "200 OK", BOB));
  const again = alice.response(200);
  assert.equal(again.values(H.Via).length, 2);
  assertHidden(again, "10.0.2.");
});

test("a request within a hidden call is valid whatever its sender believes of target and routes", async () => {
  await neighbours();
  hide();
  const verdicts: number[] = [];
  stage.engine.app.sequential((request) => {
    verdicts.push(request.validate());
  });
  const { toAlice } = wholeCall();
  alice.send(within(toAlice, "alice", "INFO", 2));
  bob.request("INFO");
  alice.send(within(toAlice, "alice", "INFO", 1));
  assert.deepEqual(verdicts, [1, 1, -1]);
});

test("options that need a tracked call are refused without one", () => {
  const problems: string[] = [];
  stage.engine.app.invite((call) => {
    for (const options of [{ hideCallId: true }, { didInUser: true }, { callerUser: "x" }]) {
      try {
        call.hideTopology(options);
      } catch (error) {
        problems.push(error instanceof Error ? error.message : "");
      }
    }
    call.reject(404);
  });
  alice.send(invite());
  assert.deepEqual([...new Set(problems)], ["hideTopology(): only keepUser is possible without track()"]);
  assert.equal(problems.length, 3);
});

test("a second answer of a fork is hung up on though the call itself is long over", async () => {
  const carol = await stage.party("10.0.3.1");
  stage.engine.app.invite((call) => {
    call.track();
    call.hideTopology();
    return call.relay([{ requestUri: "sip:bob@10.0.2.1:5060" }, { requestUri: "sip:carol@10.0.3.1:5060" }]);
  });
  alice.send(invite());
  const toBob = bob.request("INVITE");
  const toCarol = carol.request("INVITE");
  bob.send(reply(toBob, "200 OK", ["Contact: <sip:bob@10.0.2.1:5060>"]));
  carol.send(reply(toCarol, "200 OK", ["Contact: <sip:carol@10.0.3.1:5060>"]).replace("tag=bt", "tag=ct"));
  const first = alice.response(200);
  const second = alice.response(200);
  assert.deepEqual([first.toTag, second.toTag], ["bt", "ct"]);
  alice.send(within(first, "alice", "ACK", 1));
  bob.request("ACK");
  alice.send(within(first, "alice", "BYE", 2));
  bob.send(reply(bob.request("BYE"), "200 OK"));
  stage.clock.advance(20_000);
  assert.equal(stage.engine.dialogs.active, 0);
  carol.inbox.splice(0);
  alice.send(within(second, "alice", "BYE", 2));
  const bye = carol.request("BYE");
  assert.deepEqual([bye.requestUri, bye.toTag, bye.values(H.Via).length], ["sip:carol@10.0.3.1:5060", "ct", 1]);
  carol.send(reply(bye, "200 OK"));
  stage.clock.advance(120_000);
  assert.deepEqual([stage.engine.dialogs.count, stage.engine.wheel.count], [0, 0]);
});
