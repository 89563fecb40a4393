import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkScript, runStatements, testScript } from "../../../testing/script.ts";
import { civilTime, daysOf, msOf, sipDate } from "../../calendar.ts";
import { invite, LOAD } from "../fixtures.ts";
import { lockIndex } from "./locks.ts";
import { isWithin, parseRecurrence } from "./recurrence.ts";

const run = (statements: string, more = ""): Promise<string> => runStatements(statements, { head: `${LOAD}\n${more}` });

describe("waiting", () => {
  test("sleep suspends only its own run", async () => {
    const bench = await testScript(`${LOAD}\nroute { if ($rm == "INVITE") { xlog("a"); sleep(2); xlog("c"); } else xlog("b"); exit; }`, {
      request: invite(),
    });
    await bench.advance(20);
    bench.receive(invite().replaceAll("INVITE", "OPTIONS").replace("bK1", "bK2").replace("c1@", "c2@"));
    await bench.advance(1000);
    assert.equal(bench.printed, "ab");
    await bench.advance(1100);
    assert.equal(bench.printed, "abc");
    await bench.close();
  });
  test("usleep counts microseconds; nothing to wait for is 1 at once", async () => {
    assert.equal(
      await run('usleep(1500000); xlog("$rc $Ts "); usleep(0); sleep(-1); xlog("$rc");').then((text) => text.split(" ").length),
      3,
    );
  });
  test("async sleep goes on in the resume route", async () => {
    const bench = await testScript(
      `${LOAD}\nroute { xlog("a"); async(sleep(1), later); xlog("never"); }\nroute[later] { xlog("b$rc"); exit; }`,
      {
        request: invite(),
      },
    );
    await bench.advance(500);
    assert.equal(bench.printed, "a");
    await bench.advance(1000);
    assert.equal(bench.printed, "ab1");
    await bench.close();
  });
  test("a route that cannot wait does not", async () => {
    const bench = await testScript(
      `${LOAD}\nbranch_route[b] { sleep(1); xlog("b$rc"); }\nroute { t_on_branch("b"); $du = "sip:10.0.0.3"; t_relay(); xlog("r"); }`,
      { request: invite() },
    );
    await bench.advance(20);
    assert.equal(bench.printed, "b-1r");
    assert.match(bench.complaints.join(), /a branch route cannot wait/);
    await bench.close();
  });
});

describe("shared and seeded variables", () => {
  test("shvset and varset", async () => {
    const more = ["shvset", "varset"].flatMap((name) => [
      `modparam("cfgutils", "${name}", "gw=s:sip:1.2.3.4")`,
      `modparam("cfgutils", "${name}", "n=i:-5")`,
    ]);
    const script = `${LOAD}\n${more.join("\n")}\nroute { $shv(n) = $shv(n) + 1; $var(n) = $var(n) + 1; xlog("$shv(gw) $shv(n) $var(gw) $var(n)|"); exit; }`;
    const bench = await testScript(script);
    for (const branch of ["1", "2"]) {
      bench.receive(invite().replace("bK1", `bK${branch}`));
      await bench.advance(20);
    }
    assert.equal(bench.printed, "sip:1.2.3.4 -4 sip:1.2.3.4 -4|sip:1.2.3.4 -3 sip:1.2.3.4 -4|");
    await bench.close();
  });
  test("wrong settings are errors", () => {
    const problems = (line: string): string => checkScript(`${LOAD}\nmodparam("cfgutils", ${line})\nroute { exit; }`).join();
    assert.match(problems('"shvset", "x"'), /name=s:text or name=i:5/);
    assert.match(problems('"varset", "x=i:y"'), /<y> is no integer/);
    assert.match(problems('"lock_pool_size", 33'), /power of 2/);
    assert.match(problems('"initial_probability", 101'), /0 to 100/);
  });
});

describe("chance", () => {
  test("0 never, 100 always; the probability can be set and put back", async () => {
    const more = 'modparam("cfgutils", "initial_probability", 100)';
    assert.equal(
      await run(
        `rand_event(); xlog("$rc "); rand_event(0); xlog("$rc "); rand_set_prob(0); rand_event(); xlog("$rc "); rand_reset_prob(); rand_event(); xlog("$rc ");
         rand_set_prob(101); xlog("$rc "); rand_get_prob(); xlog("$rc");`,
        more,
      ),
      "1 -1 -1 1 -1 100",
    );
  });
  test("in between it happens as often as it should", async () => {
    const printed = await run(
      '$var(i) = 0; $var(n) = 0; while ($var(i) < 1000) { if (rand_event(30)) $var(n) = $var(n) + 1; $var(i) = $var(i) + 1; } xlog("$var(n)");',
    );
    assert.ok(Number(printed) > 240 && Number(printed) < 360, printed);
  });
});

