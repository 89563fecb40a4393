// Node's own "spec" report, with two changes: each suite's share of the time, and the summary as the very last lines
// (Node prints the details of failures after it).
import { relative, sep } from "node:path";
import { spec as Spec } from "node:test/reporters";

const SUMMARY = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

/** @param {AsyncIterable<{ type: string, data: object }>} source */
// biome-ignore lint/style/noDefaultExport: Node looks for a reporter in the default export
export default async function* report(source) {
  const spec = new Spec();
  const suites = new Map();
  const summary = [];
  for await (const event of source) {
    if (isSummary(event)) {
      summary.push(event);
      continue;
    }
    if (event.type === "test:summary" && event.data.file !== undefined) note(suites, event.data);
    if (isFile(event)) suiteOf(suites, event.data.file).ms += event.data.details.duration_ms;
    spec.write(event);
    yield* drain(spec);
  }
  spec.end();
  yield* drain(spec);
  yield shares(suites);
  const last = new Spec();
  for (const event of summary) last.write(event);
  yield* drain(last);
}

function isSummary({ type, data }) {
  return type === "test:diagnostic" && data.nesting === 0 && data.file === undefined && SUMMARY.test(data.message);
}

/** The end of a whole test file, as its own process. */
function isFile({ type, data }) {
  return type === "test:complete" && data.nesting === 0 && data.entryFile === undefined && data.details?.duration_ms !== undefined;
}

function note(suites, { file, counts }) {
  const suite = suiteOf(suites, file);
  suite.files++;
  suite.tests += counts.tests;
  suite.failed += counts.failed + counts.cancelled;
}

/** Files below src/ belong to their room, all others to their top folder. */
function suiteOf(suites, file) {
  const [top = "", room = ""] = relative(process.cwd(), file).split(sep);
  const name = top === "src" ? `${top}/${room}` : top;
  const known = suites.get(name);
  if (known !== undefined) return known;
  const suite = { name, files: 0, tests: 0, failed: 0, ms: 0 };
  suites.set(name, suite);
  return suite;
}

function shares(suites) {
  const rows = [...suites.values()].sort((a, b) => b.ms - a.ms);
  const total = rows.reduce((sum, row) => sum + row.ms, 0) || 1;
  const width = Math.max(5, ...rows.map((row) => row.name.length));
  const lines = rows.map(
    ({ name, files, tests, failed, ms }) =>
      `  ${name.padEnd(width)} ${String(files).padStart(4)} files ${String(tests).padStart(6)} tests ${String(failed).padStart(4)} failed ` +
      `${(ms / 1000).toFixed(1).padStart(8)} s ${((100 * ms) / total).toFixed(0).padStart(4)} %`,
  );
  return `\nshare of each suite\n${lines.join("\n")}\n\n`;
}

function* drain(stream) {
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) yield chunk;
}
