import assert from "node:assert/strict";
import { test } from "node:test";
import { DialoomError, dialoom, type SentMessage, type TrackedDialog } from "../index.ts";
import { answer, cancelOf, invite, within } from "./fixtures.ts";

const CALLEE = { port: 5080 };
const CALLER = { port: 5071 };

function quiet(options: Parameters<typeof dialoom>[0] = {}): ReturnType<typeof dialoom> {
  return dialoom({ logLevel: "silent", ...options });
}

function only(messages: readonly SentMessage[]): SentMessage {
  assert.equal(messages.length, 1, messages.map((one) => one.startLine).join(" | "));
  const [first] = messages;
  assert.ok(first);
  return first;
}

test("a target without a user is the next hop; the Request-URI stays", async () => {
  const app = quiet();
  app.invite((call) => call.relay("sip:127.0.0.1:5080"));
  const sent = only((await app.inject(invite(), CALLER)).requests);
  assert.equal(sent.startLine, "INVITE sip:bob@example.com SIP/2.0");
  assert.equal(sent.port, 5080);
  assert.match(sent.text, /Record-Route: <sip:127\.0\.0\.1;lr;ftag=from-tag>/);
  assert.match(sent.text, /Max-Forwards: 69/);
  await app.close();
});

test("a target with a user becomes the Request-URI", async () => {
  const app = quiet();
  app.invite((call) => call.relay("sip:carol@127.0.0.1:5090"));
  const sent = only((await app.inject(invite(), CALLER)).requests);
  assert.equal(sent.startLine, "INVITE sip:carol@127.0.0.1:5090 SIP/2.0");
  assert.equal(sent.port, 5090);
  await app.close();
});

test("a whole call: in-dialog requests and ACK find their way by themselves, events come once", async () => {
  const heard: string[] = [];
  const app = quiet({ profiles: ["caller"] });
  const caller = app.profile("caller");
  app.invite((call) => {
    const dialog = call.track({ lifetime: "1h" });
    assert.ok(dialog.link(caller, "alice"));
    dialog.set("account", "4711");
    for (const name of ["early", "answered"] as const) dialog.on(name, () => heard.push(name));
    dialog.on("ended", (end) => heard.push(`ended ${end.reason} ${end.direction}`));
    call.relay("sip:127.0.0.1:5080");
  });
  app.on("ended", (_end, dialog) => heard.push(`app ${dialog.get("account")}`));
  const request = only((await app.inject(invite(), CALLER)).requests);
  await app.inject(answer(request, "180 Ringing"), CALLEE);
  const ok = only((await app.inject(answer(request, "200 OK"), CALLEE)).responses);
  assert.equal(ok.port, 5071);
  const ack = only((await app.inject(within(ok, "ACK", 1), CALLER)).requests);
  assert.equal(ack.startLine, "ACK sip:bob@127.0.0.1:5080 SIP/2.0");
  assert.ok(!ack.text.includes("Route:"));
  assert.equal(app.dialogs.active, 1);
  assert.equal(caller.size("alice"), 1);
  const [live] = [...app.dialogs];
  assert.ok(live);
  assert.equal(live.state, "confirmed");
  assert.equal(app.dialogs.get(live.did)?.callId, "call-1@caller");
  assert.equal(app.dialogs.withValue("account", "4711").length, 1);
  const bye = only((await app.inject(within(ok, "BYE", 2), CALLER)).requests);
  assert.equal(bye.port, 5080);
  assert.deepEqual(heard, ["early", "answered", "ended Downstream BYE downstream", "app 4711"]);
  assert.equal(caller.size(), 0);
  assert.equal(app.dialogs.active, 0);
  await app.close();
});

