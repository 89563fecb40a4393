// Requests as honest peers send them, the odd ones above all: who refuses one of these breaks a call.
import assert from "node:assert/strict";
import { A, B, type Bench, type Said, type Stage, sdpOf, type TestCall } from "./bench.ts";

export interface Honest {
  readonly name: string;
  readonly stage?: Stage;
  run(call: TestCall, bench: Bench): void;
  /** The call is over when it has run. */
  readonly isOver?: boolean;
  /** The other phone, not the proxy, may refuse it. */
  readonly mayBeRefusedThere?: boolean;
}

/** Sends it and sees it arrive at the other phone. */
function passes(call: TestCall, side: "a" | "b", said: Said, from = call.bench[side], port = 5060): void {
  const other = side === "a" ? call.bench.b : call.bench.a;
  const before = arrived(call, side, said.method);
  call.from(side, said, from, port);
  assert.equal(arrived(call, side, said.method), before + 1, `${said.method} ${said.cseq} reaches ${other.ip}`);
}

function arrived(call: TestCall, side: "a" | "b", method: string): number {
  const other = side === "a" ? call.bench.b : call.bench.a;
  return other.requests.filter((one) => one.method === method && one.callId === call.callId).length;
}

const bye = (cseq: number, more: Partial<Said> = {}): Said => ({ method: "BYE", cseq, ...more });
const info = (cseq: number, more: Partial<Said> = {}): Said => ({ method: "INFO", cseq, ...more });

/** A re-INVITE that the other side accepts, and its ACK. */
function reinvite(call: TestCall, side: "a" | "b", cseq: number, more: Partial<Said> = {}): void {
  const phone = side === "a" ? call.bench.b : call.bench.a;
  passes(call, side, { method: "INVITE", cseq, body: sdpOf(side === "a" ? A : B, cseq), ...more });
  assert.equal(phone.requests.at(-1)?.method, "INVITE");
  passes(call, side, { method: "ACK", cseq, ...(more.uri === undefined ? {} : { uri: more.uri }) });
}

