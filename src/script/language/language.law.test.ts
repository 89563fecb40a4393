// Laws of the language: printing and reading again gives the same tree; no text makes the reader throw or give a span outside of its file.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { parseFormat } from "./format.ts";
import { parseScript } from "./parser.ts";
import { printScript } from "./print.ts";
import { formatProblems } from "./problems.ts";

/** A script with most of the language in it. */
const SAMPLE = readFileSync(new URL("../../../tests/data/scripts/language.cfg", import.meta.url), "latin1");

/** A tree without the places it came from. */
function shapeOf(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key, value: unknown) =>
      key === "span" || key === "nameSpan" || key === "keywordSpan" || key === "main" || key === "files" ? undefined : value,
    ),
  );
}

const read = (text: string): ReturnType<typeof parseScript> =>
  parseScript({ read: (path) => (path === "main.cfg" ? text : undefined) }, "main.cfg");

// ── scripts, written at random from the grammar ──────────────────────────────────────────────────────────────────────

const pick = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const glue = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc.tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part))).map((texts) => texts.join(""));
const list = (one: fc.Arbitrary<string>, between: string, least: number, most: number): fc.Arbitrary<string> =>
  fc.array(one, { minLength: least, maxLength: most }).map((texts) => texts.join(between));
const maybe = (one: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(""), one);

