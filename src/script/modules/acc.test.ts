// Scripts that account calls (script-language 8.8, side-modules 2), on an engine in virtual time.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkScript, type ScriptBench, testScript } from "../../testing/script.ts";
import { replyText, requestText, startOf } from "../door/fixtures.ts";

const EPOCH = 1_767_225_600;
const HEAD = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "signaling.so"
loadmodule "sipmsgops.so"
loadmodule "rr.so"
loadmodule "dialog.so"
loadmodule "acc.so"
`;
const WITHIN = `
  if (has_totag()) {
    if (!loose_route()) { send_reply(404, "Not here"); exit; }
    route(within);
    t_relay();
    exit;
  }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  record_route();
`;
const script = (initial: string, within = "", head = ""): string =>
  `${HEAD}${head} route { ${WITHIN} ${initial} $du = "sip:10.0.0.3:5060"; t_relay(); } route[within] { ${within} return; }`;

/** One call of the caller, step by step. */
class Call {
  readonly bench: ScriptBench;
  #route = "";

  constructor(bench: ScriptBench) {
    this.bench = bench;
  }

  async invite(): Promise<void> {
    await this.#send(requestText("INVITE"));
    this.#route = /^Record-Route: (.*)\r$/m.exec(this.#sent("INVITE"))?.[1] ?? "";
  }

  async answer(status: number, method = "INVITE"): Promise<void> {
    await this.#send(replyText(this.#sent(method), status), "10.0.0.3:5060");
  }

  async request(method: string, cseq: number): Promise<void> {
    const branch = `z9hG4bK${method}${cseq}`;
    const headers = this.#route === "" ? "" : `Route: ${this.#route}\r\n`;
    await this.#send(requestText(method, { toTag: "callee", cseq, branch, headers }));
  }

  /** Answered after a second and a half, hung up after `ms` more. */
  async whole(ms: number): Promise<void> {
    await this.invite();
    await this.bench.advance(1_500);
    await this.answer(200);
    await this.request("ACK", 1);
    await this.bench.advance(ms);
    await this.request("BYE", 2);
    await this.answer(200, "BYE");
  }

  /** Lines of call records. */
  get lines(): readonly string[] {
    return this.bench.lines.filter((line) => line.text.startsWith("ACC: ")).map((line) => line.text);
  }

  get kinds(): readonly string[] {
    return this.lines.map(
      (line) => `${/^ACC: ([a-z ]+):/.exec(line)?.[1]} ${/method=(\w+)/.exec(line)?.[1]} ${/code=(\d*)/.exec(line)?.[1]}`,
    );
  }

  async #send(text: string, from?: string): Promise<void> {
    this.bench.receive(text, from);
    await this.bench.advance(10);
  }

  #sent(method: string): string {
    return this.bench.sent.findLast((one) => startOf(one.text) === method)?.text ?? "";
  }
}

async function start(text: string): Promise<Call> {
  return new Call(await testScript(text));
}

describe("do_accounting()", () => {
  test('"log": a line when the answer leaves, none for a refusal; the BYE by its own call', async () => {
    const call = await start(script('do_accounting("log"); create_dialog();', 'if (is_method("BYE")) do_accounting("log", "failed");'));
    await call.whole(5_000);
    assert.deepEqual(call.kinds, ["transaction answered INVITE 200", "transaction answered BYE 200"]);
    assert.equal(
      call.lines[0],
      `ACC: transaction answered: timestamp=${EPOCH + 1};created=${EPOCH};setuptime=1;method=INVITE;from_tag=ft1;to_tag=callee;` +
        "call_id=c1@10.0.0.2;code=200;reason=OK\n",
    );
    const level = call.bench.lines.find((line) => line.text.startsWith("ACC: "))?.level;
    assert.equal(level, 2);
    await call.bench.close();
  });

  test('"log|evi", "missed|failed": both lines and both events for one refused call', async () => {
    const call = await start(script('do_accounting("log | EVI", "missed|failed");'));
    await call.invite();
    await call.answer(486);
    assert.deepEqual(call.kinds, ["call missed INVITE 486", "transaction answered INVITE 486"]);
    assert.deepEqual(
      call.bench.events.raised.map(({ name, parameters }) => `${name} ${parameters.map(([key]) => key).join(",")}`),
      [
        "E_ACC_MISSED_EVENT method,from_tag,to_tag,callid,sip_code,sip_reason,time,setuptime,created",
        "E_ACC_EVENT method,from_tag,to_tag,callid,sip_code,sip_reason,time",
      ],
    );
    await call.bench.close();
  });

  test("missed in a failure route that tries again: one line, and the answered call has its own", async () => {
    const call = await start(
      `${script('do_accounting("log", "missed"); t_on_failure("next");')} failure_route[next] { $ru = "sip:bob@10.0.0.3"; t_relay(); }`,
    );
    await call.invite();
    await call.answer(486);
    await call.bench.advance(100);
    await call.answer(200);
    assert.deepEqual(call.kinds, ["call missed INVITE 486", "transaction answered INVITE 200"]);
    await call.bench.close();
  });

  test('"cdr": the line comes with the answer of the BYE, with extras of both routes and exact durations', async () => {
    const head = `
      modparam("acc", "extra_fields", "log:x;y->y_out")
      modparam("acc", "extra_fields", "evi:x")
      modparam("acc", "leg_fields", "log:who")`;
    const initial = `
      do_accounting("log", "cdr");
      $acc_extra(x) = $fU;
      $acc_leg(who) = "bob";
      acc_new_leg();
      $(acc_leg(who)) = "carol";
      xlog("$acc_extra(x) $acc_extra(y) $(acc_leg(who)[0]) $(acc_leg(who)[-1]) $acc_current_leg;");`;
    const call = await start(
      script(initial, 'if (is_method("BYE")) { $acc_extra(y) = "late"; xlog("$acc_extra(x)/$acc_extra(y)"); }', head),
    );
    // ACK and BYE take 10 ms each to arrive
    await call.whole(3_005 - 20);
    assert.deepEqual(call.lines, [
      `ACC: call ended: created=${EPOCH};call_start_time=${EPOCH + 1};duration=4;ms_duration=3005;setuptime=1;method=INVITE;` +
        "from_tag=ft1;to_tag=callee;call_id=c1@10.0.0.2;code=200;reason=OK;x=alice;y_out=late;who=bob;who=carol\n",
    ]);
    assert.equal(call.bench.printed.split("ACC:")[0], "alice <null> bob carol 1;alice/late");
    await call.bench.close();
  });

  test("a call that the script did not track is tracked for its record; one that ends by itself has it at once", async () => {
    const call = await start(script('$DLG_timeout = 5; do_accounting("log", "cdr");'));
    await call.invite();
    await call.answer(200);
    await call.request("ACK", 1);
    await call.bench.advance(7_000);
    assert.deepEqual(call.kinds, ["call ended INVITE 200"]);
    await call.bench.close();
  });

  test("drop_accounting takes it back; −1 where nothing was asked for", async () => {
    const call = await start(
      script('drop_accounting(); xlog("$rc;"); do_accounting("log", "failed"); drop_accounting("log", "failed"); xlog("$rc");'),
    );
    await call.invite();
    await call.answer(486);
    assert.deepEqual([call.bench.printed, call.kinds], ["-1;1", []]);
    await call.bench.close();
  });
});

