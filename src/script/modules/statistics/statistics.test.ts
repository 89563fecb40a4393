import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkScript, runStatements, testScript } from "../../../testing/script.ts";
import { LOAD } from "../fixtures.ts";
import { parseProfile, Series } from "./series.ts";

const run = (statements: string, more = ""): Promise<string> => runStatements(statements, { head: `${LOAD}\n${more}` });

describe("statistics of a script", () => {
  test("count up and down, by groups, from the first time they are named", async () => {
    const more =
      'modparam("statistics", "variable", "calls")\nmodparam("statistics", "variable", "kept/no_reset")\nmodparam("statistics", "stat_groups", "method, packet")';
    assert.equal(
      await run(
        `xlog("$stat(calls) $stat(dynamic:kept) $stat(method:INVITE)|");
         update_stat("calls", 3); update_stat("calls", -1); update_stat("kept", 2); $var(m) = "INVITE"; update_stat("method:$var(m)", 1); update_stat("new", 5);
         xlog("$stat(calls) $stat(kept) $stat(method:INVITE) $stat(new)|");
         reset_stat("calls"); xlog("$rc "); reset_stat("kept"); xlog("$rc "); reset_stat("none"); xlog("$rc ");
         xlog("$stat(calls) $stat(kept)");`,
        more,
      ),
      "0 0 <null>|2 2 1 5|1 1 -1 0 2",
    );
  });
  test("an unknown group, and what is computed, cannot be counted", async () => {
    assert.equal(await run('update_stat("nogroup:x", 1); xlog("$rc "); update_stat("dialog:active_dialogs", 1); xlog("$rc");'), "-1 -1");
    assert.match(
      checkScript(`${LOAD}\nmodparam("statistics", "variable", "nogroup:x")\nroute { exit; }`).join(),
      /unknown statistics group <nogroup>/,
    );
  });
  test("are gone through by group", async () => {
    const more = 'modparam("statistics", "stat_groups", "packet")';
    assert.equal(
      await run(
        `update_stat("packet:a", 1); update_stat("packet:b", 2);
         stat_iter_init("packet", "it"); while (stat_iter_next($var(n), $var(v), "it")) { xlog("$var(n)=$var(v) "); }
         stat_iter_next($var(n), $var(v), "it"); xlog("$rc "); stat_iter_next($var(n), $var(v), "other"); xlog("$rc "); stat_iter_init("nogroup", "it"); xlog("$rc");`,
        more,
      ),
      "a=1 b=2 -1 -1 -1",
    );
  });
});

describe("series", () => {
  const profile = (text: string): Exclude<ReturnType<typeof parseProfile>, string> => {
    const parsed = parseProfile(text);
    assert.ok(typeof parsed !== "string", String(parsed));
    return parsed;
  };
  test("forget what has left their window, slot by slot", () => {
    const series = new Series(profile("sum: window=60 slots=6"), 0);
    series.add(5, 0);
    series.add(2, 25_000);
    assert.equal(series.read(25_000), 7);
    assert.equal(series.read(59_999), 7);
    assert.equal(series.read(60_000), 2);
    assert.equal(series.read(79_999), 2);
    assert.equal(series.read(80_000), 0);
    series.add(1, 1_000_000);
    assert.equal(series.read(1_000_001), 1);
    assert.equal(series.read(10_000_000), 0);
  });
  test("give averages and percentages", () => {
    const average = new Series(profile("avg: algorithm=average"), 0);
    for (const value of [10, 20, 31]) average.add(value, 0);
    assert.equal(average.read(0), 20);
    assert.equal(average.read(61_000), 0);
    const ratio = new Series(profile("asr: algorithm=percentage window=3600 slots=6 percentage_factor=1000"), 0);
    for (const value of [1, 1, -1]) ratio.add(value, 0);
    assert.equal(ratio.read(0), 666);
    ratio.reset();
    assert.equal(ratio.read(0), 0);
  });
  test("profiles that do not read are refused", () => {
    for (const bad of [
      "",
      ": window=1",
      "a: window",
      "a: window=0",
      "a: algorithm=sum",
      "a: window=10 slots=11",
      "a: nonsense=1",
      "a: percentage_factor=0",
    ])
      assert.equal(typeof parseProfile(bad), "string", bad);
  });
  test("are read as statistics", async () => {
    const bench = await testScript(`${LOAD}
modparam("statistics", "stat_series_profile", "asr: algorithm=percentage window=60")
startup_route { update_stat_series("asr", "ASR", 1); update_stat_series("asr", "ASR", -1); xlog("$rc $stat(asr:ASR) "); $var(p) = "none"; update_stat_series($var(p), "x", 1); xlog("$rc "); }
timer_route[t, 61] { xlog("$stat(asr:ASR)"); }
route { exit; }`);
    await bench.advance(62_000);
    assert.equal(bench.printed, "1 50 -1 0");
    await bench.close();
    assert.match(checkScript(`${LOAD}\nroute { update_stat_series("none", "x", 1); }`).join(), /unknown statistics profile <none>/);
  });
});
