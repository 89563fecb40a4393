import assert from "node:assert/strict";
import { test } from "node:test";
import { H, SipRequest, SipResponse } from "../sip/index.ts";
import { TestClock } from "../testing/index.ts";
import type { BranchContext } from "./branch.ts";
import type { RequestContext } from "./context.ts";
import type { FailureContext } from "./failure.ts";
import { requestText } from "./fixtures.ts";
import { A, B, brief, briefs, C, Harness, type HarnessOptions, lastOf, only, type Sent, TCP } from "./harness.ts";
import type { RelayCode } from "./ports.ts";

const D = "10.0.0.5";
const INVITE = requestText("INVITE", "sip:bob@10.0.0.3");

function house(options: HarnessOptions = {}): Harness {
  return new Harness(new TestClock(), options);
}

/** Lets every pending microtask run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function requestUriOf(one: Sent): string {
  assert.ok(one.message instanceof SipRequest);
  return one.message.requestUri;
}

test("M-3: edits of the route reach every branch, those of a branch hook its own alone", () => {
  const h = house({
    route: (context) => {
      context.edit.append("X-All", "1");
      context.onBranch = (branch: BranchContext) => {
        branch.edit.append("X-Branch", branch.index);
        if (branch.index === 1) branch.requestUri = `sip:carol@${C}`;
      };
      context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${D}` }] });
    },
  });
  h.receive(INVITE);
  const toB = lastOf(h.to(B), B);
  const toC = lastOf(h.to(C), C);
  assert.deepEqual([toB.message.header("X-All"), toB.message.header("X-Branch")], ["1", "0"]);
  assert.deepEqual([toC.message.header("X-All"), toC.message.header("X-Branch"), requestUriOf(toC)], ["1", "1", `sip:carol@${C}`]);
  assert.deepEqual(h.to(D), []);
});

test("TM-27: a dropped branch is not sent; when all are dropped the relay has no destination", () => {
  const codes: (RelayCode | undefined)[] = [];
  const h = house({
    route: (context) => {
      context.onBranch = (branch) => {
        if (context.request.method === "OPTIONS" || branch.index === 0) branch.drop();
      };
      codes.push(context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${C}` }] }));
    },
  });
  assert.deepEqual(briefs(h.receive(INVITE)), [`INVITE ${C}`]);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(C), C), 404)), [`ACK ${C}`, `404 ${A}`]);
  assert.deepEqual(briefs(h.receive(requestText("OPTIONS", "sip:bob@10.0.0.3", { callId: "2" }))), [`500 ${A}`]);
  assert.deepEqual(codes, [1, -3]);
});

test("RR-6: a branch may add Record-Route parameters of its own", () => {
  const h = house({
    route: (context) => {
      context.recordRoute(";all=1");
      context.onBranch = (branch) => void branch.addRrParam(`;b=${branch.index}`);
      context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${C};transport=tcp` }] });
    },
  });
  h.receive(INVITE);
  assert.deepEqual(lastOf(h.to(B), B).message.values("Record-Route"), ["<sip:10.0.0.1;lr;ftag=a;all=1;b=0>"]);
  const toC = lastOf(h.to(C), C);
  assert.deepEqual(toC.message.values("Record-Route"), [
    "<sip:10.0.0.1;transport=tcp;r2=on;lr;ftag=a;all=1;b=1>",
    "<sip:10.0.0.1;r2=on;lr;ftag=a;all=1;b=1>",
  ]);
});

test("TM-60, TM-61: reply hooks see every reply, drop provisionals, edit what is relayed; a final cannot be dropped", () => {
  const seen: string[] = [];
  const h = house({
    route: (context) => {
      context.onBranch = (branch) => {
        branch.onReply = (reply) => void seen.push(`branch ${reply.status}`);
      };
      context.onReply = (reply) => {
        seen.push(`request ${reply.status}`);
        if (reply.status === 183) assert.equal(reply.drop(), true);
        if (reply.status === 486) assert.equal(reply.drop(), false);
        reply.edit.append("X-Seen", reply.branch.index);
      };
      context.relay();
    },
  });
  const sent = only(h.receive(INVITE));
  assert.deepEqual(h.answer(sent, 100), []);
  assert.deepEqual(h.answer(sent, 183), []);
  assert.equal(only(h.answer(sent, 180)).message.header("X-Seen"), "0");
  const refusal = lastOf(h.answer(sent, 486), A);
  assert.equal(refusal.message.header("X-Seen"), "0");
  assert.deepEqual(seen, [
    "branch 100",
    "request 100",
    "branch 183",
    "request 183",
    "branch 180",
    "request 180",
    "branch 486",
    "request 486",
  ]);
});

test("TM-25: a reliable provisional cannot be dropped", () => {
  const h = house({
    route: (context) => {
      context.onReply = (reply) => void (reply.status < 200 && assert.equal(reply.drop(), false));
      context.relay();
    },
  });
  const sent = only(h.receive(INVITE));
  assert.deepEqual(briefs(h.answer(sent, 183, { headers: "Require: 100rel\r\nRSeq: 1\r\n" })), [`183 ${A}`]);
});

test("TM-23: a reply hook cancels this branch, all others, or all", () => {
  for (const which of ["this", "others", "all"] as const) {
    const h = house({
      route: (context) => {
        context.onReply = (reply) => {
          if (reply.status === 183) reply.cancelBranches(which);
        };
        context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${C}` }] });
      },
    });
    h.receive(INVITE);
    h.answer(lastOf(h.to(B), B), 180);
    const sent = h.answer(lastOf(h.to(C), C), 183);
    const cancelled = briefs(sent).filter((one) => one.startsWith("CANCEL"));
    const expected = { this: [`CANCEL ${C}`], others: [`CANCEL ${B}`], all: [`CANCEL ${B}`, `CANCEL ${C}`] }[which];
    assert.deepEqual(cancelled, expected, which);
  }
});

test("D-02: provisional replies to a non-INVITE are not relayed, hooks see them", () => {
  const seen: number[] = [];
  const h = house({
    route: (context) => {
      context.onReply = (reply) => void seen.push(reply.status);
      context.relay();
    },
  });
  const sent = only(h.receive(requestText("OPTIONS", "sip:bob@10.0.0.3")));
  assert.deepEqual(h.answer(sent, 180), []);
  assert.deepEqual(briefs(h.answer(sent, 200)), [`200 ${A}`]);
  assert.deepEqual(seen, [180, 200]);
});

test("TM-34: an asynchronous failure hook relays again later; meanwhile nothing goes upstream", async () => {
  let go = (): void => {};
  const h = house({
    route: (context) => {
      context.onFailure = async (failure: FailureContext) => {
        await new Promise<void>((resolve) => {
          go = resolve;
        });
        failure.relay({ targets: [{ requestUri: `sip:bob@${C}` }] });
      };
      context.relay();
    },
  });
  const sent = only(h.receive(INVITE));
  assert.deepEqual(briefs(h.answer(sent, 486)), [`ACK ${B}`]);
  go();
  await turn();
  assert.deepEqual(briefs(h.answer(lastOf(h.to(C), C), 200)), [`200 ${A}`]);
});

test("a failure hook that waits may end without doing anything, or by throwing: the winner is relayed", async () => {
  for (const isThrowing of [false, true]) {
    const h = house({
      route: (context) => {
        context.onFailure = async () => {
          await turn();
          if (isThrowing) throw new Error("of the route");
        };
        context.relay();
      },
    });
    h.answer(only(h.receive(INVITE)), 486);
    await turn();
    await turn();
    assert.equal(brief(lastOf(h.to(A), A)), `486 ${A}`);
    assert.deepEqual(h.logged, isThrowing ? ["a failure hook threw"] : []);
  }
});

test("a 200 that comes while a failure hook waits is relayed, and the hook can add nothing more", async () => {
  let go = (): void => {};
  let code: RelayCode | undefined;
  const h = house({
    route: (context) => {
      context.onFailure = async (failure) => {
        await new Promise<void>((resolve) => {
          go = resolve;
        });
        code = failure.relay({ targets: [{ requestUri: `sip:bob@${C}` }] });
      };
      context.relay();
    },
  });
  const sent = only(h.receive(INVITE));
  h.wait(30_000); // B is silent: a 408 is faked, the hook runs
  assert.deepEqual(briefs(h.answer(sent, 200)), [`200 ${A}`]);
  go();
  await turn();
  assert.equal(code, -1, "the INVITE is answered");
  assert.deepEqual(h.to(C), []);
});

test("TM-35: a failure hook answers instead; edits in it go into new branches only; its branches are the round's", () => {
  const rounds: string[] = [];
  const again = (failure: FailureContext): void => {
    rounds.push(failure.branches.map((branch) => `${branch.index}:${branch.status}`).join(" "));
    failure.reply(600, "Nowhere");
    assert.equal(failure.reply(601), -1);
  };
  const h = house({
    route: (context) => {
      context.edit.append("X-Route", "1");
      context.onFailure = (failure) => {
        rounds.push(failure.branches.map((branch) => `${branch.index}:${branch.status}`).join(" "));
        assert.equal(failure.context.requestUri, "sip:bob@10.0.0.3");
        failure.context.edit.append("X-Failure", "1");
        failure.context.onFailure = again;
        failure.context.requestUri = `sip:second@${C}`;
        assert.equal(failure.relay(), 1);
      };
      context.relay();
    },
  });
  const sent = only(h.receive(INVITE));
  assert.equal(sent.message.header("X-Failure"), undefined);
  const next = lastOf(h.answer(sent, 480), C);
  assert.deepEqual([next.message.header("X-Route"), next.message.header("X-Failure"), requestUriOf(next)], ["1", "1", `sip:second@${C}`]);
  const last = lastOf(h.answer(next, 404), A);
  assert.ok(last.message instanceof SipResponse);
  assert.deepEqual([last.message.status, last.message.reason], [600, "Nowhere"]);
  assert.deepEqual(rounds, ["0:480", "1:404"]);
});

test("TM-35: after a CANCEL a failure hook cannot add branches; the wanted 487 wins", () => {
  let failed: FailureContext | undefined;
  let code: RelayCode | undefined;
  const h = house({
    route: (context) => {
      context.onFailure = (failure) => {
        failed = failure;
        code = failure.relay({ targets: [{ requestUri: `sip:bob@${D}` }] });
      };
      context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${C}` }] });
    },
  });
  h.receive(INVITE);
  h.answer(lastOf(h.to(B), B), 180);
  h.answer(lastOf(h.to(C), C), 486);
  h.receive(requestText("CANCEL", "sip:bob@10.0.0.3"));
  assert.deepEqual(briefs(h.answer(lastOf(h.to(B), B, "INVITE"), 487)), [`ACK ${B}`, `487 ${A}`]);
  assert.deepEqual([failed?.wasCancelled, failed?.status, code], [true, 487, -3]);
});

test("serial forking: the best group first, the next in the failure hook (TM-26)", () => {
  const next: number[] = [];
  const onFailure = (failure: FailureContext): void => {
    failure.context.onFailure = onFailure;
    const code = failure.nextBranches();
    next.push(code);
    if (code > 0) failure.relay();
  };
  const h = house({
    route: (context) => {
      context.q = 500;
      context.appendBranch({ requestUri: `sip:best@${C}`, q: 900 });
      context.appendBranch({ requestUri: `sip:same@${D}`, q: 500 });
      context.serializeBranches();
      context.onFailure = onFailure;
      context.relay();
    },
  });
  assert.deepEqual(briefs(h.receive(INVITE)), [`INVITE ${C}`]);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(C), C), 404)), [`ACK ${C}`, `INVITE ${B}`, `INVITE ${D}`]);
  h.answer(lastOf(h.to(B), B), 486);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(D), D), 480)), [`ACK ${D}`, `480 ${A}`]);
  assert.deepEqual(next, [2, -1]);
});

test("TM-26: twelve branches over the life of a transaction, the thirteenth is refused", () => {
  const many = Array.from({ length: 14 }, (_, i) => ({ requestUri: `sip:b${i}@10.0.1.${i}` }));
  const h = house({ route: (context) => void context.relay({ targets: many }) });
  assert.equal(h.receive(INVITE).length, 12);
  let accepted = 0;
  const appending = house({
    route: (context) => {
      for (const target of many) if (context.appendBranch(target)) accepted++;
      context.relay();
    },
  });
  assert.equal(appending.receive(INVITE).length, 12);
  assert.equal(accepted, 11);
});

test("TM-33: a minor branch is not waited for, and is cancelled when the others have failed", () => {
  const h = house({
    route: (context) =>
      void context.relay({
        targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${C}`, isMinor: true }],
      }),
  });
  h.receive(INVITE);
  h.answer(lastOf(h.to(C), C), 180);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(B), B), 404)), [`ACK ${B}`, `404 ${A}`, `CANCEL ${C}`]);
  const alone = house({
    route: (context) =>
      void context.relay({
        targets: [
          { requestUri: `sip:bob@${B}`, isMinor: true },
          { requestUri: `sip:bob@${C}`, isMinor: true },
        ],
      }),
  });
  alone.receive(INVITE);
  assert.deepEqual(briefs(alone.answer(lastOf(alone.to(B), B), 404)), [`ACK ${B}`], "where all are minor, all are waited for");
  assert.deepEqual(briefs(alone.answer(lastOf(alone.to(C), C), 200)), [`200 ${A}`]);
});

test("TM-20: a branch that cannot be sent is final, the others go on", () => {
  const h = house({
    route: (context) => void context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: "sip:bob@nowhere.example" }] }),
  });
  assert.deepEqual(briefs(h.receive(INVITE)), [`INVITE ${B}`]);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(B), B), 486)), [`ACK ${B}`, `478 ${A}`], "478 has the better priority, 678 before 686");
});

/** route options, method, what A is told, code of relay: the rows of TM-17. */
test("TM-17: what a relay that cannot be done returns and answers", () => {
  const rows: readonly (readonly [string, (context: RequestContext) => RelayCode | undefined, string, RelayCode])[] = [
    [
      "no address for the name",
      (context) => context.relay({ targets: [{ requestUri: "sip:bob@nowhere.example" }] }),
      "478 Unresolvable destination (478/TM)",
      -4,
    ],
    [
      "a bad URI",
      (context) => context.relay({ targets: [{ requestUri: "nonsense" }] }),
      "479 Regretfully, we were not able to process the URI (479/TM)",
      -4,
    ],
    [
      "a URI with a line break",
      (context) => context.relay({ targets: [{ requestUri: "sip:x\r\nX: y", dstUri: `sip:${B}` }] }),
      "479 Regretfully, we were not able to process the URI (479/TM)",
      -4,
    ],
    ["sending fails", (context) => context.relay({ targets: [{ requestUri: "sip:bob@10.9.9.9" }] }), "477 Send failed (477/TM)", -6],
    ["no target", (context) => context.relay({ targets: [] }), "500 Server error occurred", -3],
    [
      "no socket of that transport",
      (context) => context.relay({ targets: [{ requestUri: `sip:bob@${B};transport=tls` }] }),
      "477 Send failed (477/TM)",
      -6,
    ],
  ];
  for (const [name, relay, expected, code] of rows) {
    const outcomes: number[] = [];
    const codes: (RelayCode | undefined)[] = [];
    const h = house({
      route: (context) => {
        context.onOutcome = (status) => outcomes.push(status);
        codes.push(relay(context));
      },
    });
    h.wire.broken.add("10.9.9.9");
    const sent = only(h.receive(INVITE));
    assert.ok(sent.message instanceof SipResponse);
    assert.equal(`${sent.message.status} ${sent.message.reason}`, expected, name);
    assert.deepEqual([codes, outcomes], [[code], [sent.message.status]], name);
  }
});

