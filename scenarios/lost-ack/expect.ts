import { type Expectation, each, none } from "../scenario.ts";

export const expect: Expectation = {
  about: "a call whose first ACKs are lost",
  calls: 5,
  transports: ["udp"],
  moments: [
    {
      name: "answered, not acknowledged",
      state: 3,
      statistics: { "dialog:active_dialogs": each, "dialog:early_dialogs": none },
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