describe("records at once", () => {
  test("acc_log_request writes a line now; acc_db_request says no with one warning", async () => {
    const call = await start(
      script('acc_log_request("403 Not Yours"); acc_db_request("x", "acc"); xlog("$rc "); acc_db_request("x", "acc"); xlog("$rc");'),
    );
    await call.invite();
    assert.deepEqual(call.kinds, ["request accounted INVITE 403"]);
    assert.equal(call.bench.printed.replace(/ACC:.*\n/, ""), "-1 -1");
    assert.equal(call.bench.complaints.filter((line) => line.includes("no database for records")).length, 1);
    await call.bench.close();
  });
});

describe("the account of another call", () => {
  test("acc_load_ctx_from_dlg: values of the current dialog's account, until it is unloaded", async () => {
    const head = 'modparam("acc", "extra_fields", "log:x")';
    const call = await start(
      script(
        'do_accounting("log", "cdr"); $acc_extra(x) = "1"; acc_load_ctx_from_dlg(); xlog("$rc;"); acc_unload_ctx_from_dlg(); xlog("$rc;");',
        'acc_unload_ctx_from_dlg(); xlog("$rc;");',
        head,
      ),
    );
    await call.invite();
    await call.answer(200);
    await call.request("INFO", 2);
    assert.equal(call.bench.printed, "1;1;-1;");
    await call.bench.close();
  });
});

describe("what is wrong with a script", () => {
  const one = (text: string, head = HEAD): string => checkScript(`${head}${text}`).join("\n");

  test("types, flags and names are read with the script", () => {
    assert.match(one('route { do_accounting("lgo"); }'), /error .*unknown accounting type <lgo>/);
    assert.match(one('route { do_accounting("log", "cdr|mised"); }'), /error .*unknown accounting flag <mised>/);
    assert.match(one('route { do_accounting("aaa"); }'), /error .*not supported/);
    assert.match(one('route { $acc_extra(x) = "1"; }'), /error .*unknown name <x> in \$acc_extra.*extra_fields/);
    assert.match(one('modparam("acc", "extra_fields", "x") route { exit; }'), /error .*backend is missing/);
    assert.match(one("route { exit; }", 'loadmodule "acc.so"'), /depends on module tm/);
    assert.equal(one('route { do_accounting("log", "cdr|missed|failed"); acc_db_request("a", "acc"); }').includes("error"), false);
  });

  test('do_accounting("db") needs a driver and a database', async () => {
    const url = 'modparam("acc", "db_url", "sqlite:///tmp/x.db")';
    const route = 'route { do_accounting("db"); }';
    assert.match(checkScript(`${HEAD} ${url} ${route}`).join(), /acc depends on an sqldb module due to modparam db_url/);
    assert.ok(!checkScript(`${HEAD} loadmodule "db_sqlite.so" ${url} ${route}`).join().includes("error"));
    assert.match(
      checkScript(`${HEAD} loadmodule "db_sqlite.so" modparam("acc", "db_table_acc", "a-b") ${url} ${route}`).join(),
      /no name of a table/,
    );
    await assert.rejects(testScript(`${HEAD} loadmodule "db_sqlite.so" ${route}`), /recordStore: no database is named/);
  });
});