test("TM-18, TM-19: with noAutoReply, or a transaction made by the route, failures only return codes", () => {
  const h = house({
    route: (context) => {
      assert.equal(context.relay({ noAutoReply: true, targets: [{ requestUri: "sip:bob@nowhere.example" }] }), -4);
      assert.equal(context.isDecided, false);
      assert.equal(context.relay({ targets: [{ requestUri: `sip:bob@${B}` }] }), 1, "another try is allowed");
      assert.equal(context.relay(), -1, "but not after one that went out");
    },
  });
  assert.deepEqual(briefs(h.receive(INVITE)), [`INVITE ${B}`]);
  const explicit = house({
    door: "script",
    route: (context) => {
      assert.equal(context.newTransaction(), 1);
      assert.equal(context.newTransaction(), -1);
      assert.equal(context.relay({ targets: [{ requestUri: "sip:bob@nowhere.example" }] }), -4);
      context.reply(404, "Not here");
    },
  });
  assert.deepEqual(briefs(explicit.receive(INVITE)), [`404 ${A}`]);
});

test("a name that must be looked up first: relay returns nothing yet, everything goes on when it is known", () => {
  const codes: (RelayCode | undefined)[] = [];
  const h = house({
    route: (context) => {
      codes.push(context.relay({ settled: (code) => void codes.push(code) }));
    },
  });
  h.names.slowNames.add("slow.example");
  assert.deepEqual(h.receive(requestText("INVITE", "sip:bob@slow.example")), []);
  assert.deepEqual(codes, [undefined]);
  h.names.slow.get("slow.example")?.([{ transport: "udp", ip: B, port: 5060 }]);
  assert.deepEqual([codes, briefs(h.to(B))], [[undefined, 1], [`INVITE ${B}`]]);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(B), B), 200)), [`200 ${A}`]);
});

