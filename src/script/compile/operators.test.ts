// Values, comparisons and arithmetic: script-language 5.2 to 5.6.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testScript } from "../../testing/script.ts";
import { TEXT_MAX } from "./assignments.ts";
import { plainFunction, registryWith } from "./fixtures.ts";

const SETUP = `
  $var(zero) = 0; $var(one) = 1; $var(five) = 5; $var(ten) = 10; $var(neg) = -7;
  $var(empty) = ""; $var(abc) = "abc"; $var(nine) = "9"; $var(text5) = "5"; $var(addr) = "10.1.2.3"; $var(v6) = "2001:db8::7";
  $var(dual) = $(var(mixed){s.int}); $var(pattern) = "^A.C$"; $var(bad) = "(";
`;

/** Two or more outputs for each row, one line each; rows run in one script. */
async function lines(
  rows: readonly string[],
  head = "",
): Promise<{ readonly printed: readonly string[]; readonly complaints: readonly string[] }> {
  const registry = registryWith([plainFunction("seven", () => 7), plainFunction("minus", () => -3)]);
  const bench = await testScript(`${head}startup_route { ${SETUP}\n${rows.join("\n")}\n}\nroute { exit; }\n`, { registry });
  await bench.close();
  return { printed: bench.printed.split("\n").slice(0, -1), complaints: bench.complaints };
}

async function conditions(table: readonly (readonly [condition: string, expected: "t" | "f"])[]): Promise<readonly string[]> {
  const { printed, complaints } = await lines(table.map(([one]) => `if (${one}) xlog("t\\n"); else xlog("f\\n");`));
  assert.equal(printed.length, table.length);
  for (const [i, [condition, expected]] of table.entries()) assert.equal(printed[i], expected, condition);
  return complaints;
}

async function values(table: readonly (readonly [expression: string, expected: string])[]): Promise<readonly string[]> {
  const { printed, complaints } = await lines(table.map(([one]) => `$var(r) = "kept"; $var(r) = ${one}; xlog("$var(r)\\n");`));
  assert.equal(printed.length, table.length);
  for (const [i, [expression, expected]] of table.entries()) assert.equal(printed[i], expected, expression);
  return complaints;
}

test("arithmetic has one level and goes from left to right; bit operators come after it (5.2)", async () => {
  const complaints = await values([
    ["1 + 2 * 3", "9"],
    ["5 - 7 * 2", "-4"],
    ["100 / 7 % 4", "2"],
    ["-3 + 5", "2"],
    ["1 << 2 + 1", "8"],
    ["7 & 3 | 8", "11"],
    ["~5 & 0xff", "250"],
    ["7 / 2", "3"],
    ["-7 % 3", "-1"],
    ["(1 + 2) * 3", "9"],
    ["2 * (3 + 4)", "14"],
    ["~1", "-2"],
    ["-1 >> 1", "-1"],
    ["6 ^ 3", "5"],
  ]);
  assert.deepEqual(complaints, []);
});

test("integers have 32 bits and wrap (gotcha 29)", async () => {
  await values([
    ["2147483647 + 1", "-2147483648"],
    ["4294967295", "-1"],
    ["65536 * 65536", "0"],
    ["65537 * 65537", "131073"],
    ["-2147483648 / -1", "-2147483648"],
    ["-2147483648 % -1", "0"],
    ["1 << 31", "-2147483648"],
  ]);
});

test("texts are appended; NULL is nothing then (5.6)", async () => {
  const complaints = await values([
    [`"x" + $var(nul)`, "x"],
    [`"5" + "6"`, "56"],
    [`$var(abc) + "b" + $var(neg)`, "abcb-7"],
    [`$var(nul) + "s"`, "s"],
    [`"p:" + $var(ten)`, "p:10"],
    [`$rm + "x"`, "DUMMYx"],
  ]);
  assert.deepEqual(complaints, []);
});

test("NULL plus a number of a variable is its text, so that a comparison with a number is an error (5.6)", async () => {
  const complaints = await values([["$var(nul) + $var(one)", "1"]]);
  assert.deepEqual(complaints, []);
  const after = await conditions([["[$var(nul) + $var(one)]", "t"]]);
  assert.deepEqual(after, []);
  const { printed, complaints: said } = await lines([
    `$var(r) = $var(nul) + $var(one); if ($var(r) == 1) xlog("t\\n"); else xlog("f\\n");`,
  ]);
  assert.deepEqual(printed, ["f"]);
  assert.equal(said.length, 2);
});

test("an integer with NULL takes it for 0 (5.6)", async () => {
  const complaints = await values([
    ["5 - $var(nul)", "5"],
    ["5 * $var(nul)", "0"],
    ["$var(five) + $var(nul)", "5"],
  ]);
  assert.deepEqual(complaints, []);
});