describe("locks", () => {
  const script = (get: string, release: string): string =>
    `${LOAD}\nroute { xlog("$cs<"); ${get}; xlog("$rc$cs"); sleep(1); xlog(">"); ${release}; exit; }`;
  for (const [get, release] of [
    ['get_static_lock("z")', 'release_static_lock("z")'],
    ['get_dynamic_lock("$rU")', 'release_dynamic_lock("$rU")'],
  ] as const) {
    test(`${get} lets one run after the other in`, async () => {
      const bench = await testScript(script(get, release));
      for (const cseq of [1, 2, 3]) {
        bench.receive(invite().replace("CSeq: 7", `CSeq: ${cseq}`).replace("bK1", `bK${cseq}`).replace("c1@", `c${cseq}@`));
        await bench.advance(100);
      }
      assert.equal(bench.printed, "1<112<3<");
      await bench.advance(1000);
      assert.equal(bench.printed, "1<112<3<>12");
      await bench.advance(2000);
      assert.equal(bench.printed, "1<112<3<>12>13>");
      await bench.close();
    });
  }
  test("who has it already does not wait for itself; what nobody has can be given back", async () => {
    assert.equal(
      await run(
        'get_static_lock("a"); get_static_lock("a"); xlog("$rc "); release_static_lock("a"); release_static_lock("a"); xlog("$rc");',
      ),
      "-1 1",
    );
  });
  test("who waits in vain goes on after 10 seconds", async () => {
    const bench = await testScript(`${LOAD}\nroute { get_static_lock("a"); xlog("$rc "); exit; }`);
    for (const cseq of [1, 2]) {
      bench.receive(invite().replace("bK1", `bK${cseq}`).replace("c1@", `c${cseq}@`));
      await bench.advance(20);
    }
    assert.equal(bench.printed, "1 ");
    await bench.advance(10_000);
    assert.equal(bench.printed, "1 -1 ");
    assert.match(bench.complaints.join(), /not given back for 10 seconds/);
    await bench.close();
  });
  test("strings share a lock of the pool when their hashes do", async () => {
    const other = Array.from({ length: 100 }, (_, i) => `s${i}`).find((text) => lockIndex(text, 32) === lockIndex("a", 32));
    assert.equal(await run(`strings_share_lock("a", "${other}"); xlog("$rc "); strings_share_lock("a", "b"); xlog("$rc");`), "1 -1");
  });
});

describe("values", () => {
  test("shuffle_avps keeps them all", async () => {
    const printed = await run(
      '$var(i) = 0; while ($var(i) < 20) { $avp(l) = $var(i); $var(i) = $var(i) + 1; } shuffle_avps($avp(l)); xlog("$rc|$(avp(l)[*])");',
    );
    const [code, list = ""] = printed.split("|");
    assert.equal(code, "1");
    const numbers = list.split(", ").map(Number);
    assert.notDeepEqual(
      numbers,
      [...numbers].sort((a, b) => b - a),
    );
    assert.deepEqual(
      numbers.sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, i) => i),
    );
  });
  test("set_count counts, set_select_weight picks by weight", async () => {
    assert.equal(
      await run(
        '$avp(l) = 1; $avp(l) = 2; set_count($avp(l), $var(n)); xlog("$rc $var(n) "); set_count($avp(none), $var(n)); xlog("$var(n)");',
      ),
      "1 2 0",
    );
    assert.equal(await run('$avp(w) = 0; $avp(w) = 7; $avp(w) = 0; $var(i) = set_select_weight($avp(w)); xlog("$var(i)");'), "1");
  });
  test("differences of times in microseconds", async () => {
    assert.equal(
      await run(
        'ts_usec_delta(10, 300, 8, 500, $var(s), $var(n)); xlog("$rc $var(s) $var(n) "); ts_usec_delta(1, 0, 9000, 0, $var(s)); xlog("$var(s)");',
      ),
      "1 1999800 1999800 8999000000",
    );
  });
  test("get_accurate_time gives seconds and microseconds", async () => {
    assert.match(await run('get_accurate_time($var(s), $var(u), $var(t)); xlog("$rc $var(s) $var(u) $var(t)");'), /^1 \d+ \d+ \d+\.\d{6}$/);
  });
  test("what has no meaning here is said so", () => {
    assert.match(checkScript(`${LOAD}\nroute { abort(); }`).join(), /function abort exists in OpenSIPS but is not supported by Dialoom/);
  });
});