test("a limit of two calls a user, joined in one act by an asynchronous route", async () => {
  const app = quiet({ profiles: ["caller"] });
  const caller = app.profile("caller");
  app.invite(async (call) => {
    const user = call.from.uri.user ?? "anonymous";
    const dialog = call.track();
    if (!(await dialog.join(caller, user, { max: 2 }))) return call.reject(486, "Too Many Calls");
    return call.relay("sip:127.0.0.1:5080");
  });
  const results = await Promise.all(["1", "2", "3"].map((n) => app.inject(invite({ callId: n }), CALLER)));
  const third = await app.inject(invite({ callId: "4", user: "zoe" }), CALLER);
  const sent = results.flatMap((one) => one.sent.map((message) => message.startLine));
  assert.equal(sent.filter((line) => line.startsWith("INVITE")).length, 2);
  assert.equal(sent.filter((line) => line === "SIP/2.0 486 Too Many Calls").length, 1);
  assert.ok(third.requests[0]);
  assert.equal(caller.size("alice"), 2);
  assert.equal(caller.size(), 3);
  await app.close();
});

test("awaiting relay() lets a route decide again after a refusal", async () => {
  const outcomes: number[] = [];
  const app = quiet();
  app.invite(async (call) => {
    const first = await call.relay("sip:127.0.0.1:5080");
    outcomes.push(first.status);
    if (first.status === 486) return call.relay("sip:127.0.0.1:5090");
    return undefined;
  });
  const request = only((await app.inject(invite(), CALLER)).requests);
  const refused = await app.inject(answer(request, "486 Busy Here"), CALLEE);
  const lines = refused.sent.map((one) => `${one.startLine} → ${one.port}`);
  assert.deepEqual(lines, ["ACK sip:bob@example.com SIP/2.0 → 5080", "INVITE sip:bob@example.com SIP/2.0 → 5090"]);
  const second = refused.requests.find((one) => one.port === 5090);
  assert.ok(second);
  const ok = only((await app.inject(answer(second, "200 OK"), { port: 5090 })).responses);
  assert.equal(ok.startLine, "SIP/2.0 200 OK");
  assert.deepEqual(outcomes, [486]);
  await app.close();
});

test("a route that awaits and then does nothing lets the refusal pass", async () => {
  const app = quiet();
  app.invite(async (call) => {
    await call.relay("sip:127.0.0.1:5080");
  });
  const request = only((await app.inject(invite(), CALLER)).requests);
  const passed = (await app.inject(answer(request, "603 Decline"), CALLEE)).responses;
  assert.equal(only(passed).startLine, "SIP/2.0 603 Decline");
  await app.close();
});

test("an outcome handled with then() may relay again too", async () => {
  const app = quiet();
  app.invite((call) => {
    void call.relay("sip:127.0.0.1:5080").then((outcome) => {
      if (!outcome.isSuccess) call.reject(480, "Try Later", { headers: { "Retry-After": "10" } });
    });
  });
  const request = only((await app.inject(invite(), CALLER)).requests);
  const reply = only((await app.inject(answer(request, "500 Broken"), CALLEE)).responses);
  assert.equal(reply.startLine, "SIP/2.0 480 Try Later");
  assert.match(reply.text, /Retry-After: 10\r\n/);
  await app.close();
});

test("several targets: at once, or one after the other", async () => {
  const parallel = quiet();
  parallel.invite((call) => call.relay(["sip:127.0.0.1:5080", "sip:127.0.0.1:5090"]));
  assert.deepEqual(
    (await parallel.inject(invite(), CALLER)).requests.map((one) => one.port),
    [5080, 5090],
  );
  await parallel.close();

  const serial = quiet();
  serial.invite((call) => call.relay([{ nextHop: "sip:127.0.0.1:5080", q: 0.5 }, { nextHop: "sip:127.0.0.1:5090" }], { mode: "serial" }));
  const first = only((await serial.inject(invite(), CALLER)).requests);
  assert.equal(first.port, 5090);
  const next = await serial.inject(answer(first, "404 Not Found"), { port: 5090 });
  const second = next.requests.find((one) => one.startLine.startsWith("INVITE"));
  assert.equal(second?.port, 5080);
  assert.ok(second);
  const last = await serial.inject(answer(second, "486 Busy Here"), CALLEE);
  assert.deepEqual(
    last.responses.map((one) => one.startLine),
    ["SIP/2.0 486 Busy Here"],
    "a target given up in an earlier round takes no part again (TM-30)",
  );
  await serial.close();
});

