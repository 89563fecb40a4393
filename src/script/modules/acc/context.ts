// Which account a running block means: that of the request, of its call, or of a call that `acc_load_ctx_from_dlg()` brought.
import type { Account, Accounting, RecordFields } from "../../../accounting/index.ts";
import type { Run } from "../../run.ts";

/** What functions and variables of acc share. */
export class AccContext {
  readonly extraFields: RecordFields;
  readonly legFields: RecordFields;
  readonly #loaded = new WeakMap<Run, Account>();

  constructor(extraFields: RecordFields, legFields: RecordFields) {
    this.extraFields = extraFields;
    this.legFields = legFields;
  }

  accounting(run: Run): Accounting {
    return run.services.app.records.accounting;
  }

  /** The accounts a value may be read from, the nearest first; undefined where there is none. */
  read(run: Run): readonly [Account | undefined, Account | undefined] {
    const loaded = this.#loaded.get(run);
    if (loaded !== undefined) return [loaded, undefined];
    const accounting = this.accounting(run);
    const dialog = run.dialog;
    return [
      run.request === undefined ? undefined : accounting.of(run.request),
      dialog === undefined ? undefined : accounting.ofDialog(dialog),
    ];
  }

  /** Where values are written; undefined where there is no request and no loaded call. */
  write(run: Run): Account | undefined {
    const loaded = this.#loaded.get(run);
    if (loaded !== undefined) return loaded;
    return run.request === undefined ? undefined : this.accounting(run).valuesOf(run.request);
  }

  /** The account of the current call counts from here on. @returns 1, or −1 when there is none */
  load(run: Run): number {
    const { dialog } = run;
    const account = dialog === undefined ? undefined : this.accounting(run).ofDialog(dialog);
    if (account === undefined) return -1;
    this.#loaded.set(run, account);
    return 1;
  }

  /** That of the request again. @returns 1, or −1 when none was loaded */
  unload(run: Run): number {
    return this.#loaded.delete(run) ? 1 : -1;
  }
}
