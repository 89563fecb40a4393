// What can be set about call records, under the reference's parameter names in camelCase.

/** Settings of accounting. */
export interface AccountingSettings {
  /** An 18x with a body counts as an answer. */
  readonly earlyMedia: boolean;
  /** CANCELs may be accounted. */
  readonly reportCancels: boolean;
  /** The tags of requests that run from callee to caller change places. */
  readonly detectDirection: boolean;
  /** Calls carry what is needed to write their record after a restart, as variables: for nodes whose calls are stored. */
  readonly keepsInDialog: boolean;
}

/** The reference's defaults. */
export const defaultAccountingSettings: AccountingSettings = Object.freeze({
  earlyMedia: false,
  reportCancels: false,
  detectDirection: false,
  keepsInDialog: false,
});