export const HONEST: readonly Honest[] = [
  {
    name: "an INFO that is sent again on the wire",
    run(call, bench) {
      const text = call.text("a", info(104));
      bench.send(bench.a, text);
      bench.send(bench.a, text);
      assert.equal(arrived(call, "a", "INFO"), 2, "the second copy is absorbed");
    },
  },
  {
    name: "an INFO that is sent again when its transaction is gone",
    mayBeRefusedThere: true,
    run(call, bench) {
      const text = call.text("a", info(104));
      bench.send(bench.a, text);
      bench.clock.advance(40_000);
      bench.send(bench.a, text);
      assert.equal(arrived(call, "a", "INFO"), 3);
    },
  },
  { name: "from another port", run: (call, bench) => passes(call, "a", info(104), bench.a, 5062) },
  { name: "the callee from another port, without Route", run: (call, bench) => passes(call, "b", info(8, { route: "" }), bench.b, 5062) },
  {
    name: "after the NAT gave the caller another address",
    isOver: true,
    run(call, bench) {
      passes(call, "a", info(104), bench.moved);
      passes(call, "a", info(105), bench.moved);
      passes(call, "a", info(106, { route: "" }), bench.moved);
      passes(call, "a", bye(107), bench.moved);
    },
  },
  {
    name: "the NAT gives the callee another address between ACK and BYE",
    isOver: true,
    run: (call, bench) => passes(call, "b", bye(8), bench.moved),
  },
  {
    name: "another address while it rings",
    stage: "early",
    run: (call, bench) => passes(call, "a", { method: "PRACK", cseq: 103, headers: "RAck: 1 102 INVITE" }, bench.moved),
  },
  {
    name: "the ACK comes from another address",
    stage: "answered",
    run: (call, bench) => passes(call, "a", { method: "ACK", cseq: 102 }, bench.moved),
  },
  {
    name: "a new Contact by re-INVITE, and the callee hangs up there",
    isOver: true,
    run(call) {
      reinvite(call, "a", 104, { contact: `<sip:${A}:5062>` });
      passes(call, "b", bye(8, { uri: `sip:${A}:5062` }));
    },
  },
  {
    name: "a new Contact of the callee in its answer to an UPDATE",
    run(call, bench) {
      bench.b.ignored.add("UPDATE");
      passes(call, "a", { method: "UPDATE", cseq: 104 });
      bench.b.ignored.delete("UPDATE");
      const update = bench.b.requests.at(-1);
      if (update !== undefined) bench.b.answer(update, 200, { headers: `Contact: <sip:${B}:5062>\r\n`, isBare: true });
      bench.clock.advance(5);
      passes(call, "a", info(105, { uri: `sip:${B}:5062` }));
    },
  },
  {
    name: "a BYE to the old Contact crosses the re-INVITE that changes it",
    isOver: true,
    run(call, bench) {
      bench.b.ignored.add("INVITE");
      passes(call, "a", { method: "INVITE", cseq: 104, contact: `<sip:${A}:5062>`, body: sdpOf(A, 2) });
      passes(call, "b", bye(8, { uri: `sip:${A}:5060` }));
      bench.b.ignored.delete("INVITE");
    },
  },
  {
    name: "a re-INVITE with a new Contact is refused: the callee stays with the old one",
    isOver: true,
    run(call, bench) {
      bench.b.ignored.add("INVITE");
      passes(call, "a", { method: "INVITE", cseq: 104, contact: `<sip:${A}:5062>`, body: sdpOf(A, 2) });
      bench.b.ignored.delete("INVITE");
      const invite = bench.b.requests.findLast((one) => one.method === "INVITE");
      if (invite !== undefined) bench.b.answer(invite, 488);
      bench.clock.advance(5);
      passes(call, "b", bye(8, { uri: `sip:${A}:5060` }));
    },
  },
  {
    name: "the ACK comes late",
    stage: "answered",
    run(call, bench) {
      bench.clock.advance(20_000);
      call.reply(200);
      passes(call, "a", { method: "ACK", cseq: 102 });
      passes(call, "a", info(103));
    },
  },
  {
    name: "the ACK is lost, and a re-INVITE shows that the 200 has come (RFC 5407 3.1.4)",
    stage: "answered",
    run: (call) => reinvite(call, "a", 103),
  },
  {
    name: "the ACK comes behind the re-INVITE (RFC 5407 3.1.5)",
    stage: "answered",
    run(call) {
      passes(call, "a", { method: "INVITE", cseq: 103, body: sdpOf(A, 2) });
      passes(call, "a", { method: "ACK", cseq: 102 });
      assert.equal(call.dialog.state, "confirmed");
      passes(call, "a", { method: "ACK", cseq: 103 });
    },
  },
  { name: "every copy of the ACK", run: (call) => passes(call, "a", { method: "ACK", cseq: 102 }) },
  {
    name: "gaps in the numbers: requests that went elsewhere or failed",
    run(call) {
      passes(call, "a", info(113));
      passes(call, "a", info(2_000));
      passes(call, "b", info(60_000));
    },
  },
  { name: "the callee begins with a high number", stage: "answered", run: (call) => passes(call, "b", info(2_000_000_000)) },
  {
    name: "PRACK while it rings",
    stage: "early",
    run: (call) => passes(call, "a", { method: "PRACK", cseq: 103, headers: "RAck: 1 102 INVITE" }),
  },
  {
    name: "a PRACK that comes after the 200",
    stage: "answered",
    run(call) {
      passes(call, "a", { method: "PRACK", cseq: 103, headers: "RAck: 1 102 INVITE" });
      passes(call, "a", { method: "ACK", cseq: 102 });
    },
  },
  {
    name: "UPDATE of the caller while it rings",
    stage: "early",
    run: (call) => passes(call, "a", { method: "UPDATE", cseq: 103, body: sdpOf(A, 2) }),
  },
  {
    name: "UPDATE of the callee while it rings",
    stage: "early",
    run: (call) => passes(call, "b", { method: "UPDATE", cseq: 1, body: sdpOf(B, 2) }),
  },
  { name: "INFO while it rings", stage: "early", run: (call) => passes(call, "a", info(103)) },
  {
    name: "UPDATE in both directions",
    run(call) {
      passes(call, "a", { method: "UPDATE", cseq: 104, body: sdpOf(A, 2) });
      passes(call, "b", { method: "UPDATE", cseq: 8, body: sdpOf(B, 2) });
    },
  },
  {
    name: "an UPDATE crosses the re-INVITE before its ACK (RFC 5407 3.3.2)",
    run(call) {
      passes(call, "a", { method: "INVITE", cseq: 104, body: sdpOf(A, 2) });
      passes(call, "a", { method: "UPDATE", cseq: 105 });
      passes(call, "a", { method: "ACK", cseq: 104 });
    },
  },
  {
    name: "re-INVITEs of both sides cross, both get 491 and try again (RFC 5407 3.3.1)",
    run(call, bench) {
      for (const phone of [bench.a, bench.b]) phone.ignored.add("INVITE");
      passes(call, "a", { method: "INVITE", cseq: 104, body: sdpOf(A, 2) });
      passes(call, "b", { method: "INVITE", cseq: 8, body: sdpOf(B, 2) });
      for (const phone of [bench.a, bench.b]) {
        const invite = phone.requests.findLast((one) => one.method === "INVITE" && one.callId === call.callId);
        if (invite !== undefined) phone.answer(invite, 491);
        phone.ignored.delete("INVITE");
      }
      bench.clock.advance(3_000);
      reinvite(call, "b", 9);
      reinvite(call, "a", 105);
    },
  },
  {
    name: "a re-INVITE without a description; the answer comes with the ACK",
    run(call) {
      passes(call, "a", { method: "INVITE", cseq: 104 });
      passes(call, "a", { method: "ACK", cseq: 104, body: sdpOf(A, 3) });
    },
  },
  {
    name: "BYEs of both sides cross (RFC 5407 3.2.1)",
    isOver: true,
    run(call, bench) {
      for (const phone of [bench.a, bench.b]) phone.ignored.add("BYE");
      passes(call, "a", bye(104));
      passes(call, "b", bye(8));
      for (const phone of [bench.a, bench.b]) {
        phone.ignored.delete("BYE");
        const other = phone.requests.findLast((one) => one.method === "BYE" && one.callId === call.callId);
        if (other !== undefined) phone.answer(other, 200);
      }
      bench.clock.advance(5);
      for (const phone of [bench.a, bench.b]) {
        assert.ok(phone.responses.some((one) => one.cseqMethod === "BYE" && one.callId === call.callId && one.status === 200));
      }
    },
  },
  {
    name: "BYEs cross after a request of ours, whose number they follow",
    isOver: true,
    run(call, bench) {
      call.dialog.send({ method: "INFO", to: "caller" });
      bench.clock.advance(5);
      bench.b.ignored.add("BYE");
      passes(call, "a", bye(104));
      passes(call, "b", bye(8));
      bench.b.ignored.delete("BYE");
      const reply = bench.b.responses.findLast((one) => one.cseqMethod === "BYE");
      assert.deepEqual([reply?.status, reply?.cseqNumber], [200, 8], "A knows a higher number than B's 8");
    },
  },
  {
    name: "a BYE crosses a re-INVITE (RFC 5407 3.2.2)",
    isOver: true,
    run(call, bench) {
      bench.b.ignored.add("INVITE");
      passes(call, "a", { method: "INVITE", cseq: 104, body: sdpOf(A, 2) });
      passes(call, "b", bye(8));
      bench.b.ignored.delete("INVITE");
    },
  },
  {
    name: "a BYE that is asked for credentials and sent again",
    isOver: true,
    run(call, bench) {
      bench.b.ignored.add("BYE");
      passes(call, "a", bye(104));
      bench.b.ignored.delete("BYE");
      const first = bench.b.requests.findLast((one) => one.method === "BYE");
      if (first !== undefined) bench.b.answer(first, 407, { headers: 'Proxy-Authenticate: Digest realm="b", nonce="1"\r\n' });
      bench.clock.advance(5);
      passes(call, "a", bye(105));
    },
  },
  {
    name: "a BYE that is sent again after the end",
    isOver: true,
    mayBeRefusedThere: true,
    run(call, bench) {
      const text = call.text("a", bye(104));
      bench.send(bench.a, text);
      bench.clock.advance(40_000);
      bench.send(bench.a, text);
      assert.equal(arrived(call, "a", "BYE"), 2);
    },
  },
  { name: "a caller that sends no Routes", isOver: true, run: (call) => passes(call, "a", bye(104, { route: "" })) },
  { name: "a callee that sends no Routes", isOver: true, run: (call) => passes(call, "b", bye(8, { route: "" })) },
  {
    name: "the cookie in capitals",
    run: (call) =>
      passes(call, "a", info(104, { route: call.recordRoute.replace(/did=[^;>]+/, (did) => `did=${did.slice(4).toUpperCase()}`) })),
  },
  { name: "our Route with a parameter more, and compact names", run: (call, bench) => compact(call, bench) },
  { name: "a Request-URI that is the Contact written otherwise", run: (call) => passes(call, "a", info(104, { uri: `sip:${B}:5060;ob` })) },
  {
    name: "a callee without tags (RFC 2543) is hung up on",
    stage: "invited",
    isOver: true,
    run(call, bench) {
      withoutTag(call, bench);
      passes(call, "a", info(103, { toTag: "" }));
      passes(call, "a", bye(104, { toTag: "" }));
    },
  },
  {
    name: "a callee without tags (RFC 2543) hangs up",
    stage: "invited",
    isOver: true,
    run(call, bench) {
      withoutTag(call, bench);
      passes(call, "b", bye(1, { fromTag: "" }));
    },
  },
  {
    name: "numbers after a request of ours",
    run(call, bench) {
      call.dialog.send({ method: "INFO", to: "callee" });
      bench.clock.advance(5);
      passes(call, "a", info(104));
      passes(call, "a", { method: "UPDATE", cseq: 105 });
      reinvite(call, "a", 106);
      passes(call, "b", info(8));
    },
  },
  {
    name: "an early BYE of the caller, who may (RFC 3261 15)",
    stage: "early",
    run: (call) => passes(call, "a", bye(103)),
    isOver: true,
  },
  ...["MESSAGE", "OPTIONS", "REFER", "NOTIFY", "SUBSCRIBE", "X-OWN"].map(
    (method): Honest => ({
      name: `${method} in both directions`,
      run(call) {
        passes(call, "a", { method, cseq: 104 });
        passes(call, "b", { method, cseq: 8 });
      },
    }),
  ),
];

