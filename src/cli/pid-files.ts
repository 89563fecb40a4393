// Files that name the process and its group, for those who want to signal it: written when it runs, taken away at its end.
import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import { systemReason } from "./system-reason.ts";

/** Who is asked whether a number in an old file is a process of ours; a test asks itself. */
export interface PidFileDeps {
  readonly pid: number;
  readonly group: number;
  /** Whether such a process lives and is a Dialoom. */
  readonly isRunning: (pid: number) => boolean;
}

/**
 * Writes the files.
 * @throws DialoomError `DIALOOM_LISTEN_FAILED` when a file names another Dialoom that runs, or cannot be written
 * @returns takes away those that are still ours
 */
export function writePidFiles(pidFile: string | undefined, groupFile: string | undefined, deps: PidFileDeps): () => void {
  const written: { readonly file: string; readonly text: string }[] = [];
  const remove = (): void => {
    for (const { file, text } of written) {
      if (contentOf(file) !== text) continue;
      try {
        unlinkSync(file);
      } catch {
        // the folder is closed to us by now; a stale file does no harm
      }
    }
  };
  const refuse = (text: string): never => {
    remove();
    throw new DialoomError(ErrorCodes.ListenFailed, text);
  };
  // a stale file is written anew: its process is gone, or the number is somebody else's by now
  const old = Number.parseInt((pidFile === undefined ? undefined : contentOf(pidFile)) ?? "", 10);
  if (old > 0 && old !== deps.pid && deps.isRunning(old)) refuse(`-P ${pidFile}: process ${old}, which it names, is running`);
  for (const [option, file, value] of [
    ["-P", pidFile, deps.pid],
    ["-G", groupFile, deps.group],
  ] as const) {
    if (file === undefined) continue;
    const text = `${value}\n`;
    try {
      writeFileSync(file, text, { mode: 0o644 });
    } catch (error) {
      refuse(`${option} ${file}: ${systemReason(error)}`);
    }
    written.push({ file, text });
  }
  return remove;
}

/** The running process as the system's own tables have it. */
export function systemPids(): PidFileDeps {
  return { pid: process.pid, group: processGroup(), isRunning };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // somebody else's process that we may not signal is a process all the same
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  const command = contentOf(`/proc/${pid}/cmdline`);
  return command === undefined || /\/cli\/main\.[jt]s/.test(command);
}

/** The group of this process; its own number where there is no such table. */
function processGroup(): number {
  const text = contentOf("/proc/self/stat");
  // after the name in parentheses: state, parent, group
  return text === undefined ? process.pid : Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[2] ?? process.pid);
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return undefined;
  }
}