test("a name that has no address after all is answered 478; cancelled meanwhile 487", () => {
  const codes: (RelayCode | undefined)[] = [];
  const options = { route: (context: RequestContext) => void context.relay({ settled: (code) => void codes.push(code) }) };
  const h = house(options);
  h.names.slowNames.add("slow.example");
  h.receive(requestText("INVITE", "sip:bob@slow.example"));
  h.names.slow.get("slow.example")?.([]);
  assert.deepEqual(briefs(h.to(A)), [`478 ${A}`]);
  const cancelled = house(options);
  cancelled.names.slowNames.add("slow.example");
  cancelled.receive(requestText("INVITE", "sip:bob@slow.example"));
  cancelled.receive(requestText("CANCEL", "sip:bob@slow.example"));
  cancelled.names.slow.get("slow.example")?.([{ transport: "udp", ip: B, port: 5060 }]);
  assert.deepEqual([briefs(cancelled.to(A)), cancelled.to(B)], [[`200 ${A}`, `487 ${A}`], []]);
  assert.deepEqual(codes, [-4, -3]);
});

test("one branch answers while the name of another is looked up: its code is still told, the late one is not sent", () => {
  const codes: (RelayCode | undefined)[] = [];
  const h = house({
    route: (context) =>
      void context.relay({
        targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: "sip:bob@slow.example" }],
        settled: (code) => void codes.push(code),
      }),
  });
  h.names.slowNames.add("slow.example");
  h.receive(INVITE);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(B), B), 200)), [`200 ${A}`]);
  h.names.slow.get("slow.example")?.([{ transport: "udp", ip: C, port: 5060 }]);
  assert.deepEqual([codes, h.to(C)], [[1], []]);
});

