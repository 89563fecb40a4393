// A disk that is soon full.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of 16 MB in memory, which the test fills and clears. */
export class SmallDisk {
  readonly path: string = mkdtempSync(join(tmpdir(), "dialoom-disk-"));

  constructor() {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m,mode=777", "tmpfs", this.path]);
    mkdirSync(this.data);
  }

  /** A folder on it for the files of the test's subject. */
  get data(): string {
    return join(this.path, "data");
  }

  fill(): void {
    try {
      for (let i = 0; i < 1000; i++) writeFileSync(join(this.path, `filler${i}`), Buffer.alloc(1 << 16));
    } catch {
      // which was the point
    }
  }

  clear(): void {
    for (let i = 0; i < 1000; i++) rmSync(join(this.path, `filler${i}`), { force: true });
  }

  remove(): void {
    execFileSync("umount", ["-l", this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Why there can be no such disk here; undefined when there can. */
export function cannotMount(): string | undefined {
  try {
    new SmallDisk().remove();
    return undefined;
  } catch {
    return "no file system can be mounted here (that takes root)";
  }
}
