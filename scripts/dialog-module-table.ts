// Writes docs/dialog-module.md from the list of items: `node scripts/dialog-module-table.ts`. A test keeps the two equal, and the list true.
import { readFileSync, writeFileSync } from "node:fs";
import { ITEMS, type Item, type ItemKind } from "../tests/coverage/dialog-module.ts";
import type { Proof } from "../tests/coverage/proof.ts";

const FILE = new URL("../docs/dialog-module.md", import.meta.url);

const TITLES: Readonly<Record<ItemKind, string>> = {
  parameter: "Parameters",
  function: "Functions",
  statistic: "Statistics",
  command: "Management commands",
  variable: "Variables",
  event: "Event",
  callback: "Callback types",
};

/** The page. */
export function dialogModulePage(): string {
  const open = ITEMS.filter((item) => item.open !== undefined).length;
  const tests = proofsOf(ITEMS);
  const marks = new Map(tests.map((proof, at) => [keyOf(proof), at + 1]));
  return `# The dialog module, item by item

Everything that the documentation of the OpenSIPS module \`dialog\` (3.1) names, what has become of it here, and the tests that prove it.
Of ${ITEMS.length} items ${ITEMS.length - open} are there; ${open} wait for a part that comes later: profiles shared over a cache, the cluster. Parameters of those are
accepted and checked, and a start that would need them says so.

A test holds this page against the program: no item may be missing, every item that is there has to be registered, every test has to exist.

${(Object.keys(TITLES) as ItemKind[]).map((kind) => section(kind, marks)).join("\n")}
## Tests

${tests.map(({ file, name }, at) => `${at + 1}. \`${file}\`: ${name.replaceAll("|", "\\|").replaceAll("$", "\\$")}`).join("\n")}
`;
}

function section(kind: ItemKind, marks: ReadonlyMap<string, number>): string {
  const rows = ITEMS.filter((item) => item.kind === kind).map(({ name, about, open, proofs }) => {
    const tests = proofs.map((proof) => marks.get(keyOf(proof))).join(", ");
    return `| \`${name}\` | ${open === undefined ? "yes" : `open: ${open}`} | ${about.replaceAll("|", "\\|")} | ${tests} |`;
  });
  return `## ${TITLES[kind]}

| name | here | | tests |
|---|---|---|---|
${rows.join("\n")}
`;
}

/** Every test once, by file. */
function proofsOf(items: readonly Item[]): readonly Proof[] {
  const all = new Map<string, Proof>();
  for (const { proofs } of items) for (const proof of proofs) all.set(keyOf(proof), proof);
  const files = [...new Set([...all.values()].map(({ file }) => file))].sort();
  return files.flatMap((file) => [...all.values()].filter((proof) => proof.file === file));
}

function keyOf({ file, name }: Proof): string {
  return `${file} ${name}`;
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
  writeFileSync(FILE, dialogModulePage());
  console.log(`${readFileSync(FILE, "utf8").split("\n").length} lines`);
}