test("a failure hook whose new target must be looked up: waits for it, and falls back to the winner", () => {
  for (const isKnown of [true, false]) {
    const h = house({
      route: (context) => {
        context.onFailure = (failure) => void assert.equal(failure.relay({ targets: [{ requestUri: "sip:bob@slow.example" }] }), undefined);
        context.relay();
      },
    });
    h.names.slowNames.add("slow.example");
    const sent = only(h.receive(INVITE));
    assert.deepEqual(briefs(h.answer(sent, 486)), [`ACK ${B}`]);
    h.names.slow.get("slow.example")?.(isKnown ? [{ transport: "udp", ip: C, port: 5060 }] : []);
    if (isKnown) assert.deepEqual(briefs(h.answer(lastOf(h.to(C), C), 200)), [`200 ${A}`]);
    else assert.deepEqual(briefs(h.to(A)), [`486 ${A}`]);
  }
});

test("TM-22: a final of the route while branches ring goes out, then they are cancelled with a reason", () => {
  let held: RequestContext | undefined;
  const h = house({
    route: (context) => {
      held = context;
      context.relay();
    },
  });
  const sent = only(h.receive(INVITE));
  h.answer(sent, 180);
  h.take();
  assert.equal(held?.reply(480, "Gone"), 1);
  const last = h.take();
  assert.deepEqual(briefs(last), [`480 ${A}`, `CANCEL ${B}`]);
  assert.equal(lastOf(last, B).message.header("Reason"), 'SIP;cause=480;text="Temporarily Unavailable"');
  assert.equal(held?.reply(481), -1);
});