/** B answers without a To-tag, and A acknowledges. */
function withoutTag(call: TestCall, bench: Bench): void {
  const { invite } = call;
  for (const phone of [bench.a, bench.b]) {
    const known = phone.calls.get(call.callId);
    if (known === undefined) continue;
    phone.calls.set(call.callId, { ...known, localTag: phone === bench.b ? "" : "a", remoteTag: phone === bench.b ? "a" : "" });
  }
  for (const status of [180, 200]) {
    if (invite !== undefined) bench.b.answer(invite, status);
    bench.clock.advance(5);
  }
  passes(call, "a", { method: "ACK", cseq: 102, toTag: "" });
  assert.equal(call.dialog.state, "confirmed");
}

function compact(call: TestCall, bench: Bench): void {
  const text = call
    .text("a", info(104, { route: call.recordRoute.replace(";lr", ";x=1;lr;y") }))
    .replace("\r\nFrom:", "\r\nf :")
    .replace("\r\nTo:", "\r\nt:")
    .replace("\r\nCall-ID:", "\r\ni:")
    .replace("\r\nContact:", "\r\nm:")
    .replace("\r\nVia:", "\r\nv:")
    .replace("\r\nRoute:", "\r\nROUTE:\r\n ");
  bench.send(bench.a, text);
  assert.equal(arrived(call, "a", "INFO"), 2);
}