test("a reply hook sees every reply and may change the copy that goes on", async () => {
  const seen: number[] = [];
  const app = quiet();
  app.invite((call) =>
    call.relay("sip:127.0.0.1:5080", {
      onReply: (reply) => {
        seen.push(reply.status);
        if (reply.status === 183) assert.ok(reply.drop());
        reply.setHeader("X-Seen", "yes");
      },
    }),
  );
  const request = only((await app.inject(invite(), CALLER)).requests);
  assert.equal((await app.inject(answer(request, "183 Progress"), CALLEE)).sent.length, 0);
  assert.match(only((await app.inject(answer(request, "200 OK"), CALLEE)).responses).text, /X-Seen: yes\r\n/);
  assert.deepEqual(seen, [183, 200]);
  await app.close();
});

test("a sequential hook sees requests inside the call and may refuse them", async () => {
  const seen: string[] = [];
  const app = quiet();
  app.invite((call) => {
    call.track();
    call.relay("sip:127.0.0.1:5080");
  });
  app.sequential((request) => {
    seen.push(`${request.method} ${request.dialog?.state} ${request.isDownstream}`);
    if (request.method === "INFO") request.reject(403, "No Info Here");
  });
  const request = only((await app.inject(invite(), CALLER)).requests);
  const ok = only((await app.inject(answer(request, "200 OK"), CALLEE)).responses);
  await app.inject(within(ok, "ACK", 1), CALLER);
  assert.equal(only((await app.inject(within(ok, "INFO", 2), CALLER)).sent).startLine, "SIP/2.0 403 No Info Here");
  assert.equal(only((await app.inject(within(ok, "UPDATE", 3), CALLER)).requests).port, 5080);
  assert.deepEqual(seen, ["ACK confirmed true", "INFO confirmed true", "UPDATE confirmed true"]);
  await app.close();
});

test("what a route throws is answered 500, also after an await, and harms nobody else", async () => {
  const app = quiet();
  app.invite(async (call) => {
    if (call.from.uri.user === "late") await Promise.resolve();
    if (call.from.uri.user !== "good") throw new Error("broken route");
    call.relay("sip:127.0.0.1:5080");
  });
  for (const [callId, user] of [
    ["1", "early"],
    ["2", "late"],
  ] as const) {
    assert.equal(only((await app.inject(invite({ callId, user }), CALLER)).sent).startLine, "SIP/2.0 500 Server error occurred");
  }
  assert.equal(only((await app.inject(invite({ callId: "3", user: "good" }), CALLER)).sent).port, 5080);
  await app.close();
});

test("a route that decides nothing is answered 500; no route at all 404", async () => {
  const app = quiet();
  app.invite(() => {});
  assert.equal(only((await app.inject(invite(), CALLER)).sent).startLine, "SIP/2.0 500 Server error occurred");
  await app.close();
  const bare = quiet();
  assert.equal(only((await bare.inject(invite(), CALLER)).sent).startLine, "SIP/2.0 404 No Route For Calls");
  await bare.close();
});

test("a caller who gives up while the route waits gets 487, the signal is aborted, and nothing is sent on", async () => {
  const app = quiet();
  let isAborted = false;
  const gate = Promise.withResolvers<void>();
  app.invite(async (call) => {
    call.signal.addEventListener("abort", () => {
      isAborted = true;
      gate.resolve();
    });
    await gate.promise;
    assert.ok(call.isCancelled);
    return call.relay("sip:127.0.0.1:5080");
  });
  const pending = app.inject(invite(), CALLER);
  // the INVITE is in the route now: inject() itself waits for the route to decide
  const cancelled = await app.inject(cancelOf(invite()), CALLER);
  const all = [...(await pending).sent, ...cancelled.sent].map((one) => one.startLine).sort();
  assert.deepEqual(all, ["SIP/2.0 200 canceling", "SIP/2.0 487 Request Terminated"]);
  assert.ok(isAborted);
  await app.close();
});

