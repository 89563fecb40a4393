// Requests of our own within calls, as programs ask for them (dialog-behaviour 15).
import assert from "node:assert/strict";
import { test } from "node:test";
import { DialoomError, invariant } from "../kit/index.ts";
import { buildReply, type SipRequest } from "../sip/index.ts";
import { Stage, type StageParty } from "../testing/stage.ts";
import type { TrackedDialog } from "./index.ts";

const OFFER = "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\n";
const ANSWER = "v=0\r\no=- 2 2 IN IP4 10.0.0.3\r\n";
const NEW = "v=0\r\no=- 3 3 IN IP4 10.0.0.9\r\n";

interface Talk {
  readonly stage: Stage;
  readonly a: StageParty;
  readonly b: StageParty;
  readonly dialog: TrackedDialog;
  readonly route: string;
}

function answer(party: StageParty, request: SipRequest, status: number, body = ""): void {
  party.send(
    buildReply(request, {
      status,
      recordRoute: true,
      headers: `Contact: <sip:${party.ip}:5060>\r\n`,
      ...(request.toTag === "" ? { toTag: "b" } : {}),
      ...(body === "" ? {} : { body, contentType: "application/sdp" }),
    }),
  );
}

function text(method: string, cseq: number, toTag: string, route: string, body = ""): string {
  return (
    `${method} sip:10.0.0.3:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK${method}${cseq}\r\nMax-Forwards: 70\r\n${route}` +
    `From: <sip:a@10.0.0.2>;tag=a\r\nTo: <sip:b@10.0.0.3>${toTag}\r\nCall-ID: one@10.0.0.2\r\nCSeq: ${cseq} ${method}\r\n` +
    `Contact: <sip:10.0.0.2:5060>\r\n${body === "" ? "" : "Content-Type: application/sdp\r\n"}Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

async function talk(): Promise<Talk> {
  const stage = await new Stage({ explainMemory: 65_536 }).open();
  stage.engine.app.invite((call) => {
    call.track();
    return call.relay();
  });
  const a = await stage.party("10.0.0.2");
  const b = await stage.party("10.0.0.3");
  a.send(text("INVITE", 1, "", "", OFFER));
  const invite = b.request("INVITE");
  answer(b, invite, 200, ANSWER);
  a.response(200);
  const route = `Route: ${invite.header("Record-Route") ?? ""}\r\n`;
  a.send(text("ACK", 1, ";tag=b", route));
  b.request("ACK");
  stage.clock.advance(1_000);
  const [dialog] = stage.engine.app.dialogs;
  invariant(dialog !== undefined, "the call is tracked");
  return { stage, a, b, dialog, route };
}

test("a request gives its final answer, made up where there is none", async () => {
  const { stage, a, b, dialog, route } = await talk();
  const busy = dialog.request("INFO", { to: "callee", headers: { "X-A": ["1", "2"] }, body: "x" });
  stage.clock.advance(5);
  const info = b.request("INFO");
  assert.deepEqual([info.values("X-A"), info.body, info.contentType], [["1", "2"], "x", "text/plain"]);
  answer(b, info, 486);
  const refused = await busy;
  assert.deepEqual([refused?.status, refused?.reason, refused?.header("cseq")], [486, "Busy Here", "2 INFO"]);

  const silent = dialog.request("OPTIONS", { to: "caller" });
  stage.clock.advance(31_000);
  assert.deepEqual([(await silent)?.status, (await silent)?.body, (await silent)?.header("Via")], [408, "", undefined]);
  a.inbox.length = 0;

  const first = dialog.request("INFO", { to: "callee" });
  const second = dialog.request("INFO", { to: "callee" });
  stage.clock.advance(5);
  const waiting = b.request("INFO");
  a.send(text("BYE", 2, ";tag=b", route));
  assert.equal((await second)?.status, 481, "the call ended before its turn had come");
  answer(b, waiting, 200);
  assert.equal((await first)?.status, 200);
  assert.throws(() => dialog.request("CANCEL", { to: "callee" }), DialoomError);
  assert.throws(() => dialog.request("INFO", { to: "callee", headers: { "X-A": "1\r\nX-B: 2" } }), DialoomError);
});

test("requests asked for together leave one by one, and each gets its own answer", async () => {
  const { stage, b, dialog } = await talk();
  const all = Promise.all(Array.from({ length: 20 }, (_, i) => dialog.request("INFO", { to: "callee", headers: { "X-I": String(i) } })));
  for (let i = 0; i < 20; i++) {
    stage.clock.advance(5);
    const info = b.request("INFO");
    assert.deepEqual([info.header("X-I"), info.cseqNumber, b.inbox.length], [String(i), 2 + i, 0]);
    answer(b, info, 200 + (i % 3));
  }
  assert.deepEqual(
    (await all).map((one) => one?.status),
    Array.from({ length: 20 }, (_, i) => 200 + (i % 3)),
  );
});

test("a description of the other side, and one that was sent before", async () => {
  const { stage, a, b, dialog } = await talk();
  for (const [to, party, sdp, wanted] of [
    ["caller", a, "inbound", ANSWER],
    ["callee", b, "outbound", OFFER],
  ] as const) {
    const asked = dialog.request("UPDATE", { to, sdp });
    stage.clock.advance(5);
    const update = party.request("UPDATE");
    assert.deepEqual([update.body, update.contentType], [wanted, "application/sdp"]);
    answer(party, update, 200);
    assert.equal((await asked)?.status, 200);
  }
});

test("both sides agree anew: the caller offers, the callee answers, and the caller gets the answer with its ACK", async () => {
  const { stage, a, b, dialog } = await talk();
  const agreed = dialog.renegotiate();
  stage.clock.advance(5);
  const first = a.request("INVITE");
  assert.equal(first.body, "");
  answer(a, first, 200, NEW);
  const second = b.request("INVITE");
  assert.equal(second.body, NEW);
  answer(b, second, 200, ANSWER);
  assert.deepEqual([a.request("ACK").body, b.request("ACK").body], [ANSWER, ""]);
  assert.equal((await agreed)?.status, 200);

  const bare = dialog.renegotiate({ first: "callee", method: "UPDATE", sdp: "inbound", headers: { "X-Why": "move" } });
  stage.clock.advance(5);
  const update = b.request("UPDATE");
  assert.deepEqual([update.body, update.header("X-Why")], [NEW, "move"]);
  answer(b, update, 200);
  assert.equal((await bare)?.status, 400, "it had no description to give");
});
