import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../kit/index.ts";
import { openDatabase } from "../connect.ts";
import { databaseContract } from "./harness.ts";

for (const synchronous of ["off", "full"] as const) {
  let folder = "";
  databaseContract({
    name: `SQLite (db_synchronous=${synchronous})`,
    begin: async () => {
      folder = mkdtempSync(join(tmpdir(), "dialoom-contract-"));
    },
    end: async () => rmSync(folder, { recursive: true, force: true }),
    open: () => openDatabase(`sqlite://${join(folder, "contract.db")}`, { log: silentLog, synchronous }),
    ...(synchronous === "off" ? { longestTurnMs: 20, longestReadMs: 2000 } : {}),
  });
}
