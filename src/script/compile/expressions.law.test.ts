// Laws of running scripts: integer arithmetic is that of 32 bits folded from the left, and waiting changes nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Timer } from "../../kit/index.ts";
import { testScript } from "../../testing/script.ts";
import type { FunctionDefinition, Outcome } from "../module.ts";
import { Routes } from "../routes.ts";
import type { Run } from "../run.ts";
import { registryWith } from "./fixtures.ts";

const TIGHT = ["+", "-", "*", "/", "%"] as const;
const LOOSE = ["&", "|", "^", "<<", ">>"] as const;
type Operator = (typeof TIGHT)[number] | (typeof LOOSE)[number];

/** A row of terms with operators of one level; a term is a number or a row of the tighter level in parentheses. */
interface Row {
  readonly first: Term;
  readonly rest: readonly (readonly [Operator, Term])[];
}
type Term = number | { readonly complement: Term } | { readonly group: Expression };
/** Rows of the tight level, joined by operators of the loose one. */
interface Expression {
  readonly first: Row;
  readonly rest: readonly (readonly [Operator, Row])[];
}

const int = fc.oneof(fc.integer({ min: -100, max: 100 }), fc.integer({ min: -2147483648, max: 2147483647 }));

const { expression } = fc.letrec<{ term: Term; row: Row; expression: Expression }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 3, depthIdentifier: "term" },
    int,
    fc.record({ complement: tie("term") }),
    fc.record({ group: tie("expression") }),
  ),
  row: fc.record({ first: tie("term"), rest: fc.array(fc.tuple(fc.constantFrom<Operator>(...TIGHT), tie("term")), { maxLength: 4 }) }),
  expression: fc.record({ first: tie("row"), rest: fc.array(fc.tuple(fc.constantFrom<Operator>(...LOOSE), tie("row")), { maxLength: 2 }) }),
}));

function apply(operator: Operator, a: number, b: number): number {
  const [x, y] = [BigInt(a), BigInt(b)];
  const wrap = (n: bigint): number => Number(BigInt.asIntN(32, n));
  switch (operator) {
    case "+":
      return wrap(x + y);
    case "-":
      return wrap(x - y);
    case "*":
      return wrap(x * y);
    case "/":
      return y === 0n ? 0 : wrap(x / y);
    case "%":
      return y === 0n ? 0 : wrap(x % y);
    case "&":
      return wrap(x & y);
    case "|":
      return wrap(x | y);
    case "^":
      return wrap(x ^ y);
    // shifts by the low five bits, as processors do
    case "<<":
      return wrap(x << (y & 31n));
    case ">>":
      return wrap(x >> (y & 31n));
  }
}

function termValue(term: Term): number {
  if (typeof term === "number") return term;
  return "complement" in term ? Number(BigInt.asIntN(32, ~BigInt(termValue(term.complement)))) : valueOfAll(term.group);
}

function valueOfRow({ first, rest }: Row): number {
  return rest.reduce((left, [operator, right]) => apply(operator, left, termValue(right)), termValue(first));
}

function valueOfAll({ first, rest }: Expression): number {
  return rest.reduce((left, [operator, right]) => apply(operator, left, valueOfRow(right)), valueOfRow(first));
}

/** As a script writes it; numbers that variables hold are named. */
function textOf(term: Term, variables: number[]): string {
  if (typeof term === "number") {
    if (term % 3 !== 0) return String(term);
    variables.push(term);
    return `$var(v${variables.length - 1})`;
  }
  if ("complement" in term) return `~${textOf(term.complement, variables)}`;
  return `(${textOfAll(term.group, variables)})`;
}

function textOfRow({ first, rest }: Row, variables: number[]): string {
  return rest.reduce((left, [operator, right]) => `${left} ${operator} ${textOf(right, variables)}`, textOf(first, variables));
}

function textOfAll({ first, rest }: Expression, variables: number[]): string {
  return rest.reduce((left, [operator, right]) => `${left} ${operator} ${textOfRow(right, variables)}`, textOfRow(first, variables));
}

