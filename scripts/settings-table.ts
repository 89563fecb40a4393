// Writes docs/settings.md from the schema: `node scripts/settings-table.ts`. A test keeps the two equal.
import { readFileSync, writeFileSync } from "node:fs";
import { variableOf } from "../src/cli/setting.ts";
import { settingInfos } from "../src/server/index.ts";

const FILE = new URL("../docs/settings.md", import.meta.url);

/** The page. */
export function settingsPage(): string {
  const rows = settingInfos.map(({ name, about, unit, initial }) => {
    const value = initial === undefined ? "" : `\`${shown(initial, unit)}\``;
    return `| \`${name}\` | \`${variableOf(name)}\` | ${value} | ${about.replaceAll("|", "\\|")} |`;
  });
  return `# Settings

Options of \`dialoom({…})\`. The daemon takes the same ones as \`--set name=value\`, or from the environment. Names are those of the OpenSIPS
parameters in camelCase where there is one. A duration is a number in the unit of its default, or text such as \`"500ms"\`, \`"90s"\`, \`"1h"\`.
As text a list is \`one,two\`, and other names of columns are \`callid=call_id,state=now\`.
All mistakes are reported at once, each with the setting's name; the daemon then ends with exit code 255.

| option | environment | default | meaning |
|---|---|---|---|
${rows.join("\n")}
`;
}

function shown(value: unknown, unit: string | undefined): string {
  if (unit === "s" && typeof value === "number") return `${value / 1000}s`;
  if (unit === "ms" && typeof value === "number") return `${value}ms`;
  return JSON.stringify(value);
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
  writeFileSync(FILE, settingsPage());
  console.log(`${readFileSync(FILE, "utf8").split("\n").length} lines`);
}
