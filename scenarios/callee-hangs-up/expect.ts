import { type Expectation, each, none } from "../scenario.ts";

export const expect: Expectation = {
  about: "a call that its callee ends",
  calls: 5,
  moments: [
    {
      name: "talking",
      state: 4,
      statistics: { "dialog:active_dialogs": each, "dialog:early_dialogs": none, "dialog:processed_dialogs": each },
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
