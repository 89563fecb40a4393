// Writes docs/script-reference.md from the modules themselves: `node scripts/script-reference.ts`. A test keeps the two equal.
import { readFileSync, writeFileSync } from "node:fs";
import { type FunctionDefinition, type ScriptModule, scriptRegistry } from "../src/script/index.ts";

const FILE = new URL("../docs/script-reference.md", import.meta.url);

const LETTERS: readonly (readonly [bit: number, letter: string])[] = [
  [1, "R"],
  [2, "F"],
  [4, "O"],
  [8, "B"],
  [16, "X"],
  [32, "L"],
  [64, "S"],
  [128, "T"],
  [256, "E"],
];
const ALL = 511;

/** The page. */
export function scriptReferencePage(): string {
  const registry = scriptRegistry();
  const modules = registry
    .moduleNames()
    .map((name) => registry.module(name))
    .flatMap((make) => (typeof make === "function" ? [make()] : []))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const transformations = registry.core.transformations.map((one) => `${one.class}.${one.name}`).sort();
  return `# What scripts may use

Every module, function, variable and transformation that the script door knows, written from the program itself. How they behave is what the
OpenSIPS documentation of the module says; where this proxy does otherwise stands in [decisions](decisions.md). How scripts are run and
checked stands in [scripts](scripts.md).

Signatures: \`[x]\` may be left out. A *text* is a string with variables in it, or one variable; an *output* is a variable that is written.
Letters say in which blocks a function may stand: R request, F failure, O onreply, B branch, X error, L local, S startup, T timer, E event; \`*\` all.

## Core

${functionTable(registry.core.functions)}

Variables: ${registry.core.variables.map((one) => `\`$${one.name}\``).join(" ")}

Transformations: ${transformations.map((name) => `\`{${name}}\``).join(" ")}

${modules.map(moduleSection).join("\n")}`;
}

function moduleSection({ name, functions, parameters, variables, notice }: ScriptModule): string {
  const lines = [`## ${name}`, ""];
  if (notice !== undefined) lines.push(`*${notice}*`, "");
  if (functions.length > 0) lines.push(functionTable(functions), "");
  if (variables.length > 0) lines.push(`Variables: ${variables.map((one) => `\`$${one.name}\``).join(" ")}`, "");
  if (parameters.length > 0) lines.push(`Parameters with a meaning here: ${parameters.map((one) => `\`${one.name}\``).join(" ")}`, "");
  if (lines.length === 2) lines.push("Loads; there is nothing to call or to set.", "");
  return lines.join("\n");
}

function functionTable(functions: readonly FunctionDefinition[]): string {
  const rows = functions.map(
    (one) => `| \`${one.name}(${signature(one)})\` | ${routesOf(one.routes)} | ${one.isAsync === true ? "yes" : ""} |`,
  );
  return ["| function | blocks | async |", "|---|---|---|", ...rows].join("\n");
}

function signature({ parameters }: FunctionDefinition): string {
  return parameters.map(({ name, type, isOptional }) => (isOptional ? `[${type} ${name}]` : `${type} ${name}`)).join(", ");
}

function routesOf(bits: number): string {
  if (bits === ALL) return "*";
  return LETTERS.filter(([bit]) => (bits & bit) !== 0)
    .map(([, letter]) => letter)
    .join(" ");
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
  writeFileSync(FILE, scriptReferencePage());
  console.log(`${readFileSync(FILE, "utf8").split("\n").length} lines`);
}
