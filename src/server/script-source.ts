// The text of scripts on this machine: files, standard input, a preprocessor.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { FileReader } from "../script/index.ts";

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Reads files as latin1, one character for each byte; `-` is standard input.
 * @param preprocessor - a command that the text of each file is piped through; what it writes to standard error is shown
 */
export function systemFiles(preprocessor: string | undefined): FileReader {
  return {
    read: (path) => {
      const text = readText(path);
      return text === undefined || preprocessor === undefined ? text : throughCommand(preprocessor, text);
    },
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path === "-" ? 0 : path, "latin1");
  } catch {
    return undefined;
  }
}

function throughCommand(command: string, text: string): string | undefined {
  const done = spawnSync("/bin/sh", ["-c", command], {
    input: Buffer.from(text, "latin1"),
    maxBuffer: MAX_OUTPUT_BYTES,
    stdio: ["pipe", "pipe", "inherit"],
  });
  return done.status === 0 ? done.stdout.toString("latin1") : undefined;
}