describe("recurring times", () => {
  const at = (text: string): number => {
    const [date = "", time = "0:0:0"] = text.split(" ");
    const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
    const [hour = 0, minute = 0, second = 0] = time.split(":").map(Number);
    return msOf(year, month, day, hour, minute, second);
  };
  const cases: readonly (readonly [rule: string, inside: readonly string[], outside: readonly string[]])[] = [
    ["", ["2026-11-24 01:02:03"], []],
    [
      "20120101T000000|20121231T235959",
      ["2012-01-01", "2012-06-01 12:00:00", "2012-12-31 23:59:59"],
      ["2011-12-31 23:59:59", "2013-01-01"],
    ],
    ["20121101T000000||p30d", ["2012-11-01", "2012-11-30 23:00:00"], ["2012-12-02", "2012-10-31"]],
    ["20200101", ["2020-01-01", "2040-01-01"], ["2019-12-31"]],
    // working hours
    [
      "20240101T080000|20240101T180000||weekly|||MO,TU,WE,TH,FR",
      ["2026-11-23 08:00:00", "2026-11-24 12:00:00", "2026-11-27 18:00:00"],
      ["2026-11-24 07:59:59", "2026-11-24 18:00:01", "2026-11-28 12:00:00", "2023-12-29 12:00:00"],
    ],
    // over midnight
    [
      "20240101T220000||PT8H|daily",
      ["2024-01-01 22:00:00", "2024-03-05 23:00:00", "2024-03-06 05:59:00"],
      ["2024-03-06 06:00:01", "2024-01-01 05:00:00"],
    ],
    ["20240101T000000||P1D|daily||3", ["2024-01-01 12:00:00", "2024-01-04 12:00:00"], ["2024-01-03 12:00:00"]],
    ["20240102T000000||PT23H|weekly||2", ["2024-01-02 12:00:00", "2024-01-16 12:00:00"], ["2024-01-09 12:00:00", "2024-01-17 12:00:00"]],
    ["20240115T000000||PT23H|monthly", ["2024-02-15 12:00:00"], ["2024-02-14 12:00:00"]],
    ["20240101T000000|||monthly||||-1", ["2024-02-29 12:00:00", "2024-04-30 12:00:00"], ["2024-04-29 12:00:00"]],
    ["20240101T000000|||monthly|||+2TU", ["2024-10-08 12:00:00"], ["2024-10-01 12:00:00", "2024-10-15 12:00:00"]],
    ["20240101T000000|||monthly|||-1SU", ["2024-03-31 12:00:00"], ["2024-03-24 12:00:00"]],
    ["20241225T000000|||yearly", ["2026-12-25 12:00:00"], ["2026-12-26 12:00:00", "2023-12-25 12:00:00"]],
    ["20240101T000000|||yearly|||||-1", ["2024-12-31 12:00:00", "2025-12-31 12:00:00"], ["2025-12-30 12:00:00"]],
    ["20240101T000000|||yearly||||||1", ["2025-01-01 12:00:00", "2024-12-31 12:00:00"], ["2025-01-06 12:00:00"]],
    ["20240101T000000|||yearly||||24|||12", ["2026-12-24 12:00:00"], ["2026-11-24 12:00:00"]],
    ["20240101T000000||PT1H|daily|20240103T235959", ["2024-01-03 00:30:00"], ["2024-01-04 00:30:00"]],
  ];
  for (const [rule, inside, outside] of cases) {
    test(rule === "" ? "nothing is always" : rule, () => {
      const recurrence = parseRecurrence(rule);
      assert.ok(typeof recurrence !== "string", String(recurrence));
      for (const moment of inside) assert.ok(isWithin(recurrence, at(moment)), moment);
      for (const moment of outside) assert.ok(!isWithin(recurrence, at(moment)), moment);
    });
  }
  test("what does not read is told", () => {
    for (const bad of [
      "x",
      "20241301",
      "20240101T250000",
      "20240101|2024|",
      "20240101||30d",
      "20240101||p|",
      "20240101|||hourly",
      "20240101|||weekly|||XX",
      "|||daily",
      "20240101|||monthly||||32",
      "1|2|3|4|5|6|7|8|9|10|11|12",
      "20240102|20240101",
    ])
      assert.equal(typeof parseRecurrence(bad), "string", bad);
  });
  test("the function takes a text and perhaps a moment; a bad text is −1 and a warning", async () => {
    assert.equal(
      await run(
        'check_time_rec("20200101T000000|20200102T000000", 1577880000); xlog("$rc "); check_time_rec("20200101T000000|20200102T000000"); xlog("$rc "); $var(t) = "never"; check_time_rec($var(t)); xlog("$rc");',
      ),
      "1 -1 -1",
    );
    assert.match(
      checkScript(`${LOAD}\nroute { check_time_rec("never"); }`).join(),
      /warning 13:\d+ bad time recurrence <never>: dtstart <NEVER> does not read/,
    );
  });
});

test("the calendar agrees with itself over 800 years of days", () => {
  for (let day = daysOf(1600, 1, 1); day < daysOf(2400, 1, 1); day += 1) {
    const date = civilTime(day * 86_400_000);
    if (daysOf(date.year, date.month, date.day) !== day) assert.fail(`${date.year}-${date.month}-${date.day}`);
  }
  assert.equal(sipDate(msOf(2010, 11, 13, 23, 29, 0)), "Sat, 13 Nov 2010 23:29:00 GMT");
  assert.equal(sipDate(-1000), "Wed, 31 Dec 1969 23:59:59 GMT");
});
