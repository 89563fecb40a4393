// POSIX extended expressions: what matches, what does not, and what is no expression. The rows are the answers of the GNU library.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PATTERN_MAX, posixRegex, SUBJECT_MAX, searches } from "./regex.ts";

function found(pattern: string, text: string, isMultiline = false): string | null {
  const regex = posixRegex(pattern, { isMultiline });
  assert.ok(typeof regex !== "string", `${pattern}: ${String(regex)}`);
  return regex.exec(text)?.[0] ?? null;
}

test("what an extended expression finds", () => {
  const rows: readonly (readonly [pattern: string, text: string, found: string | null])[] = [
    ["b", "abc", "b"],
    ["^A.C$", "abc", "abc"],
    ["a{,2}", "aaa", "aa"],
    ["a{2}", "aaa", "aa"],
    ["a{1,}", "caaat", "aaa"],
    ["\\d", "d5", "d"],
    ["a)", "a)", "a)"],
    ["()b", "ab", "b"],
    ["a||b", "b", ""],
    ["a+?b", "aab", "aab"],
    ["a**", "aa", "aa"],
    ["(ab){2}+c", "ababc", "ababc"],
    ["(^a|b)", "xab", "b"],
    ["[\\]", "a\\b", "\\"],
    ["[\\.]", "a\\.", "\\"],
    ["a\\.b", "axb", null],
    ["(|a)", "a", ""],
    ["(a)\\1", "xaa", "aa"],
    ["(a)\\11", "aa1", "aa1"],
    ["a\\sb", "a b", "a b"],
    ["\\w+", "-ab_1-", "ab_1"],
    ["\\n", "n", "n"],
    ["[]]", "a]", "]"],
    ["[^]]", "]a", "a"],
    ["[[]", "[", "["],
    ["[a-]", "-", "-"],
    ["[[:digit:][:space:]x]+", "ab 1x2", " 1x2"],
    ["[^[:alnum:]]", "ab!", "!"],
    ["[[.-.]]", "-", "-"],
    ["[[=a=]b]", "a", "a"],
    ["a$b", "a$b", null],
    ["sip:.+@10\\.0", "sip:x@10.0.0.1", "sip:x@10.0"],
    ["^sip:[0-9]{3,4}@", "SIP:1234@h", "SIP:1234@"],
    ["\\<one\\>", "none one", "one"],
    ["a/b", "a/b", "a/b"],
    [".", "\n", "\n"],
  ];
  for (const [pattern, text, expected] of rows) assert.equal(found(pattern, text), expected, pattern);
});

test("with lines, dots and negated sets stop at line ends, and anchors stand at them", () => {
  assert.equal(found("^b.*$", "a\nbcd\ne", true), "bcd");
  assert.equal(found("^b.*$", "a\nbcd\ne"), null);
  assert.equal(found("[^a]+", "aab\nc", true), "b");
  assert.equal(found("c$", "c\r\n", true), null);
  assert.equal(found("c\r$", "c\r\n", true), "c\r");
});

test("what is no expression is said in the library's words", () => {
  const rows: readonly (readonly [pattern: string, fault: string])[] = [
    ["(", "Unmatched ( or \\("],
    ["*a", "Invalid preceding regular expression"],
    ["a|*b", "Invalid preceding regular expression"],
    ["(*a)", "Invalid preceding regular expression"],
    ["^*", "Invalid preceding regular expression"],
    ["a{x", "Invalid content of \\{\\}"],
    ["a{2,1}", "Invalid content of \\{\\}"],
    ["a{99999}", "Regular expression too big"],
    ["[a", "Unmatched [, [^, [:, [., or [="],
    ["[[:foo:]]", "Invalid character class name"],
    ["[[:constructor:]]", "Invalid character class name"],
    ["[b-a]", "Invalid range end"],
    ["(a)\\2", "Invalid back reference"],
    ["a\\", "Trailing backslash"],
  ];
  for (const [pattern, fault] of rows) assert.equal(posixRegex(pattern), fault, pattern);
});

test("letters keep their case where that is asked for", () => {
  const regex = posixRegex("a", { isCaseSensitive: true, isGlobal: true });
  assert.ok(typeof regex !== "string");
  assert.equal("aAa".replace(regex, "x"), "xAx");
});

test("patterns and texts are bounded", () => {
  assert.match(String(posixRegex("a".repeat(PATTERN_MAX + 1))), /longer than/);
  const regex = posixRegex("b");
  assert.ok(typeof regex !== "string");
  assert.equal(searches(regex, `${"a".repeat(SUBJECT_MAX - 1)}b`), true);
  assert.equal(searches(regex, `${"a".repeat(SUBJECT_MAX)}b`), false);
});

test("letters of either case are written out, so that the engine without backtracking can take over", () => {
  for (const [pattern, matching, other] of [
    ["^abc$", "aBC", "abd"],
    ["^[a-f]+$", "ADf", "g"],
    ["^[X-c]$", "x", "d"],
    ["^[^a]$", "b", "A"],
    ["^[[:upper:]]$", "q", "1"],
    ["^\\q$", "Q", "p"],
    ["^[@-Z]$", "k", "{"],
    ["^(a)\\1$", "aA", "ab"],
  ] as const) {
    const regex = posixRegex(pattern);
    assert.ok(typeof regex !== "string", pattern);
    assert.equal(searches(regex, matching), true, `${pattern} ${matching}`);
    assert.equal(searches(regex, other), false, `${pattern} ${other}`);
    assert.equal(regex.flags, pattern.includes("\\1") ? "i" : "", pattern);
  }
  const exact = posixRegex("^[a-f]b$", { isCaseSensitive: true });
  assert.ok(typeof exact !== "string");
  assert.deepEqual([searches(exact, "ab"), searches(exact, "Ab"), searches(exact, "aB")], [true, false, false]);
});
