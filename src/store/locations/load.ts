// Reading registrations at the start: row by row, a piece in each turn of the loop, with a word for each row that cannot be read.
import type { Log } from "../../kit/index.ts";
import type { LocationRow, LocationTable } from "../../location/index.ts";
import type { OpenDatabase } from "../databases.ts";
import { RowRemoval } from "./change.ts";
import { idText, rowOf } from "./columns.ts";
import type { LocationStatements } from "./statements.ts";

/** Rows that are read in one turn. */
const CHUNK_ROWS = 256;

/** What loading takes. */
export interface LoadDeps {
  readonly useDomain: boolean;
  /** Rows of what has expired go. */
  readonly removesExpired: boolean;
  readonly log: Log;
  /** Gives the loop a chance. */
  turn(): Promise<void>;
}

/** What came of the rows. */
export interface LoadResult {
  readonly loaded: number;
  /** Their rows go. */
  readonly expired: number;
  /** Cannot be read, or find no room: they stay as they are. */
  readonly broken: number;
}

/**
 * Brings the registrations of a table back.
 * @throws StoreError (rejects) when the database fails in between
 */
export async function loadTable(
  { database, writer }: OpenDatabase,
  table: LocationTable,
  statements: LocationStatements,
  { useDomain, removesExpired, log, turn }: LoadDeps,
): Promise<LoadResult> {
  let loaded = 0;
  let expired = 0;
  let broken = 0;
  for await (const chunk of database.select(statements.selectAll, CHUNK_ROWS)) {
    for (const values of chunk) {
      const row = rowOf(values, useDomain);
      const problem = typeof row === "string" ? row : bring(table, row);
      if (problem === "") loaded++;
      else if (problem === EXPIRED && typeof row !== "string") {
        expired++;
        if (removesExpired) writer.write(new RowRemoval(row.contactId, statements));
      } else {
        broken++;
        log.warn({ table: table.name, contactId: idText(values), reason: problem }, "a stored registration is passed over");
      }
    }
    await turn();
  }
  return { loaded, expired, broken };
}

const EXPIRED = "expired";

/** @returns "" when it is there again, else why not */
function bring(table: LocationTable, row: LocationRow): string {
  const other = table.get(row.aor)?.bindings.find((one) => one.uri === row.uri && one.parts.callId === row.callId);
  if (other !== undefined) return `row ${other.id} has the same contact`;
  if (!table.hasRoomFor(1)) return "there is no room for more registrations";
  return table.restore(row) === undefined ? EXPIRED : "";
}
