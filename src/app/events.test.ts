// The events of calls: what the callback types of the reference became, in their order (dialog-behaviour 14.2).
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PingOutcome } from "../dialog/index.ts";
import type { Log } from "../kit/index.ts";
import { createManagement } from "../server/management.ts";
import { buildReply, type SipRequest } from "../sip/index.ts";
import { Stage, type StageParty } from "../testing/stage.ts";
import type { Call, EventName } from "./index.ts";

const CALLER = "10.0.0.2";
const CALLEE = "10.0.0.3";
const ALL: readonly EventName[] = [
  "loaded",
  "created",
  "reply",
  "early",
  "confirmed",
  "answered",
  "request",
  "replyWithin",
  "pinged",
  "expiring",
  "failed",
  "terminated",
  "expired",
  "destroyed",
  "listed",
  "saved",
];

interface World {
  readonly stage: Stage;
  readonly caller: StageParty;
  readonly callee: StageParty;
  /** What was heard, in order. */
  readonly heard: string[];
  readonly logged: string[];
}

/** An engine whose route tracks each call and relays it to the callee. */
async function open(invite?: (call: Call, heard: string[]) => unknown): Promise<World> {
  const logged: string[] = [];
  const say = (_fields: unknown, text: string): void => void logged.push(text);
  const log = { error: say, warn: say, info: () => {}, debug: () => {} } as Log; // its functions take more forms than are used
  const stage = await new Stage({ log, frTimeout: 5, ackTimeout: false }).open();
  const heard: string[] = [];
  stage.engine.app.invite((call) => {
    if (invite === undefined) call.track({ lifetime: 60 });
    else invite(call, heard);
    call.relay(`sip:${CALLEE}`);
  });
  return { stage, caller: await stage.party(CALLER), callee: await stage.party(CALLEE), heard, logged };
}

function request(method: string, cseq: number, headers = "", toTag = ""): string {
  return (
    `${method} sip:bob@${CALLEE} SIP/2.0\r\nVia: SIP/2.0/UDP ${CALLER}:5060;branch=z9hG4bK-${method}${cseq}\r\nMax-Forwards: 70\r\n` +
    `From: <sip:alice@x>;tag=a\r\nTo: <sip:bob@x>${toTag === "" ? "" : `;tag=${toTag}`}\r\nCall-ID: 1@x\r\nCSeq: ${cseq} ${method}\r\n` +
    `Contact: <sip:alice@${CALLER}>\r\n${headers}Content-Length: 0\r\n\r\n`
  );
}

function answer(world: World, to: SipRequest, status: number): void {
  world.callee.send(
    buildReply(to, {
      status,
      recordRoute: true,
      headers: `Contact: <sip:bob@${CALLEE}>\r\nX-From: bob\r\n`,
      ...(to.toTag === "" ? { toTag: "b" } : {}),
    }),
  );
}

/** INVITE, 180, 200, ACK. @returns the Route of later requests */
function talk(world: World): string {
  world.caller.send(request("INVITE", 1));
  const invite = world.callee.request("INVITE");
  answer(world, invite, 180);
  answer(world, invite, 200);
  const route = `Route: ${invite.header("Record-Route")}\r\n`;
  world.caller.send(request("ACK", 1, route, "b"));
  world.callee.request("ACK");
  return route;
}

function hangUp(world: World, route: string): void {
  world.caller.send(request("BYE", 9, route, "b"));
  answer(world, world.callee.request("BYE"), 200);
  world.stage.clock.advance(40_000);
}

test("a call that is answered and hung up is heard in the reference's order", async () => {
  const world = await open();
  const { app } = world.stage.engine;
  for (const name of ALL) app.on(name, () => world.heard.push(name));
  const route = talk(world);
  world.caller.send(request("INFO", 2, route, "b"));
  answer(world, world.callee.request("INFO"), 200);
  hangUp(world, route);
  assert.deepEqual(world.heard, [
    "created",
    ...["reply", "early"], // 180
    ...["reply", "confirmed", "answered"], // 200
    "request", // ACK
    ...["request", "replyWithin"], // INFO
    ...["terminated", "replyWithin"], // BYE and its answer
    "destroyed",
  ]);
});

test("a refusal is failed, a lifetime that is over without BYE is expired, and neither is terminated", async () => {
  const names = ["early", "confirmed", "expiring", "failed", "terminated", "expired", "ended", "destroyed"] as const;
  const refused = await open();
  for (const name of names) refused.stage.engine.app.on(name, () => refused.heard.push(name));
  refused.caller.send(request("INVITE", 1));
  answer(refused, refused.callee.request("INVITE"), 486);
  refused.stage.clock.advance(40_000);
  // the last that was added hears first: "ended" before "failed" where both come of the same turning point
  assert.deepEqual(refused.heard, ["ended", "failed", "destroyed"]);
  const expired = await open();
  for (const name of names) expired.stage.engine.app.on(name, () => expired.heard.push(name));
  talk(expired);
  expired.stage.clock.advance(62_000);
  assert.deepEqual(expired.heard, ["early", "confirmed", "expiring", "ended", "expired", "destroyed"]);
});