test("onOutcome is told once what a request came to", () => {
  const outcomes: string[] = [];
  const route = (context: RequestContext): void => {
    context.onOutcome = (status, response) => void outcomes.push(`${status} ${response === undefined ? "here" : "received"}`);
    if (context.request.method === "REGISTER") context.reply(200);
    else context.relay();
  };
  const h = house({ route });
  const first = only(h.receive(INVITE));
  h.answer(first, 200);
  h.answer(first, 200, { toTag: "other" });
  h.answer(only(h.receive(requestText("INVITE", "sip:bob@10.0.0.3", { callId: "2" }))), 486);
  h.receive(requestText("REGISTER", "sip:10.0.0.1", { callId: "3" }));
  h.answer(only(h.receive(requestText("OPTIONS", "sip:bob@10.0.0.3", { callId: "5" }))), 200);
  h.answer(only(h.receive(requestText("OPTIONS", "sip:bob@10.0.0.3", { callId: "6" }))), 404);
  h.receive(requestText("INVITE", "sip:bob@10.0.0.3", { callId: "4" }));
  h.wait(31_000);
  assert.deepEqual(outcomes, ["200 received", "486 received", "200 here", "200 received", "404 received", "408 here"]);
});

test("an outcome hook that throws harms nothing but itself", () => {
  const h = house({
    route: (context) => {
      context.onOutcome = () => {
        throw new Error("of the route");
      };
      context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${C}` }] });
    },
  });
  h.receive(INVITE);
  h.answer(lastOf(h.to(C), C), 180);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(B), B), 200)), [`200 ${A}`, `CANCEL ${C}`]);
  assert.deepEqual(h.logged, ["an outcome hook threw"]);
});

test("a 603 does not wait for a name that is still looked up", () => {
  const h = house({
    route: (context) => void context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: "sip:bob@slow.example" }] }),
  });
  h.names.slowNames.add("slow.example");
  h.receive(INVITE);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(B), B), 603)), [`ACK ${B}`, `603 ${A}`]);
  h.names.slow.get("slow.example")?.([{ transport: "udp", ip: C, port: 5060 }]);
  assert.deepEqual(h.to(C), []);
});

test("replies that leave by a stream get a Content-Length, as branches do (M-5)", () => {
  const h = house({ route: (context) => void context.relay({ targets: [{ requestUri: `sip:bob@${B};transport=tcp` }] }) });
  const sent = only(h.receive(INVITE.replace("Content-Length: 0\r\n", "")));
  assert.equal(sent.message.header(H.ContentLength), "0");
  const back = house();
  const viaTcp = requestText("INVITE", "sip:bob@10.0.0.3", { via: "SIP/2.0/TCP 10.0.0.2:5060;branch=z9hG4bKt" });
  const branch = only(back.receive(viaTcp, { listener: TCP, flow: 3, port: 50_000 }));
  assert.equal(branch.transport, "udp");
  const text = `SIP/2.0 180 Ringing\r\nVia: ${branch.message.values("Via").join("\r\nVia: ")}\r\nFrom: <sip:alice@10.0.0.2>;tag=a\r\nTo: <sip:bob@10.0.0.1>;tag=b\r\nCall-ID: call1@10.0.0.2\r\nCSeq: 1 INVITE\r\n\r\n`;
  const reply = only(back.receive(text, { ip: B }));
  assert.deepEqual([reply.transport, reply.port, reply.message.header(H.ContentLength)], ["tcp", 50_000, "0"]);
});

test("X-21: a callee that copies only the top Via still gets its answer through", () => {
  const h = house();
  const sent = only(
    h.receive(requestText("OPTIONS", "sip:bob@10.0.0.3", { via: "SIP/2.0/UDP 10.0.0.2:5060;rport;branch=z9hG4bKo" }), { port: 4000 }),
  );
  const text = `SIP/2.0 200 OK\r\nVia: ${sent.message.topVia.text}\r\nFrom: <sip:alice@10.0.0.2>;tag=a\r\nTo: <sip:bob@10.0.0.1>;tag=b\r\nCall-ID: call1@10.0.0.2\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`;
  const reply = only(h.receive(text, { ip: B }));
  assert.deepEqual(reply.message.values("Via"), ["SIP/2.0/UDP 10.0.0.2:5060;received=10.0.0.2;rport=4000;branch=z9hG4bKo"]);
});

test("a 2xx of a second branch is relayed too, each To-tag announced once (TM-28, TM-37)", () => {
  let announced = 0;
  const h = house({
    route: (context) => void context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${C}` }] }),
  });
  h.transactions.addGlobalHook({ requestIn: (transaction) => transaction.attach({ responsePreOut: () => void announced++ }) });
  h.receive(INVITE);
  const toB = lastOf(h.to(B), B);
  const toC = lastOf(h.to(C), C);
  assert.deepEqual(briefs(h.answer(toB, 200)), [`200 ${A}`]);
  assert.deepEqual(briefs(h.answer(toC, 200)), [`200 ${A}`]);
  h.answer(toC, 200);
  assert.equal(announced, 2);
});

