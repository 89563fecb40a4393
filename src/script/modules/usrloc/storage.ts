// Where registrations are kept, as the parameters of usrloc say (side-modules 3.7).
import { type Dependency, IntParameter, type ModuleParameter, TextParameter } from "../../module.ts";
import { ColumnParameters, databaseDependency } from "../databases.ts";

const PRESETS = [
  "single-instance-no-db",
  "single-instance-sql-write-through",
  "single-instance-sql-write-back",
  "sql-only",
  "federation-cluster",
  "federation-cachedb-cluster",
  "full-sharing-cluster",
  "full-sharing-cachedb-cluster",
];
const CLUSTER_MODES = ["none", "federation", "federation-cachedb", "full-sharing", "full-sharing-cachedb", "sql-only"];
const PERSISTENCIES = ["none", "load-from-sql", "sync-from-cluster"];
const WRITE_MODES = ["none", "write-through", "write-back"];

/** What `sql-only` is here. */
const SQL_ONLY =
  "sql-only: registrations are kept in memory as well as in the database, and written with each change; rows that others write are seen at the next start";

/** How rows are written, and whether they are read at the start. */
interface Storage {
  readonly writes: "none" | "write-through" | "write-back";
  readonly isLoaded: boolean;
  /** The parameter that says so. */
  readonly from: string;
}

const MEMORY: Storage = { writes: "none", isLoaded: false, from: "" };

/** The parameters about it. */
export class StorageParameters {
  readonly #dbUrl = new TextParameter("db_url");
  readonly #dbMode = new IntParameter("db_mode", -1, 0, 3);
  readonly #preset = new TextParameter("working_mode_preset");
  readonly #clusterMode = new TextParameter("cluster_mode", "none");
  readonly #persistency = new TextParameter("restart_persistency", "none");
  readonly #writeMode = new TextParameter("sql_write_mode", "none");
  readonly #interval = new IntParameter("timer_interval", 60, 1);
  readonly #columns = new ColumnParameters({
    contact_id_column: "contact_id",
    user_column: "username",
    domain_column: "domain",
    contact_column: "contact",
    received_column: "received",
    path_column: "path",
    expires_column: "expires",
    q_column: "q",
    callid_column: "callid",
    cseq_column: "cseq",
    flags_column: "flags",
    cflags_column: "cflags",
    user_agent_column: "user_agent",
    socket_column: "socket",
    methods_column: "methods",
    sip_instance_column: "sip_instance",
    kv_store_column: "kv_store",
    attr_column: "attr",
  });
  readonly all: readonly ModuleParameter[] = [
    this.#dbUrl,
    this.#dbMode,
    this.#preset,
    this.#clusterMode,
    this.#persistency,
    this.#writeMode,
    this.#interval,
    ...this.#columns.all,
  ];

  check(): readonly string[] {
    const found: string[] = [];
    if (this.#dbMode.isSet && this.#preset.isSet) found.push("usrloc: db_mode and working_mode_preset exclude each other");
    const known: readonly (readonly [TextParameter, readonly string[]])[] = [
      [this.#preset, PRESETS],
      [this.#clusterMode, CLUSTER_MODES],
      [this.#persistency, PERSISTENCIES],
      [this.#writeMode, WRITE_MODES],
    ];
    for (const [parameter, values] of known) {
      if (parameter.isSet && !values.includes(parameter.value)) {
        found.push(`usrloc: unknown ${parameter.name} <${parameter.value}>; there are ${values.join(", ")}`);
      }
    }
    return found;
  }

  warnings(): readonly string[] {
    return this.#isSqlOnly ? [`usrloc: ${SQL_ONLY}`] : [];
  }

  /** Registrations that nodes share. */
  needs(): readonly string[] {
    const shared = (setting: string): string => `usrloc: ${setting} shares registrations between nodes, which comes with a later release`;
    if (this.#preset.isSet) return this.#preset.value.endsWith("-cluster") ? [shared(`working_mode_preset "${this.#preset.value}"`)] : [];
    const found: string[] = [];
    if (this.#clusterMode.value !== "none" && !this.#isSqlOnly) found.push(shared(`cluster_mode "${this.#clusterMode.value}"`));
    if (this.#persistency.value === "sync-from-cluster") found.push(shared('restart_persistency "sync-from-cluster"'));
    return found;
  }

  dependencies(): readonly Dependency[] {
    const { from } = this.#storage;
    return from === "" ? [] : [databaseDependency("usrloc", from)];
  }

  options(): Readonly<Record<string, unknown>> {
    const { from, writes, isLoaded } = this.#storage;
    if (from === "") return {};
    return {
      locationStore: this.#dbUrl.value === "" ? true : this.#dbUrl.value,
      locationMode: writes === "none" ? "read-only" : writes,
      locationLoad: isLoaded,
      locationTimerInterval: this.#interval.value,
      locationColumns: this.#columns.names(),
    };
  }

  get #isSqlOnly(): boolean {
    if (this.#preset.isSet) return this.#preset.value === "sql-only";
    return this.#dbMode.isSet ? this.#dbMode.value === 3 : this.#clusterMode.value === "sql-only";
  }

  get #storage(): Storage {
    if (this.#dbMode.isSet) return ofMode(this.#dbMode.value, "db_mode");
    if (this.#preset.isSet) return ofMode(PRESETS.indexOf(this.#preset.value), "working_mode_preset");
    if (this.#isSqlOnly) return ofMode(3, "cluster_mode");
    const isLoaded = this.#persistency.value === "load-from-sql";
    const writes = WRITES[WRITE_MODES.indexOf(this.#writeMode.value)] ?? "none";
    if (!isLoaded && writes === "none") return MEMORY;
    return { writes, isLoaded, from: writes === "none" ? "restart_persistency" : "sql_write_mode" };
  }
}

const WRITES = ["none", "write-through", "write-back"] as const;

/** @param mode - `db_mode`, which is the place of the preset in their list too */
function ofMode(mode: number, from: string): Storage {
  if (mode === 1 || mode === 3) return { writes: "write-through", isLoaded: true, from };
  return mode === 2 ? { writes: "write-back", isLoaded: true, from } : MEMORY;
}
