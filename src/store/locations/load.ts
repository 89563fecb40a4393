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
  /** Rows of what has expired, or has been replaced, go. */
  readonly removes: boolean;
  /** Registrations have come since the start: they are newer than their rows. */
  readonly isLate: boolean;
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
  { useDomain, removes, isLate, log, turn }: LoadDeps,
): Promise<LoadResult> {
  let loaded = 0;
  let expired = 0;
  let broken = 0;
  for await (const chunk of database.select(statements.selectAll, CHUNK_ROWS)) {
    for (const values of chunk) {
      const row = rowOf(values, useDomain);
      const problem = typeof row === "string" ? row : bring(table, row, isLate);
      if (problem === "") loaded++;
      else if ((problem === EXPIRED || problem === REPLACED) && typeof row !== "string") {
        expired++;
        if (removes) writer.write(new RowRemoval(row.contactId, statements));
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
const REPLACED = "replaced";

/** @returns "" when it is there again, else why not */
function bring(table: LocationTable, row: LocationRow, isLate: boolean): string {
  const others = table.get(row.aor)?.bindings ?? [];
  if (others.some((one) => one.id === row.contactId)) return isLate ? "" : `row ${row.contactId} is there twice`;
  const other = others.find((one) => one.uri === row.uri && (isLate || one.parts.callId === row.callId));
  if (other !== undefined) return isLate ? REPLACED : `row ${other.id} has the same contact`;
  if (!table.hasRoomFor(1)) return "there is no room for more registrations";
  return table.restore(row) === undefined ? EXPIRED : "";
}
