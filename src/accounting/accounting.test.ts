// Calls with records, through a real proxy in virtual time (side-modules 2).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { A, B, DialogHarness, type HarnessOptions } from "../dialog/harness.ts";
import { DialogOption, type DialogTracker } from "../dialog/index.ts";
import type { RequestContext } from "../proxy/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { Accounting } from "./accounting.ts";
import { RecordFields } from "./fields.ts";
import { logText } from "./log-text.ts";
import type { CallRecord } from "./record.ts";
import type { AccountingSettings } from "./settings.ts";
import { ALL_TYPES, NO_FLAGS, parseFlags, RecordType } from "./types.ts";

const EPOCH = 1_767_225_600;
const { log } = RecordType;

/** A proxy with accounting; `route` is asked before an initial INVITE is relayed, `within` before any other request. */
class Bench {
  readonly clock = new TestClock();
  readonly h: DialogHarness;
  readonly accounting: Accounting;
  readonly records: CallRecord[] = [];
  readonly fields = new RecordFields();
  readonly legFields = new RecordFields();
  onFailure: ((context: RequestContext) => void) | undefined = undefined;
  within: ((context: RequestContext, accounting: Accounting) => void) | undefined = undefined;

  constructor(
    route: (context: RequestContext, accounting: Accounting, bench: Bench) => void,
    settings: Partial<AccountingSettings> = {},
    options: HarnessOptions = {},
  ) {
    this.h = new DialogHarness(this.clock, seededRandom(5), {
      ...options,
      initial: (context, tracker: DialogTracker) => {
        context.recordRoute();
        route(context, this.accounting, this);
        if (options.initial !== undefined) options.initial(context, tracker);
        if (!context.isDecided) context.relay();
      },
      within: (context, tracker) => {
        context.looseRoute();
        tracker.match(context);
        this.within?.(context, this.accounting);
        if (!context.isDecided) context.relay();
      },
    });
    this.accounting = new Accounting({
      clock: this.clock,
      dialogs: this.h.tracker,
      onError: (error) => void this.h.errors.push(error),
      settings,
    });
    this.accounting.addSink({ type: log, write: (record) => void this.records.push(record) });
  }

  /** The lines as they would be logged. */
  get lines(): readonly string[] {
    return this.records.map((record) => logText(record, this.fields.of(log), this.legFields.of(log)));
  }

  kinds(): readonly string[] {
    return this.records.map(({ kind, code, method }) => `${kind} ${method} ${code}`);
  }

  bye(): void {
    this.h.request("BYE", 103, A, { toTag: "b", headers: this.h.route() });
    this.h.answer(this.h.lastSent(B, "BYE"), 200);
  }
}

const flags = (text: string): ReturnType<typeof assertFlags> => assertFlags(parseFlags(text));
function assertFlags(parsed: ReturnType<typeof parseFlags>): Exclude<typeof parsed, string> {
  assert.ok(typeof parsed !== "string");
  return parsed;
}