test("what comes of each ping is heard, the one included that ends the call", async () => {
  const world = await open((call) => void call.track({ ping: { caller: "options", callee: "options" } }));
  const { app } = world.stage.engine;
  const pings: PingOutcome[] = [];
  app.on("pinged", (ping, dialog) => {
    world.heard.push(`pinged ${ping.side}`);
    pings.push(ping);
    assert.equal(dialog.callId, "1@x");
  });
  app.on("terminated", ({ reason }) => world.heard.push(`terminated ${reason}`));
  talk(world);
  world.caller.response(180);
  world.caller.response(200);
  world.stage.clock.advance(31_000);
  const options = world.caller.request("OPTIONS");
  world.stage.clock.advance(250);
  world.caller.send(buildReply(options, { status: 405 }));
  world.stage.clock.advance(5_000); // the callee says nothing
  assert.deepEqual(
    pings.map(({ afterMs, ...ping }) => ping),
    [
      { side: "caller", method: "OPTIONS", status: 405, isLost: false, losses: 0 },
      { side: "callee", method: "OPTIONS", status: 0, isLost: true, losses: 1 },
    ],
  );
  const [answered, lost] = pings;
  assert.ok(answered !== undefined && answered.afterMs >= 250 && answered.afterMs < 1_000, String(answered?.afterMs));
  assert.equal(lost?.afterMs, 5_000);
  answer(world, world.callee.request("OPTIONS"), 481);
  world.stage.clock.advance(6_000);
  assert.deepEqual(world.heard, ["pinged caller", "pinged callee", "terminated Ping Timeout"]);
});

test("a 200 that crosses a refusal of ours: every turning point is heard once, and the call ends a second time (2.4)", async () => {
  const world = await open();
  const { app } = world.stage.engine;
  for (const name of ALL) if (name !== "reply" && name !== "request" && name !== "replyWithin") app.on(name, () => world.heard.push(name));
  app.on("ended", ({ reason, wasAnswered, status }) => world.heard.push(`ended ${reason} ${wasAnswered} ${status}`));
  const moves: string[] = [];
  app.dialogs.onChange((change) => {
    if (change.kind === "state") moves.push(`${change.from} ${change.to}`);
  });
  world.caller.send(request("INVITE", 1));
  const invite = world.callee.request("INVITE");
  answer(world, invite, 180);
  world.stage.clock.advance(121_000); // nobody answers: CANCEL down, 408 up
  world.caller.response(180);
  world.caller.response(408);
  assert.deepEqual(world.heard, ["created", "early", "ended  false 408", "failed"]);
  world.heard.length = 0;
  answer(world, invite, 200);
  answer(world, invite, 200);
  const route = `Route: ${invite.header("Record-Route")}\r\n`;
  world.caller.send(request("ACK", 1, route, "b"));
  assert.deepEqual(world.heard, ["confirmed", "answered"]);
  assert.equal(app.dialogs.active, 1);
  world.heard.length = 0;
  world.caller.send(request("BYE", 9, route, "b"));
  world.stage.clock.advance(40_000);
  assert.deepEqual(world.heard, ["ended Downstream BYE true 0", "terminated", "destroyed"]);
  assert.deepEqual(moves, ["unconfirmed early", "early ended", "ended confirmedNoAck", "confirmedNoAck confirmed", "confirmed ended"]);
});

test("a call ended from here is terminated, without a direction", async () => {
  const world = await open();
  const { app } = world.stage.engine;
  app.on("terminated", (end) => world.heard.push(`${end.reason} ${end.direction} ${end.wasAnswered}`));
  app.on("expired", () => world.heard.push("expired"));
  talk(world);
  assert.ok(app.dialogs.get("1@x")?.end("Enough"));
  world.stage.clock.advance(5);
  answer(world, world.callee.request("BYE"), 200);
  assert.deepEqual(world.heard, ["Enough undefined true"]);
});

test("the last listener hears first, those of the call before those of all calls", async () => {
  const world = await open((call, heard) => {
    const dialog = call.track();
    dialog.on("confirmed", () => heard.push("call 1"));
    dialog.on("confirmed", () => heard.push("call 2"));
  });
  const { app } = world.stage.engine;
  app.on("confirmed", () => world.heard.push("app 1"));
  app.on("confirmed", () => world.heard.push("app 2"));
  talk(world);
  assert.deepEqual(world.heard, ["call 2", "call 1", "app 2", "app 1"]);
});

