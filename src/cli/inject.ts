// `dialoom run FILE --inject MESSAGE`: one message through a script without a socket, each executed line shown with what it changed.
import { readFileSync } from "node:fs";
import type { SentMessage } from "../app/index.ts";
import { DialoomError } from "../kit/index.ts";
import { formatProblems, positionOf, printed, type Span, type Value } from "../script/index.ts";
import { hasErrors, loadScript, messageFault, ScriptServer, type Server, systemFiles } from "../server/index.ts";
import { CANNOT_START } from "./script.ts";
import type { InjectInvocation } from "./script-arguments.ts";

/** Where the second column begins: what a statement changed. */
const COLUMN = 76;

/** @returns 0 when the message went through, 255 when the script or the message is wrong */
export async function runInjected(invocation: InjectInvocation): Promise<number> {
  const { file } = invocation;
  const trace = new TraceText((line) => process.stdout.write(line, "latin1"));
  const loaded = loadScript({
    file,
    reader: systemFiles(undefined),
    listen: invocation.listen,
    argv: invocation.argv,
    // nothing of the machine is opened beside what the script itself opens
    options: { mi: false },
    trace: (event) => {
      if (event.type === "statement") trace.statement(event.span, event.run);
      else trace.write(event.name, event.value);
    },
  });
  if (hasErrors(loaded.problems)) {
    process.stderr.write(formatProblems(loaded.problems, { context: "all" }), "latin1");
    return CANNOT_START;
  }
  let server: Server | undefined;
  try {
    ({ server } = new ScriptServer(loaded));
    for (const message of invocation.messages) {
      const text = messageText(message);
      if (text === undefined) {
        process.stderr.write(`dialoom: there is no message in ${message}\n`);
        return CANNOT_START;
      }
      const fault = messageFault(text);
      if (fault !== undefined) process.stderr.write(`dialoom: ${message} is not a message of SIP, no line runs for it: ${fault}\n`);
      const result = await server.app.inject(text, invocation.from);
      trace.end();
      process.stdout.write(result.sent.map(sentText).join(""), "latin1");
      if (result.sent.length === 0) process.stdout.write("nothing was sent\n");
      if (fault !== undefined) return CANNOT_START;
    }
    return 0;
  } catch (error) {
    if (!(error instanceof DialoomError)) throw error;
    for (const problem of error.problems) process.stderr.write(`dialoom: ${problem}\n`);
    return CANNOT_START;
  } finally {
    await server?.close();
  }
}

/** The file's text with the line ends that SIP wants; undefined when there is no such file. */
function messageText(file: string): string | undefined {
  try {
    const text = readFileSync(file === "-" ? 0 : file, "latin1");
    const head = text.search(/\r?\n\r?\n/);
    const hasReturns = text.includes("\r\n");
    if (hasReturns) return text;
    // written in an editor: the head's line ends are ours to mend, a body keeps its own
    return head < 0
      ? `${text.trimEnd().replaceAll("\n", "\r\n")}\r\n\r\n`
      : `${text.slice(0, head).replaceAll("\n", "\r\n")}\r\n\r\n${text.slice(head + 2)}`;
  } catch {
    return undefined;
  }
}

function sentText({ transport, ip, port, text }: SentMessage): string {
  const head = `\nsent ${transport} ${ip}:${port}\n`;
  return `${head}${text
    .trimEnd()
    .split("\r\n")
    .map((line) => `  ${line}\n`)
    .join("")}`;
}

/** One line for each statement: where, what it says, and what it changed. */
class TraceText {
  readonly #print: (line: string) => void;
  #line = "";
  #changes: string[] = [];
  #run: { readonly rc: number } | undefined = undefined;
  #rc = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  statement(span: Span, run: { readonly rc: number }): void {
    this.end();
    this.#run = run;
    this.#rc = run.rc;
    const { path, line } = positionOf(span);
    const [first = ""] = span.file.text.slice(span.start, span.end).split("\n");
    this.#line = `${path}:${line}`.padEnd(path.length + 6) + first.trimEnd();
  }

  write(name: string, value: Value): void {
    this.#changes.push(`${name} = ${typeof value === "string" ? JSON.stringify(value) : printed(value)}`);
  }

  /** Prints what is gathered: the next statement begins, or the message is done. */
  end(): void {
    if (this.#line === "" && this.#changes.length === 0) return;
    const rc = this.#run?.rc ?? this.#rc;
    if (rc !== this.#rc) this.#changes.push(`$rc = ${rc}`);
    const changes = this.#changes.length === 0 ? "" : `  # ${this.#changes.join(", ")}`;
    this.#print(`${changes === "" ? this.#line : this.#line.padEnd(COLUMN)}${changes}\n`);
    this.#line = "";
    this.#changes = [];
  }
}