describe("records of transactions", () => {
  test("an answered call is recorded once, when its 200 leaves; retransmissions do not repeat it", () => {
    const b = new Bench((context, accounting) => void accounting.open(context, log));
    const [invite] = b.h.invite();
    b.clock.advance(2_000);
    b.h.answer(invite, 180);
    b.clock.advance(5_000);
    b.h.answer(invite, 200);
    b.h.answer(invite, 200);
    assert.deepEqual(b.lines, [
      `ACC: transaction answered: timestamp=${EPOCH + 7};created=${EPOCH};setuptime=7;method=INVITE;from_tag=a;to_tag=b;` +
        "call_id=1-2345@127.0.0.1;code=200;reason=OK\n",
    ]);
  });

  test("a refusal is recorded with `failed`, and as missed with `missed`: both for the same INVITE", () => {
    const one = (words: string): readonly string[] => {
      const b = new Bench((context, accounting) => void accounting.open(context, log, words === "" ? NO_FLAGS : flags(words)));
      b.h.answer(b.h.invite()[0], 486);
      return b.kinds();
    };
    assert.deepEqual(one(""), []);
    assert.deepEqual(one("failed"), ["answered INVITE 486"]);
    assert.deepEqual(one("missed"), ["missed INVITE 486"]);
    assert.deepEqual(one("missed|failed"), ["missed INVITE 486", "answered INVITE 486"]);
  });

  test("missed: one for each transaction, although the route tries again and the next one fails too", () => {
    const b = new Bench((context, accounting) => {
      accounting.open(context, log, flags("missed"));
      context.onFailure = (failure) => void failure.relay({ targets: [{ requestUri: "sip:c@10.0.0.4" }] });
    });
    b.h.answer(b.h.invite()[0], 486);
    assert.deepEqual(b.kinds(), ["missed INVITE 486"]);
    b.h.answer(b.h.lastSent("10.0.0.4", "INVITE"), 603);
    assert.deepEqual(b.kinds(), ["missed INVITE 486"]);
  });

  test("a 200 that crosses our own 408: the refusal has its records, the call one at its end, with the time of the answer", () => {
    const b = new Bench((context, accounting, bench) => {
      bench.h.tracker.create(context);
      accounting.open(context, log, flags("cdr|missed|failed"));
    });
    const [invite] = b.h.invite();
    b.h.answer(invite, 180);
    b.clock.advance(121_000); // the branch gives up
    assert.deepEqual(b.kinds(), ["missed INVITE 408", "answered INVITE 408"]);
    b.h.answer(invite, 200);
    b.h.answer(invite, 200);
    b.h.request("ACK", 102, A, { toTag: "b", headers: b.h.route() });
    b.clock.advance(2_500);
    b.bye();
    b.clock.advance(60_000);
    assert.deepEqual(b.kinds(), ["missed INVITE 408", "answered INVITE 408", "cdr INVITE 200"]);
    const [missed, , cdr] = b.records;
    assert.deepEqual([missed?.at, cdr?.at, cdr?.durationMs, cdr?.setupSeconds], [(EPOCH + 120) * 1000, (EPOCH + 121) * 1000, 2_500, 121]);
  });

  test("a call that nobody answers: the code and the standard phrase of our own 408", () => {
    const b = new Bench((context, accounting) => void accounting.open(context, log, flags("failed")));
    b.h.invite();
    b.clock.advance(60_000);
    assert.deepEqual(
      b.records.map(({ code, reason }) => [code, reason]),
      [["408", "Request Timeout"]],
    );
  });

  test("a BYE has an account of its own", () => {
    const b = new Bench((context, accounting, bench) => {
      bench.h.tracker.create(context);
      accounting.open(context, log);
    });
    b.within = (context, accounting) => void accounting.open(context, log, flags("failed"));
    b.h.talk();
    b.bye();
    assert.deepEqual(b.kinds(), ["answered INVITE 200", "answered BYE 200"]);
  });

  test("CANCELs are accounted only where the settings say so (2.1)", () => {
    const opened: unknown[] = [];
    for (const reportCancels of [false, true]) {
      const b = new Bench(() => {}, { reportCancels }, { door: "script" });
      const router = b.h.proxy.router;
      assert.ok(router !== undefined);
      b.h.proxy.router = {
        door: "script",
        wantsCancel: true,
        route: (context) => {
          if (context.request.method === "CANCEL") opened.push(b.accounting.open(context, log) === "ignored");
          return router.route(context);
        },
      };
      b.h.invite({ branch: "z9hG4bKc" });
      b.h.request("CANCEL", 102, A, { branch: "z9hG4bKc" });
    }
    assert.deepEqual(opened, [true, false]);
  });

  test("early media counts as an answer where the settings say so", () => {
    const b = new Bench((context, accounting) => void accounting.open(context, log), { earlyMedia: true });
    const [invite] = b.h.invite();
    b.h.answer(invite, 180);
    b.h.answer(invite, 183, { body: "v=0\r\n" });
    assert.deepEqual(b.kinds(), ["answered INVITE 183"]);
  });

  test("the tags of a request from callee to caller change places (detect_direction)", () => {
    const b = new Bench((context, _accounting, bench) => void bench.h.tracker.create(context), { detectDirection: true });
    b.within = (context, accounting) => void accounting.open(context, log);
    b.h.talk();
    const ftag = (): string => b.h.route().replace(/;lr[^;>]*/, "$&;ftag=a");
    b.h.request("INFO", 1, B, { toTag: "a", headers: ftag() });
    b.h.answer(b.h.lastSent(A, "INFO"), 200);
    const [record] = b.records;
    assert.deepEqual([record?.method, record?.fromTag, record?.toTag], ["INFO", "a", "b"]);
  });
});

describe("dropping and adding", () => {
  test("what is asked for adds up; what is dropped goes; a backend without any flag left goes wholly", () => {
    const b = new Bench((context, accounting) => {
      const account = accounting.open(context, log, flags("missed"));
      assert.ok(typeof account === "object");
      assert.equal(accounting.open(context, RecordType.db), account);
      assert.equal(account.types, log | RecordType.db);
      account.drop(ALL_TYPES, flags("missed"));
      assert.equal(account.types, 0);
    });
    b.h.answer(b.h.invite()[0], 486);
    assert.deepEqual(b.records, []);
  });

  test("a sink hears its own backend, and one that throws harms nobody", () => {
    const b = new Bench((context, accounting) => void accounting.open(context, log | RecordType.app));
    const heard: string[] = [];
    b.accounting.addSink({
      type: log,
      write: () => {
        throw new Error("full");
      },
    });
    b.accounting.addSink({ type: RecordType.db, write: () => void heard.push("db") });
    b.accounting.records.subscribe((record) => void heard.push(record.kind));
    b.h.answer(b.h.invite()[0], 200);
    assert.deepEqual([heard, b.h.errors.length, b.records.length], [["answered"], 1, 1]);
  });
});