test("listeners read messages, and change replies on their way", async () => {
  const world = await open();
  const { app } = world.stage.engine;
  app.on("created", (invite) => world.heard.push(`${invite.method} ${invite.header("Call-ID")}`));
  app.on("early", (reply) => world.heard.push(`${reply.status} ${reply.reason}`));
  app.on("confirmed", (reply) => world.heard.push(`${reply.status} ${reply.header("X-From")}`));
  app.on("reply", (reply, dialog) => void reply.setHeader("X-Did", dialog.did).removeHeader("X-From"));
  app.on("request", ({ method, direction }) => world.heard.push(`${method} ${direction}`));
  app.on("replyWithin", (reply) => {
    world.heard.push(`${reply.status} to ${reply.method} ${reply.direction}`);
    reply.appendHeader("X-Seen", "yes");
  });
  const route = talk(world);
  world.caller.response(180);
  const ok = world.caller.response(200);
  const did = app.dialogs.get("1@x")?.did;
  assert.deepEqual([ok.header("X-Did"), ok.header("X-From")], [did, undefined]);
  world.caller.send(request("INFO", 2, route, "b"));
  answer(world, world.callee.request("INFO"), 200);
  assert.equal(world.caller.response(200).header("X-Seen"), "yes");
  assert.deepEqual(world.heard, ["INVITE 1@x", "180 Ringing", "200 bob", "ACK downstream", "INFO downstream", "200 to INFO upstream"]);
});

test("a header with a line end is refused, and only the listener fails", async () => {
  const world = await open();
  world.stage.engine.app.on("reply", (reply) => reply.setHeader("X", "a\r\nB: c"));
  talk(world);
  world.caller.response(180);
  assert.equal(world.caller.response(200).header("B"), undefined);
  assert.deepEqual([...new Set(world.logged)], ["a dialog hook threw"]);
});

test("listeners that throw, reject or never settle keep nobody waiting", async () => {
  const world = await open();
  const { app } = world.stage.engine;
  const rejections: unknown[] = [];
  const unhandled = (error: unknown): void => void rejections.push(error);
  process.on("unhandledRejection", unhandled);
  for (const name of ALL) {
    app.on(name, () => world.heard.push(name));
    app.on(name, () => {
      throw new Error(`thrown by ${name}`);
    });
    app.on(name, () => Promise.reject(new Error(`rejected by ${name}`)));
    app.on(name, () => new Promise(() => {}));
  }
  hangUp(world, talk(world));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  assert.deepEqual(rejections, []);
  assert.deepEqual(
    world.heard.filter((name) => name !== "reply" && name !== "replyWithin"),
    ["created", "early", "confirmed", "answered", "request", "terminated", "destroyed"],
  );
  assert.equal(world.logged.filter((text) => text === "a dialog hook threw").length, 2 * world.heard.length);
  assert.deepEqual(app.dialogs.check(), []);
  assert.equal([...app.dialogs].length, 0);
});

test("a listener for the change feed may reject as well", async () => {
  const world = await open();
  const { app } = world.stage.engine;
  const rejections: unknown[] = [];
  const unhandled = (error: unknown): void => void rejections.push(error);
  process.on("unhandledRejection", unhandled);
  app.dialogs.onChange(async () => {
    throw new Error("no");
  });
  talk(world);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  assert.deepEqual(rejections, []);
  assert.equal(app.dialogs.active, 1);
});

test("who wants to hear of loaded calls hears of every call in memory, once", async () => {
  const world = await open();
  const { app, dialogs } = world.stage.engine;
  talk(world);
  app.on("loaded", (_event, dialog) => world.heard.push(`loaded ${dialog.callId}`));
  world.stage.clock.advance(5);
  assert.deepEqual(world.heard, ["loaded 1@x"]);
  const [dialog] = dialogs.all();
  assert.ok(dialog);
  dialogs.listeners.loaded(dialog); // what a store does with a call that it has read
  dialogs.listeners.saved(dialog);
  assert.deepEqual(world.heard, ["loaded 1@x", "loaded 1@x"]);
});

test("a listener adds to what dlg_list_ctx shows; what is no JSON stays away", async () => {
  const world = await open((call) => {
    const dialog = call.track();
    dialog.set("account", "4711");
    dialog.on("listed", ({ context }) => {
      context["billing"] = { since: 12, rates: [1, 2] };
      context["values"] = "not ours to say";
      context["circle"] = context;
      context["code"] = () => {};
    });
  });
  const { commands } = createManagement(world.stage.engine, { get: () => 0, set: () => {} }, () => {});
  talk(world);
  const ask = (method: string): Record<string, unknown> => {
    const answered = commands.execute(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { callid: "1@x" } }), {
      transport: "internal",
      address: "",
    });
    assert.ok(answered !== undefined && !(answered instanceof Promise));
    return JSON.parse([...answered].join("")).result.Dialog;
  };
  assert.deepEqual(ask("dlg_list_ctx")["context"], { values: [{ account: "4711" }], billing: { since: 12, rates: [1, 2] } });
  assert.equal(ask("dlg_list")["context"], undefined);
});