const blank = pick(" ", "\n", "\t", ' # a comment; with } and "\n', " /* one /* two */ */ ", "\r\n", "\\\n");
const bytes = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((c) => String.fromCharCode(c)), maxLength: 12 });
const quoted = bytes.map((text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`);
const raw = bytes.map((text) => `'${text.replaceAll("'", "").replaceAll("\n", " ")}'`);
const string = fc.oneof(quoted, raw, pick('"\\x41\\101\\q\\1 \\t"', '"a\nb"', "'it\\n'", '""', '"\\\n"'));
const number = fc.oneof(fc.nat(5000).map(String), pick("0x1F", "010", "4294967295", "yes", "off", "-7", "+ 3", "- 0x10"));
const variable = pick(
  "$ru",
  "$var(x)",
  "$avp(2)",
  "$(avp(l)[-1])",
  "$(avp(l)[*])",
  "$(avp(l)[append])",
  "$(avp(l)[$var(i)])",
  "$json(a/$var(k)/b[1])",
  "$(var(a){s.select,1,,})",
  "$(var(a){s.substr,$var(o),0}{uri.user})",
  "$(<reply>challenge.realm)",
  "$(hdr(X-A)[$(var(n){s.int})])",
  "$(ru{re.subst,/^sip:(.*)@x$/\\1,$fU/g})",
  "$ct.fields(uri)",
  "$time(%Y-%m-%d %H:%M:%S)",
);
const word = pick("foo", "has_totag", "t_relay", "save");
const name = fc.oneof(word, pick("relay", "exit", "error", "yes", "null", "'a-b'", '"log"', "7"));

// an alias and not an interface: only that is a record to the type checker
type Grammar = { rhs: string; condition: string; statement: string; body: string };

const grammar = fc.letrec<Grammar>((tie) => {
  const call = glue(word, "(", list(fc.oneof(string, number, variable, fc.constant("")), ", ", 0, 5), ")");
  const routeCall = glue("route(", name, maybe(glue(",", list(fc.oneof(string, number, variable, pick("NULL")), ",", 1, 3))), ")");
  const compared = fc.oneof(variable, string, number);
  const comparison = fc.oneof(
    glue(variable, pick(" == ", "!=", "<", " >= "), compared),
    glue(variable, pick("=~", " !~ "), fc.oneof(string, variable)),
    glue(
      variable,
      pick("==", " != "),
      pick("NULL", "null", "10.0.0.0/8", "192.0.2.0/255.255.255.0", "1.2.3.4", "[2001:db8::1]", "2001:db8::/32"),
    ),
  );
  const assignment = fc.oneof(glue(variable, pick("= ", " := ", " += ", "^="), tie("rhs")), glue(variable, pick("=", " := "), "NULL"));
  const command = fc.oneof(
    call,
    routeCall,
    assignment,
    pick("exit", "drop()", "return", "return(-1)", "return $var(x)", 'return (1, "a", $ru, NULL)'),
    glue("xlog(", maybe(glue(string, ",")), string, ")"),
    glue("xlog(", list(string, " ", 1, 3), ")"),
    glue("xdbg(", list(string, " ", 1, 2), ")"),
    glue("log(", maybe(pick("-1,", "3, ")), string, ")"),
    glue("assert(", tie("condition"), maybe(glue(", ", string)), ")"),
    glue("async(", call, ", ", name, maybe(pick(", 5")), ")"),
    glue("launch(", call, maybe(glue(", ", name, maybe(glue(", ", string)))), ")"),
  );
  const value = fc.oneof(
    { maxDepth: 3, depthIdentifier: "rhs" },
    string,
    number,
    variable,
    call,
    routeCall,
    comparison,
    glue("(", tie("rhs"), ")"),
    glue("~", variable),
  );
  return {
    rhs: fc.oneof(
      { maxDepth: 3, depthIdentifier: "rhs" },
      value,
      glue(value, pick(" + ", "-", " * ", "/ ", "%"), value, pick("&", " | ", "^", "<<", ">> "), value),
    ),
    condition: fc.oneof(
      { maxDepth: 3, depthIdentifier: "condition" },
      comparison,
      variable,
      number,
      command,
      glue("[", tie("rhs"), "]"),
      glue("(", tie("condition"), ")"),
      glue(pick("!", "not "), tie("condition")),
      glue(comparison, pick("&&", " and ", "||", " or "), tie("condition")),
    ),
    body: fc.oneof(
      { maxDepth: 3, depthIdentifier: "statement" },
      glue(tie("statement")),
      glue("{", list(tie("statement"), " ", 0, 3), "}"),
    ),
    statement: fc.oneof(
      { maxDepth: 3, depthIdentifier: "statement" },
      glue(command, blank, ";"),
      pick(";"),
      glue("if", blank, "(", tie("condition"), ")", tie("body")),
      glue("if(", tie("condition"), "){", tie("statement"), "}", blank, "else ", tie("body")),
      glue("while(", tie("condition"), ") {", tie("statement"), "break; }"),
      glue("for (", variable, " in ", variable, ")", tie("body")),
      glue(
        "switch (",
        variable,
        ") { case ",
        fc.oneof(string, pick("1", "-1")),
        ":",
        tie("statement"),
        "break; case 'x': default:",
        tie("statement"),
        "}",
      ),
    ),
  };
});

const item = fc.oneof(
  glue(word, "_level", blank, "=", blank, fc.oneof(number, string, pick("LOG_LOCAL0", "1.2.3.4", "sip.example.com"))),
  glue(
    "socket=",
    pick(
      "udp:*:5060",
      "tcp:[::1]:5062 as [2001:db8::2]:5070",
      'udp:"eth0":5060-5063,5070 tag x frag use_workers 4',
      "tls:host.example as a.example",
    ),
  ),
  glue("alias = ", pick("udp:a.example:5060 b.example", '"route" c', "*:5060")),
  pick("auto_scaling_profile = P { scale up to 5 on 70% for 4 cycles }", 'mpath="a", "b"', "udp_workers = 8 use_auto_scaling_profile P"),
  glue("loadmodule ", string),
  glue("modparam(", string, ",", string, ",", fc.oneof(number, list(string, " ", 1, 2)), ")"),
  glue(pick("route", "onreply_route", "startup_route", "local_route"), blank, "{", list(grammar.statement, "\n", 1, 4), "}"),
  glue(pick("route", "failure_route", "branch_route"), "[", name, "] {", list(grammar.statement, " ", 1, 3), "}"),
  glue("timer_route[", word, ", 10] {", grammar.statement, "}"),
  glue("event_route[E_X", maybe(pick(", sync", ",async")), "] {", grammar.statement, "}"),
);
const script = list(item, "\n", 0, 6);

test("a printed script read again is the same tree", () => {
  fc.assert(
    fc.property(script, (text) => {
      const first = read(text);
      const errors = first.problems.filter((problem) => problem.severity === "error");
      assert.deepEqual(
        errors.map((problem) => problem.message),
        [],
        formatProblems(errors),
      );
      const printed = printScript(first.tree);
      const second = read(printed);
      assert.deepEqual(shapeOf(second.tree), shapeOf(first.tree), printed);
      assert.equal(printScript(second.tree), printed);
    }),
    { numRuns: 400 },
  );
});

// ── any text at all ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What holds of every result, whatever the text. */
function check(text: string): void {
  const { tree, problems } = read(text);
  assert.ok(problems.filter((problem) => problem.severity === "error").length <= 100);
  for (const { span } of problems)
    assert.ok(span === undefined || (span.start >= 0 && span.start <= span.end && span.end <= span.file.text.length));
  formatProblems(problems, { context: "all" });
  // what was read without an error can be printed and read again without one
  const isSound = problems.every((problem) => problem.severity !== "error");
  const again = read(printScript(tree));
  if (isSound) assert.deepEqual(shapeOf(again.tree), shapeOf(tree));
}

const PIECES = [
  "$",
  "$(",
  "(",
  ")",
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  ";",
  ",",
  "=",
  "==",
  "&&",
  "!",
  "~",
  "/*",
  "*/",
  "#",
  "\n",
  "\\",
  "if",
  "else",
  "switch",
  "case",
  "route",
  "route[",
  "socket=",
  "alias=",
  "include_file",
  "1.2",
  "::",
  " ",
];

test("no text makes the reader throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), check), { numRuns: 500 });
  fc.assert(fc.property(list(pick(...PIECES), "", 0, 60), check), { numRuns: 1500 });
});

test("no change to a good script makes the reader throw", () => {
  const at = fc.nat(SAMPLE.length);
  const edit = fc.tuple(
    at,
    fc.nat(30),
    fc.oneof(
      pick(...PIECES),
      fc.constant(""),
      at.map((from) => SAMPLE.slice(from, from + 40)),
    ),
  );
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let text = SAMPLE;
      for (const [from, length, insert] of edits) text = text.slice(0, from) + insert + text.slice(from + length);
      check(text);
    }),
    { numRuns: 600 },
  );
});

test("no text makes the reader of formats throw, and what it does not know it keeps", () => {
  const file = { path: "main.cfg", text: "", includedAt: undefined };
  fc.assert(
    fc.property(list(pick("$", "$(", "$$", "$var(", "x", ")", "[", "]", "{s.", "int}", ",", "<reply>", " ", "1"), "", 0, 40), (text) => {
      const { format, problems } = parseFormat(text, { file, start: 0, end: 0 });
      const whole = format.map((part) => (typeof part === "string" ? part : part.text)).join("");
      if (!text.includes("$$")) assert.equal(whole, text);
      if (problems.length === 0)
        assert.deepEqual(
          format.filter((part) => part === ""),
          [],
        );
    }),
    { numRuns: 1000 },
  );
});