describe("records of calls", () => {
  const tracked = (context: RequestContext, accounting: Accounting): void => void accounting.open(context, log, flags("cdr"));

  test("a call of 3005 ms lasts 4 s; its record comes when the answer of the BYE leaves (side-modules 9, case 4)", () => {
    const b = new Bench(tracked);
    const [invite] = b.h.invite();
    b.clock.advance(1_500);
    b.h.answer(invite, 200);
    b.h.request("ACK", 102, A, { toTag: "b", headers: b.h.route() });
    b.clock.advance(3_005);
    b.h.request("BYE", 103, A, { toTag: "b", headers: b.h.route() });
    assert.deepEqual(b.records, [], "not yet");
    b.clock.advance(200);
    b.h.answer(b.h.lastSent(B, "BYE"), 200);
    assert.deepEqual(b.lines, [
      `ACC: call ended: created=${EPOCH};call_start_time=${EPOCH + 1};duration=4;ms_duration=3005;setuptime=1;method=INVITE;from_tag=a;` +
        "to_tag=b;call_id=1-2345@127.0.0.1;code=200;reason=OK\n",
    ]);
    b.clock.advance(100_000);
    assert.equal(b.records.length, 1);
    assert.equal(b.h.tracker.count, 0);
  });

  test("a BYE that fails on its way has its record too, and one that is never answered", () => {
    for (const status of [481, 0]) {
      const b = new Bench(tracked);
      b.h.talk();
      b.clock.advance(1);
      b.h.request("BYE", 103, A, { toTag: "b", headers: b.h.route() });
      if (status > 0) b.h.answer(b.h.lastSent(B, "BYE"), status);
      b.clock.advance(100_000);
      assert.deepEqual(
        b.records.map(({ kind, durationMs }) => [kind, durationMs]),
        [["cdr", 1]],
      );
    }
  });

  test("a call that we end, and one that outlives its lifetime, have theirs at once", () => {
    const ended = new Bench(tracked);
    const dialog = ended.h.talk();
    ended.clock.advance(10_000);
    dialog.end("MI Termination");
    ended.h.answer(ended.h.lastSent(A, "BYE"), 200);
    assert.deepEqual(ended.kinds(), ["cdr INVITE 200"]);
    for (const options of [0, DialogOption.byeOnTimeout]) {
      const b = new Bench((context, accounting, bench) => {
        bench.h.tracker.create(context, { options, lifetimeMs: 4_000 });
        tracked(context, accounting);
      });
      b.h.talk();
      b.clock.advance(4_500);
      if (options !== 0) b.h.answer(b.h.lastSent(B, "BYE"), 200);
      assert.deepEqual(
        b.records.map(({ kind, durationMs }) => [kind, durationMs >= 4_000 && durationMs < 5_000]),
        [["cdr", true]],
      );
    }
  });

  test("a call that is never answered has none, unless its failure was to be recorded", () => {
    for (const [words, expected] of [
      ["cdr", []],
      ["cdr|failed", ["answered INVITE 486"]],
      ["cdr|missed", ["missed INVITE 486"]],
    ] as const) {
      const b = new Bench((context, accounting) => void accounting.open(context, log, flags(words)));
      b.h.answer(b.h.invite()[0], 486);
      b.clock.advance(100_000);
      assert.deepEqual(b.kinds(), expected);
    }
  });

  test("with a record at the end for one backend, the others wait for it too (2.2)", () => {
    const b = new Bench((context, accounting) => {
      accounting.open(context, RecordType.db, flags("cdr"));
      accounting.open(context, log);
    });
    b.h.talk();
    assert.deepEqual(b.records, []);
    b.bye();
    assert.deepEqual(
      b.records.map(({ kind, types }) => [kind, types]),
      [["cdr", log | RecordType.db]],
    );
  });

  test("dropping the record of the end before the answer brings the usual one back", () => {
    const b = new Bench((context, accounting) => {
      const account = accounting.open(context, log, flags("cdr|failed"));
      if (typeof account === "object") account.drop(log, flags("cdr"));
    });
    b.h.talk();
    b.bye();
    assert.deepEqual(b.kinds(), ["answered INVITE 200"]);
  });

  test("a call that cannot be tracked is not accounted", () => {
    let opened: unknown = "";
    const b = new Bench(
      (context, accounting) => {
        opened = accounting.open(context, log, flags("cdr"));
      },
      {},
      { settings: { maxDialogs: 0 } },
    );
    b.h.invite();
    assert.equal(opened, undefined);
  });
});