test("the first 2xx of a forked non-INVITE wins, the second goes nowhere (TM-28)", () => {
  const h = house({
    route: (context) => void context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${C}` }] }),
  });
  h.receive(requestText("OPTIONS", "sip:bob@10.0.0.3"));
  const toB = lastOf(h.to(B), B);
  const toC = lastOf(h.to(C), C);
  assert.deepEqual(briefs(h.answer(toB, 200)), [`200 ${A}`]);
  assert.deepEqual(h.answer(toC, 200), []);
});

test("a forked non-INVITE whose first branch was refused earlier still relays that refusal when it wins", () => {
  const h = house({
    route: (context) => void context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${C}` }] }),
  });
  h.receive(requestText("OPTIONS", "sip:bob@10.0.0.3"));
  assert.deepEqual(h.answer(lastOf(h.to(B), B), 404), []);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(C), C), 486)), [`404 ${A}`]);
});

test("RFC 3327: a branch with a Path goes to its first value and carries it as Route", () => {
  const h = house({
    route: (context) =>
      void context.relay({ targets: [{ requestUri: "sip:bob@192.168.1.1", path: [`<sip:${C};lr>`, "<sip:edge.example;lr>"] }] }),
  });
  const sent = only(h.receive(INVITE));
  assert.deepEqual([sent.ip, sent.message.values("Route")], [C, [`<sip:${C};lr>`, "<sip:edge.example;lr>"]]);
});

test("timeouts set by the route hold for its branches (TM-1)", () => {
  const h = house({
    route: (context) => {
      context.frTimeoutMs = 2000;
      context.relay();
    },
  });
  h.receive(INVITE);
  h.wait(2000);
  assert.equal(brief(lastOf(h.to(A), A)), `408 ${A}`);
});
