// The text of scripts on this machine: files, standard input, a preprocessor.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { getSystemErrorMap } from "node:util";
import type { FileReader } from "../script/index.ts";

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** What some editors write before a text in UTF-8. */
const BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

/**
 * Reads files as latin1, one character for each byte; `-` is standard input.
 * @param preprocessor - a command that the text of each file is piped through; what it writes to standard error is shown
 */
export function systemFiles(preprocessor: string | undefined): FileReader {
  let why = "";
  const readText = (path: string): string | undefined => {
    try {
      const text = readFileSync(path === "-" ? 0 : path, "latin1");
      return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
    } catch (error) {
      why = reasonOf(error);
      return undefined;
    }
  };
  const throughCommand = (command: string, text: string): string | undefined => {
    const done = spawnSync("/bin/sh", ["-c", command], {
      input: Buffer.from(text, "latin1"),
      maxBuffer: MAX_OUTPUT_BYTES,
      stdio: ["pipe", "pipe", "inherit"],
    });
    if (done.status === 0) return done.stdout.toString("latin1");
    why = `the command "${command}" ended with ${done.status === null ? (done.signal ?? "an error") : `status ${done.status}`}`;
    return undefined;
  };
  return {
    read: (path) => {
      const text = readText(path);
      return text === undefined || preprocessor === undefined ? text : throughCommand(preprocessor, text);
    },
    why: () => why,
  };
}

/** As the C library says it: `No such file or directory`. */
function reasonOf(error: unknown): string {
  const errno = error instanceof Error && "errno" in error && typeof error.errno === "number" ? error.errno : undefined;
  const [, text = ""] = (errno === undefined ? undefined : getSystemErrorMap().get(errno)) ?? [];
  return text === "" ? "it cannot be read" : text.charAt(0).toUpperCase() + text.slice(1);
}
