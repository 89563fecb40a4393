import type { RowWriter } from "../ports.ts";
import { AsideWriter } from "./aside-writer.ts";
import type { LocalWriterDeps } from "./core.ts";
import { LocalWriter } from "./writer.ts";

/** The writer for a database inside the process: on the loop, or beside it when its commits wait for the disk. */
export function createLocalWriter(deps: LocalWriterDeps): RowWriter {
  return deps.database.commitsAside === true ? new AsideWriter(deps) : new LocalWriter(deps);
}