test("other requests: a route of their own, OPTIONS for us answered, the rest 405, foreign Routes refused", async () => {
  const app = quiet();
  app.request("MESSAGE", (request) => request.relay("sip:127.0.0.1:5080"));
  const of = (method: string, headers: readonly string[] = []): string =>
    invite({ callId: method, headers }).replace("INVITE sip", `${method} sip`).replace("CSeq: 1 INVITE", `CSeq: 1 ${method}`);
  const lines: string[] = [];
  const ping = of("OPTIONS").replace("sip:bob@example.com SIP", "sip:127.0.0.1:5060 SIP");
  const foreign = of("OPTIONS")
    .replace("sip:bob@example.com SIP", "sip:other.example SIP")
    .replaceAll("OPTIONS@", "foreign@")
    .replace("bK-OPTIONS", "bK-foreign");
  const opaque = of("OPTIONS").replace("sip:bob@example.com SIP", "foo:bar SIP").replace("bK-OPTIONS", "bK-opaque");
  for (const message of [of("MESSAGE"), ping, foreign, opaque, of("PUBLISH"), of("INFO", ["Route: <sip:192.0.2.1;lr>"])]) {
    lines.push(only((await app.inject(message, CALLER)).sent).startLine);
  }
  assert.deepEqual(lines, [
    "MESSAGE sip:bob@example.com SIP/2.0",
    "SIP/2.0 200 OK",
    "SIP/2.0 405 Method Not Allowed",
    "SIP/2.0 416 Unsupported URI Scheme",
    "SIP/2.0 405 Method Not Allowed",
    "SIP/2.0 403 Preload Route denied",
  ]);
  await app.close();
});

test("a request of our own goes to one side of the call, and its answer comes back", async () => {
  const app = quiet();
  app.invite((call) => {
    call.track();
    return call.relay("sip:127.0.0.1:5080");
  });
  const invited = only((await app.inject(invite(), CALLER)).requests);
  const ok = only((await app.inject(answer(invited, "200 OK"), CALLEE)).responses);
  await app.inject(within(ok, "ACK", 1), CALLER);
  const [dialog] = app.dialogs;
  assert.ok(dialog);
  const asked = dialog.request("INFO", { to: "callee", headers: { "X-A": "b" }, body: "Gr\u00fc\u00dfe", contentType: "text/plain" });
  // what we send of our own accord leaves with the next message
  const sent = (await app.inject(within(ok, "OPTIONS", 2), CALLER)).requests.find((one) => one.startLine.startsWith("INFO "));
  assert.ok(sent);
  assert.match(sent.text, /\r\nX-A: b\r\n/);
  assert.ok(sent.text.endsWith("\r\n\r\nGr\u00c3\u00bc\u00c3\u009fe"));
  await app.inject(answer(sent, "405 No Way", ["X-Why: because"]), CALLEE);
  const reply = await asked;
  assert.deepEqual([reply?.status, reply?.reason, reply?.header("X-Why")], [405, "No Way", "because"]);
  assert.throws(() => dialog.request("INFO", { to: "callee", headers: { "X-A": "b\r\nX-B: c" } }), DialoomError);
  for (const method of ["ACK", "CANCEL", "", "IN FO"]) assert.throws(() => dialog.request(method, { to: "callee" }), DialoomError);
  await app.close();
});

