// Why the system did not do something with a file, in words.

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file or folder"],
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["ENOTDIR", "a part of the path is no folder"],
  ["EISDIR", "it is a folder"],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", "the disk is full"],
]);

/** @returns one clause without a stop; the system's own text where there is no better one */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return REASONS.get(code) ?? error.message;
}

/** Goes into a folder. @returns what is wrong with it; undefined when that worked */
export function enterFolder(folder: string): string | undefined {
  try {
    process.chdir(folder);
    return undefined;
  } catch (error) {
    return `-w ${folder}: ${systemReason(error)}`;
  }
}
