import { type Expectation, each, none } from "../scenario.ts";

export const expect: Expectation = {
  about: "a call over IPv6",
  calls: 5,
  ip: "::1",
  moments: [
    {
      name: "talking",
      state: 4,
      statistics: { "dialog:active_dialogs": each, "dialog:early_dialogs": none, "dialog:processed_dialogs": each },
      check: (dialog, run) => {
        const expected = `${run.transport}:[::1]:${run.proxyPort}`;
        return dialog.caller_bind_addr === expected ? [] : [`caller_bind_addr ${dialog.caller_bind_addr} is not ${expected}`];
      },
    },
  ],
  after: {
    "dialog:processed_dialogs": each,
    "dialog:failed_dialogs": none,
    "dialog:expired_dialogs": none,
    "dialog:active_dialogs": none,
    "dialog:early_dialogs": none,
  },
};
