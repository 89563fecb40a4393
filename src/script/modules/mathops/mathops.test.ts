import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runStatements } from "../../../testing/script.ts";
import { evaluate, evaluateRpn } from "./expression.ts";
import { fixed, readNumber, roundAway, roundTo, significant } from "./numbers.ts";

describe("expressions", () => {
  const cases: readonly (readonly [text: string, value: number | undefined])[] = [
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["2 ^ 3 ^ 2", 64],
    ["-2 ^ 2", 4],
    ["7 % 4 - -1", 4],
    ["10/4", 2.5],
    [".5 + 1.", 1.5],
    ["1e3", 1000],
    ["sqrt(16) + abs(-3)", 7],
    ["sqrt 16", 4],
    ["log(1000)", 3],
    ["ln(e)", 1],
    ["floor(2.9) * ceil(2.1)", 6],
    ["2 * PI", 2 * Math.PI],
    ["", undefined],
    ["1 +", undefined],
    ["(1", undefined],
    ["1)", undefined],
    ["1 2", undefined],
    ["hello", undefined],
    ["toString(1)", undefined],
    ["1/0", undefined],
    ["x ^ 0", undefined],
    [`${"(".repeat(100_000)}1`, undefined],
    [`${"-".repeat(100_000)}1`, 1],
    [`${"abs ".repeat(100_000)}1`, undefined],
  ];
  for (const [text, value] of cases) {
    test(`${text.slice(0, 20)} is ${value}`, () => assert.equal(evaluate(text), value));
  }
  test("the documented example computes", () => {
    const value = evaluate("3.141592 * (123.45678 - (3.141592 - 2.71828)) / 123.45678");
    assert.ok(value !== undefined && Math.abs(value - 3.1308198) < 1e-6, String(value));
  });
});

describe("reverse Polish notation", () => {
  const cases: readonly (readonly [text: string, value: number | undefined])[] = [
    ["1 3 swap swap dup drop / exp ln 1 swap /", 3],
    ["2 10 pow", 1024],
    ["7 4 mod neg", -3],
    ["27 cbrt", 3],
    ["2.5 nearbyint 3.5 nearbyint +", 6],
    ["-2.5 round", -3],
    ["pi e -", Math.PI - Math.E],
    ["1 +", undefined],
    ["", undefined],
    ["1 what", undefined],
    ["drop", undefined],
    ["1 2 constructor", undefined],
    [Array(2000).fill("1").join(" "), undefined],
  ];
  for (const [text, value] of cases) {
    test(`${text.slice(0, 40)} is ${value}`, () => {
      const result = evaluateRpn(text);
      if (value === undefined || result === undefined) assert.equal(result, value);
      else assert.ok(Math.abs(result - value) < 1e-9, String(result));
    });
  }
});

describe("numbers", () => {
  test("are decimal and finite", () => {
    for (const [text, value] of [
      [" 3.5 ", 3.5],
      ["-.5", -0.5],
      ["+1e2", 100],
      ["1e", undefined],
      ["0x10", undefined],
      ["Infinity", undefined],
      ["1e999", undefined],
      ["", undefined],
      [".", undefined],
      ["1,5", undefined],
    ] as const)
      assert.equal(readNumber(text), value, text);
  });
  test("are written without exponent", () => {
    assert.equal(fixed(1 / 3, 6), "0.333333");
    assert.equal(fixed(1e21, 2), "1000000000000000000000.00");
    assert.equal(fixed(-2, 0), "-2");
  });
  test("are rounded away from zero", () => {
    assert.deepEqual([1.2, 0.5, -0.5, -1.5].map(roundAway), [1, 1, -1, -2]);
    assert.equal(roundTo(2.675, 2), 2.68);
    assert.equal(fixed(roundTo(3.141492, 4), 4), "3.1415");
  });
  test("show their significant figures", () => {
    const shown = [1, 2, 3, 4, 5, 6, 7].map((figures) => significant(17892.987, figures));
    assert.deepEqual(shown, ["20000", "18000", "17900", "17890", "17893", "17893.0", "17892.99"]);
    assert.equal(significant(3.141492, 4), "3.141");
    assert.equal(significant(0, 3), "0.00");
    assert.equal(significant(-0.00123, 2), "-0.0012");
  });
});

test("the functions write texts with the decimals of the module, or integers", async () => {
  const printed = await runStatements(
    `math_eval("10/4", $var(x)); xlog("$rc $var(x) "); math_rpn("1 3 /", $var(x)); xlog("$var(x) "); math_trunc("-2.9", $var(x)); if ($var(x) == -2) xlog("int ");
     math_floor("-2.9", $var(x)); xlog("$var(x) "); math_ceil("2.1", $var(x)); xlog("$var(x) "); math_round("0.5", $var(x)); xlog("$var(x) "); math_round("3.141492", $var(x), 4); xlog("$var(x) ");
     math_round_sf("17892.987", $var(x), 3); xlog("$var(x) "); math_compare("1+1", "3", $var(x)); xlog("$rc $var(x) "); math_eval("what", $var(x)); xlog("$rc $var(x) "); math_floor("x", $var(x)); xlog("$rc");`,
    { head: 'loadmodule "mathops.so"\nmodparam("mathops", "decimal_digits", 3)' },
  );
  assert.equal(printed, "1 2.500 0.333 int -3 3 1 3.1415 17900 1 -1 -1 -1 -1");
});
