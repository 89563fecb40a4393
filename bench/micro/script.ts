// What reading a script costs: a script of 2,500 lines, the first time in a process and once the code is warm, and texts made to be slow,
// at two sizes: the second must cost about twice the first. CPU time of the process, so that other work on the machine does not count.
// Run: node bench/micro/script.ts

import { readFileSync } from "node:fs";
import { parseScript } from "../../src/script/language/index.ts";

const LINES = 2500;
const SAMPLE = readFileSync(new URL("../../tests/data/scripts/language.cfg", import.meta.url), "latin1");

/** The sample's head once, then its routes again and again, each time under new names. */
function longScript(lines: number): string {
  const split = SAMPLE.indexOf("route {");
  const head = SAMPLE.slice(0, split);
  const routes = SAMPLE.slice(SAMPLE.indexOf("route[limit]"));
  let text = head + SAMPLE.slice(split, SAMPLE.indexOf("route[limit]"));
  for (let i = 0; count(text) < lines; i++) text += routes.replaceAll(/route\["?(\w+)"?/g, (_, name) => `route[${name}_${i}`);
  return `${text.split("\n").slice(0, lines).join("\n")}\n`;
}

const count = (text: string): number => text.split("\n").length - 1;

/** Milliseconds of CPU one reading takes. */
function cost(text: string): number {
  const before = process.cpuUsage();
  parseScript({ read: () => text }, "main.cfg");
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

const text = longScript(LINES);
const cold = cost(text);
for (let i = 0; i < 20; i++) cost(text);
const warm = median(Array.from({ length: 31 }, () => cost(text)));
console.log(`${count(text)} lines, ${Math.round(text.length / 1024)} KiB: ${cold.toFixed(1)} ms cold, ${warm.toFixed(1)} ms warm`);

const SLOW: readonly (readonly [string, (n: number) => string])[] = [
  ["open parentheses", (n) => `route { if (${"(".repeat(n)}`],
  ["open variables", (n) => `route { $x = ${"$(".repeat(n)}`],
  ["nested variables", (n) => `route { xlog("${`$(var(`.repeat(n)}"); }`],
  ["nested blocks", (n) => `route {${"if ($x) {".repeat(n)}`],
  ["else if", (n) => `route { ${"if ($x) ; else ".repeat(n)} ; }`],
  ["operators", (n) => `route { $x = ${"1 + ".repeat(n)} 1; }`],
  ["unclosed strings", (n) => `route {\n${'  xlog("a);\n'.repeat(n)}}`],
  ["unclosed comments", (n) => "/* ".repeat(n)],
  ["words", (n) => "foo ".repeat(n)],
  ["signs", (n) => "route { $x = 1 ".repeat(n)],
  ["aliases", (n) => `alias = ${"a.b ".repeat(n)}`],
  ["lines", (n) => "\n".repeat(n * 4)],
];
for (const [name, make] of SLOW) {
  const small = make(100_000);
  const large = make(200_000);
  cost(small);
  console.log(`${name}: ${cost(small).toFixed(0)} ms for ${small.length >> 10} KiB, ${cost(large).toFixed(0)} ms for twice that`);
}