test("what cannot be computed says why and leaves the target as it was (5.6, gotcha 6)", async () => {
  const table = [
    [`$var(nul) + 1`, "invalid string operands"],
    [`"x" + 5`, "invalid string operands"],
    [`"x" + (1 + 2)`, "invalid string operands"],
    [`5 + "x"`, "invalid numeric operands"],
    [`$var(five) + "6"`, "invalid numeric operands"],
    [`2 * "5"`, "invalid numeric operands"],
    [`$var(abc) - 1`, "Invalid operator"],
    [`$var(nul) * 2`, "Invalid operator"],
    [`$var(abc) / 2`, "Invalid operator"],
    [`$var(nul) % 2`, "Invalid operator"],
    [`$var(abc) & "ab"`, "invalid string operands"],
  ] as const;
  const complaints = await values(table.map(([expression]) => [expression, "kept"] as const));
  assert.deepEqual(
    complaints.filter((line) => !line.startsWith("no value in right expression at test.cfg:")),
    table.map(([, why]) => why),
  );
  assert.equal(complaints.length, 2 * table.length);
});

test("texts of one length are combined byte by byte (5.6)", async () => {
  await values([
    [`"ab" & "aa"`, "a`"],
    [`"AB" | "  "`, "ab"],
    [`"aa" ^ "  "`, "AA"],
  ]);
});

test("a function's result and comparisons are values (5.6)", async () => {
  const complaints = await values([
    ["seven()", "7"],
    ["minus()", "-3"],
    ["seven() + 1", "8"],
    ["$var(five) == 5", "1"],
    ["($var(five) == 6)", "0"],
    ["$var(abc) == 5", "kept"],
  ]);
  assert.deepEqual(complaints, [
    "invalid EQUAL operation: left is EXPRESSION/STRING_VAL, right is NUMBER/NO_VAL",
    "no value in right expression at test.cfg:11",
  ]);
});

test("compound assignment wants two integers, or two texts for += (5.6)", async () => {
  const { printed, complaints } = await lines([
    `$var(a) = 7; $var(a) += 3; $var(a) -= 1; $var(a) *= 4; $var(a) /= 5; xlog("$var(a)\\n");`,
    `$var(s) = "a"; $var(s) += "b"; xlog("$var(s)\\n");`,
    `$var(s) -= "b"; $var(s) += 5; $var(a) += "6"; $var(nul) += 1; $var(a) += $var(nul); xlog("$var(s) $var(a) $var(nul) $rc\\n");`,
    `$avp(i) = 3; $avp(i) += 4; xlog("$(avp(i)[*])\\n"); $avp(i) := 9; xlog("$(avp(i)[*])\\n");`,
  ]);
  assert.deepEqual(printed, ["7", "ab", "ab 7 <null> -1", "7, 3", "9"]);
  assert.deepEqual(
    complaints.filter((line) => !line.startsWith("no value")),
    [
      "unsupported operand type(s) for -=: STRING_VAL and STRING_VAL",
      "unsupported operand type(s) for +=: STRING_VAL and INTEGER_VAL",
      "unsupported operand type(s) for +=: INTEGER_VAL and STRING_VAL",
      "NULL value(s) in complex assignment expressions (+=, -=, etc.)",
      "NULL value(s) in complex assignment expressions (+=, -=, etc.)",
    ],
  );
});

test("a text that doubles without end stops growing, and the script goes on", async () => {
  for (const double of ["$var(s) = $var(s) + $var(s)", "$var(s) += $var(s)", "$avp(l) = $var(s); $var(s) = $avp(l) + $(avp(l)[*])"]) {
    const { printed, complaints } = await lines([
      `$var(s) = "ab"; while ($var(i) < 40 || $var(i) == NULL) { ${double}; $var(was) = $rc; $var(i) = 1 + $var(i); }`,
      'xlog("$var(was) $(var(s){s.len})\\n");',
    ]);
    assert.match(printed[0] ?? "", /^-1 \d+$/, double);
    assert.ok(Number(printed[0]?.slice(3)) <= TEXT_MAX, double);
    assert.ok(complaints.includes(`a text longer than ${TEXT_MAX} bytes cannot be kept`), double);
  }
});

test("comparisons with NULL (5.4)", async () => {
  const complaints = await conditions([
    ["$var(nul) == NULL", "t"],
    ["$var(nul) != NULL", "f"],
    ["$var(empty) == NULL", "f"],
    ["$var(zero) != null", "t"],
    [`$var(nul) != "x"`, "t"],
    [`$var(nul) == "x"`, "f"],
    [`$var(nul) < "x"`, "f"],
    [`$var(nul) =~ "x"`, "f"],
    [`$var(nul) !~ "x"`, "f"],
    ["$var(nul) == 0", "f"],
    ["$var(nul) != 0", "t"],
    ["$var(nul) <= 0", "f"],
    ["$var(nul) == $var(nul2)", "t"],
    ["$var(nul) != $var(nul2)", "f"],
    ["$var(nul) == $var(one)", "f"],
    ["$var(one) != $var(nul)", "t"],
    ["$var(one) > $var(nul)", "f"],
  ]);
  assert.deepEqual(complaints, []);
});