test("mistakes of a route's author are named", async () => {
  const app = quiet({ profiles: ["caller"] });
  const faults: string[] = [];
  const attempt = (run: () => unknown): void => {
    try {
      run();
      faults.push("nothing was thrown");
    } catch (error) {
      faults.push(error instanceof DialoomError ? error.code : String(error));
    }
  };
  let kept: TrackedDialog | undefined;
  app.invite((call) => {
    kept = call.track();
    attempt(() => kept?.link(app.profile("caller")));
    attempt(() => call.relay("10.0.0.20:5080"));
    attempt(() => call.relay("tel:+123"));
    attempt(() => call.relay([]));
    attempt(() => call.setHeader("X-A", "one\r\nX-B: two"));
    attempt(() => call.setHeader("X A", "one"));
    attempt(() => call.reply(99));
    attempt(() => call.reject(200));
    attempt(() => call.track({ lifetime: "soon" }));
    attempt(() => kept?.setFlag(32));
    call.relay("sip:127.0.0.1:5080");
    attempt(() => call.reject(486));
    attempt(() => call.track());
  });
  attempt(() => app.profile("callee"));
  attempt(() => app.request("INVITE", () => {}));
  await app.inject(invite(), CALLER);
  assert.deepEqual([...new Set(faults.slice(2, 12))], ["DIALOOM_BAD_ARGUMENT"]);
  assert.deepEqual(
    [...faults.slice(0, 2), ...faults.slice(12)],
    ["DIALOOM_UNKNOWN_PROFILE", "DIALOOM_BAD_ARGUMENT", "DIALOOM_ALREADY_SETTLED", "DIALOOM_ALREADY_SETTLED"],
  );
  await app.close();
});

test("ending a call from outside: BYE to both sides with the headers given", async () => {
  const app = quiet();
  const ends: string[] = [];
  app.invite((call) => {
    call.track();
    call.relay("sip:127.0.0.1:5080");
  });
  app.on("ended", (end) => ends.push(`${end.reason} ${end.wasAnswered}`));
  const request = only((await app.inject(invite(), CALLER)).requests);
  const ok = only((await app.inject(answer(request, "200 OK"), CALLEE)).responses);
  await app.inject(within(ok, "ACK", 1), CALLER);
  const [dialog] = [...app.dialogs];
  assert.ok(dialog?.end("Quota", { "X-Why": "quota" }));
  const byes = (await app.inject(within(ok, "INFO", 2), CALLER)).requests.filter((one) => one.startLine.startsWith("BYE"));
  assert.deepEqual(byes.map((one) => one.port).sort(), [5071, 5080]);
  for (const bye of byes) assert.match(bye.text, /X-Why: quota\r\n/);
  const [toCaller] = byes;
  assert.ok(toCaller);
  await app.inject(answer(toCaller, "200 OK"), CALLER);
  assert.deepEqual(ends, ["Quota true"]);
  await app.close();
});

test("what a program around the routes can ask: history, changes, the checker, validation", async () => {
  const app = quiet({ profiles: ["caller"] });
  const changes: string[] = [];
  const verdicts: number[] = [];
  const stop = app.dialogs.onChange((change) => changes.push(change.kind));
  app.invite((call) => {
    call.track().link(app.profile("caller"), "alice");
    call.relay("sip:127.0.0.1:5080");
  });
  app.sequential((request) => {
    verdicts.push(request.validate());
    if (request.method === "INFO") assert.ok(request.fixRoute());
  });
  const request = only((await app.inject(invite(), CALLER)).requests);
  const ok = only((await app.inject(answer(request, "200 OK"), CALLEE)).responses);
  await app.inject(within(ok, "ACK", 1), CALLER);
  const forged = within(ok, "INFO", 2).replace("INFO sip:bob@127.0.0.1:5080", "INFO sip:mallory@127.0.0.1:5099");
  const mended = only((await app.inject(forged, CALLER)).requests);
  assert.equal(mended.startLine, "INFO sip:bob@127.0.0.1:5080 SIP/2.0");
  assert.deepEqual(verdicts, [1, -2]);
  const [dialog] = [...app.dialogs];
  assert.ok(dialog);
  assert.deepEqual(
    app.dialogs.history(dialog).map((step) => `${step.event} ${step.from}${step.to}`),
    ["created 11", "joined 11", "answered 13", "timers 33", "acked 34", "sequential 44"],
  );
  assert.deepEqual(app.dialogs.check(), []);
  stop();
  assert.ok(dialog.end());
  assert.deepEqual([...new Set(changes)].sort(), ["created", "cseq", "joined", "leg", "state"]);
  await app.close();
});