describe("values of the route", () => {
  test("extras and legs stand in the order of their declaration; unset ones are empty; the BYE's routes may still add", () => {
    const b = new Bench((context, accounting) => {
      const account = accounting.open(context, log, flags("cdr"));
      assert.ok(typeof account === "object");
      account.values.set("x", "1\r\n2");
      account.values.setLegValue("who", "bob");
      account.values.newLeg();
      account.values.setLegValue("who", "carol");
    });
    assert.equal(b.fields.declare("log: x ; y->y_out"), undefined);
    assert.equal(b.legFields.declare("log:who;why->reason"), undefined);
    b.within = (context, accounting) => {
      if (context.request.method === "BYE") accounting.valuesOf(context).values.set("y", "late");
    };
    b.h.talk();
    b.bye();
    assert.ok(b.lines[0]?.endsWith(";code=200;reason=OK;x=1  2;y_out=late;who=bob;reason=;who=carol;reason=\n"), b.lines[0]);
  });

  test("legs: negative indexes count from the last, the first value makes the first leg", () => {
    const b = new Bench((context, accounting) => {
      const { values } = accounting.touch(context);
      assert.deepEqual([values.currentLeg, values.legValue("a"), values.setLegValue("a", "0", 1)], [-1, undefined, false]);
      assert.equal(values.setLegValue("a", "0"), true);
      values.newLeg();
      values.setLegValue("a", "1");
      assert.deepEqual(
        [values.currentLeg, values.legValue("a"), values.legValue("a", 0), values.legValue("a", -2), values.legValue("a", 5)],
        [1, "1", "0", "0", undefined],
      );
      values.setLegValue("a", undefined, -2);
      assert.equal(values.legValue("a", 0), undefined);
    });
    b.h.invite();
  });

  test("a note is written at once, with or without an account", () => {
    const b = new Bench((context, accounting) => {
      accounting.note(context, log, "403 Not Yours");
      accounting.note(context, log, "just text");
      accounting.open(context, log);
      accounting.note(context, log, "404");
    });
    b.h.invite();
    assert.deepEqual(b.lines, [
      `ACC: request accounted: timestamp=${EPOCH};method=INVITE;from_tag=a;to_tag=;call_id=1-2345@127.0.0.1;code=403;reason=Not Yours\n`,
      `ACC: request accounted: timestamp=${EPOCH};method=INVITE;from_tag=a;to_tag=;call_id=1-2345@127.0.0.1;code=;reason=just text\n`,
      `ACC: request accounted: timestamp=${EPOCH};created=${EPOCH};setuptime=0;method=INVITE;from_tag=a;to_tag=;call_id=1-2345@127.0.0.1;code=404;reason=Not Found\n`,
    ]);
  });

  test("declarations that are none say why", () => {
    const fields = new RecordFields();
    for (const text of ["x", "ldap:x", "log:", "log:->y", "log:x->", "log:a->b->c"])
      assert.equal(typeof fields.declare(text), "string", text);
    assert.equal(parseFlags("cdr|mised"), "mised");
    assert.deepEqual(parseFlags(" CDR | failed"), { cdr: true, missed: false, failed: true });
  });
});

test("an account outlives a restart in the variables of its call (2.6; side-modules 9, case 4)", () => {
  const b = new Bench(
    (context, accounting) => {
      const account = accounting.open(context, log, flags("cdr"), "calls");
      if (typeof account !== "object") return;
      account.values.set("x", "extra");
      account.values.setLegValue("who", "bob");
    },
    { keepsInDialog: true },
  );
  const dialog = b.h.talk();
  b.clock.advance(2_500);
  assert.equal(dialog.value("accX_core")?.slice(0, 8), "\u0006\u0000INVITE");
  // another process: nothing is left but the call and its variables
  for (const listener of [...(dialog.listeners ?? [])]) dialog.unlisten(listener);
  const records: CallRecord[] = [];
  const after = new Accounting({ clock: b.clock, dialogs: b.h.tracker, onError: (error) => void b.h.errors.push(error) });
  after.addSink({ type: log, write: (record) => void records.push(record) });
  const account = after.restore(dialog);
  assert.equal(after.restore(dialog), account);
  b.bye();
  const [record] = records;
  assert.deepEqual(
    [
      record?.kind,
      record?.durationMs,
      record?.fromTag,
      record?.toTag,
      record?.code,
      record?.table,
      record?.extras.get("x"),
      record?.legs[0]?.get("who"),
    ],
    ["cdr", 2_500, "a", "b", "200", "calls", "extra", "bob"],
  );
  assert.equal(b.records.length, 0);
});