test("texts compare without case, by bytes, then by length; integers by value (5.4)", async () => {
  const complaints = await conditions([
    [`$var(abc) == "ABC"`, "t"],
    [`$var(abc) != "aBc"`, "f"],
    [`$var(abc) < "ABD"`, "t"],
    [`$var(abc) < "AB"`, "f"],
    [`$var(abc) > "AB"`, "t"],
    [`$var(abc) >= "ABC"`, "t"],
    [`$var(five) == "5"`, "t"],
    [`$var(ten) < "9"`, "t"],
    ["$var(ten) > 9", "t"],
    ["$var(five) <= 5", "t"],
    ["$var(five) >= 6", "f"],
    ["$var(ten) > $var(nine)", "f"],
    ["$var(ten) > $var(five)", "t"],
    ["$var(abc) == $var(abc)", "t"],
    ["$var(one) == yes", "t"],
    ["$var(zero) == off", "t"],
  ]);
  assert.deepEqual(complaints, []);
});

test("patterns are extended, without case and not anchored (5.4)", async () => {
  const complaints = await conditions([
    [`$var(abc) =~ "B"`, "t"],
    [`$var(abc) =~ "^a.c$"`, "t"],
    [`$var(abc) !~ "^b"`, "t"],
    ["$var(abc) =~ $var(pattern)", "t"],
    ["$var(abc) !~ $var(pattern)", "f"],
    [`$var(ten) =~ "^[[:digit:]]{2}$"`, "t"],
    ["$var(nul) =~ $var(pattern)", "f"],
  ]);
  assert.deepEqual(complaints, []);
});

test("a pattern in a variable that is none is an error (5.4)", async () => {
  const complaints = await conditions([["$var(abc) =~ $var(bad)", "f"]]);
  assert.deepEqual(complaints, ['bad re "(": Unmatched ( or \\(', "error in expression at test.cfg:6"]);
});

test("addresses and networks (5.4)", async () => {
  const complaints = await conditions([
    ["$var(addr) == 10.1.2.3", "t"],
    ["$var(addr) == 10.0.0.0/8", "t"],
    ["$var(addr) != 10.0.0.0/8", "f"],
    ["$var(addr) == 11.0.0.0/8", "f"],
    ["$var(addr) == 10.1.0.0/255.255.0.0", "t"],
    ["$var(v6) == [2001:db8::7]", "t"],
    ["$var(v6) == [2001:db8::8]", "f"],
    ["$var(abc) == 10.0.0.0/8", "f"],
    ["$var(abc) != 10.0.0.0/8", "t"],
    ["$var(nul) == 10.0.0.0/8", "f"],
  ]);
  assert.deepEqual(complaints, []);
});

test("truth of variables, numbers, calls and assignments (5.5)", async () => {
  const complaints = await conditions([
    ["$var(nul)", "f"],
    ["$var(empty)", "f"],
    ["$var(zero)", "f"],
    ["$var(text5)", "t"],
    ["!$var(nul)", "t"],
    ["not $var(five)", "f"],
    ["1", "t"],
    ["0", "f"],
    ["seven()", "t"],
    ["minus()", "f"],
    ["!minus()", "t"],
    ["$var(t) = 0", "t"],
    ["$var(t) = $var(nul)", "t"],
    ["[$var(five) & 4]", "t"],
    ["[$var(five) & 2]", "f"],
    ["[$var(five) - 5]", "f"],
  ]);
  assert.deepEqual(complaints, []);
});

test("&& and || have one level and stop early (5.2, 5.5, gotcha 3)", async () => {
  const complaints = await conditions([
    ["1 || 0 && 0", "f"],
    ["0 && 1 || 1", "t"],
    ["0 && $var(abc) == 5", "f"],
    ["1 || $var(abc) == 5", "t"],
    ["(1 || 0) && (0 || 1)", "t"],
    ["!(0 || 0) && !0", "t"],
  ]);
  assert.deepEqual(complaints, []);
});

test("a condition with an error takes else, and ends a while (5.5, gotchas 5 and 27)", async () => {
  const { printed, complaints } = await lines([
    `while ($var(abc) == 5) { xlog("body\\n"); }`,
    `while ($var(nul)) { xlog("body\\n"); }`,
    `if ($var(abc) == 5) { xlog("then\\n"); }`,
    `xlog("end\\n");`,
  ]);
  assert.deepEqual(printed, ["end"]);
  assert.deepEqual(
    complaints.filter((line) => line.startsWith("error in expression")),
    ["error in expression at test.cfg:6", "error in expression at test.cfg:8"],
  );
});