test("law: expressions of integers are folded from the left in 32 bits (5.2, 5.6)", async () => {
  // one script for many expressions: the law is about arithmetic
  await fc.assert(
    fc.asyncProperty(fc.array(expression, { minLength: 20, maxLength: 40 }), async (expressions) => {
      let statements = "";
      for (const one of expressions) {
        const variables: number[] = [];
        const text = textOfAll(one, variables);
        statements += `${variables.map((value, i) => `$var(v${i}) = ${value};`).join(" ")} $var(r) = ${text}; xlog("$var(r)\\n");\n`;
      }
      const bench = await testScript(`startup_route {\n${statements}}\nroute { exit; }\n`, { registry: registryWith([]) });
      await bench.close();
      assert.deepEqual(bench.printed.trimEnd().split("\n"), expressions.map(valueOfAll).map(String));
    }),
    { numRuns: 15 },
  );
});

// ── waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Statements with calls of `f` wherever one may stand; each loop ends by itself. */
const { body } = fc.letrec<{ condition: string; statement: string; body: string }>((tie) => {
  const code = fc.integer({ min: -2, max: 3 }).map(String);
  const variable = fc.constantFrom("$var(a)", "$var(b)", "$avp(c)");
  return {
    condition: fc.oneof(
      { maxDepth: 2, depthIdentifier: "condition" },
      code.map((n) => `f(${n})`),
      fc.tuple(variable, code).map(([name, n]) => `${name} == ${n}`),
      fc.tuple(tie("condition"), fc.constantFrom("&&", "||"), tie("condition")).map(([a, o, b]) => `(${a} ${o} ${b})`),
      tie("condition").map((one) => `!(${one})`),
      fc.tuple(variable, code).map(([name, n]) => `${name} = f(${n}) + 1`),
    ),
    statement: fc.oneof(
      { maxDepth: 3, depthIdentifier: "statement" },
      code.map((n) => `f(${n});`),
      fc.tuple(variable, code).map(([name, n]) => `${name} = f(${n});`),
      fc.tuple(variable, variable, code).map(([name, other, n]) => `${name} = ${other} + f(${n});`),
      variable.map((name) => `${name} = "2";`),
      fc.constant('xlog("$rc $var(a) $var(b) $(avp(c)[*])\\n");'),
      code.map((n) => `route(r, ${n});`),
      fc.tuple(tie("condition"), tie("body"), tie("body")).map(([c, a, b]) => `if (${c}) { ${a} } else { ${b} }`),
      fc.tuple(tie("condition"), tie("body")).map(([c, a]) => `$var(n) = 0; while ($var(n) < 3 && ${c}) { $var(n) = $var(n) + 1; ${a} }`),
      fc.tuple(variable, tie("body"), tie("body")).map(([v, a, b]) => `switch (${v}) { case 1: ${a} case 2: ${b} break; default: ${a} }`),
      tie("body").map((one) => `for ($var(e) in $(avp(c)[*])) { ${one} if ($var(b) == 2) break; }`),
      code.map((n) => `if (f(${n})) return(${n});`),
    ),
    body: fc.array(tie("statement"), { minLength: 1, maxLength: 4 }).map((list) => list.join(" ")),
  };
});

function calling(outcome: (run: Run, code: number) => Outcome): FunctionDefinition {
  return {
    name: "f",
    parameters: [{ name: "code", type: "int", isOptional: false }],
    routes: Routes.all,
    bind: (call) => {
      const code = call.int(0);
      return (run) => outcome(run, code(run) ?? -1);
    },
  };
}

/** Some calls wait for time to pass, some for the next microtask, some not at all. */
const SOMETIMES = calling((run, code) => {
  if (run.rc % 3 === 0) return code;
  if (run.rc % 3 === 1) return Promise.resolve(code);
  return new Promise((resolve) => run.services.timers.arm(new Timer({ onTimer: () => resolve(code) }, 0), 1));
});
const NEVER = calling((_, code) => code);

test("law: a script does the same whether its functions wait or not", async () => {
  await fc.assert(
    fc.asyncProperty(body, body, async (main, sub) => {
      const text = `max_while_loops=10 startup_route { $avp(c) = 1; $avp(c) = 2; ${main} xlog("end $rc"); }
        route[r] { xlog("in $param(1)\\n"); $var(m) = $var(m) + 1; if ($var(m) != NULL) return(2); $var(m) = 1; ${sub} }
        route { exit; }`;
      const results: unknown[] = [];
      for (const f of [NEVER, SOMETIMES]) {
        const bench = await testScript(text, { registry: registryWith([f]) });
        await bench.close();
        results.push({ printed: bench.printed, complaints: bench.complaints });
      }
      assert.deepEqual(results[1], results[0]);
    }),
    { numRuns: 60 },
  );
});
