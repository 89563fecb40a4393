import { type Expectation, each, none } from "../scenario.ts";

export const expect: Expectation = {
  about: "a session description in a 183 passes untouched",
  calls: 5,
  moments: [
    {
      name: "early",
      state: 2,
      statistics: { "dialog:active_dialogs": none, "dialog:early_dialogs": each, "dialog:processed_dialogs": each },
    },
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
