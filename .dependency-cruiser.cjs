// The floors of the house: a room may import the rooms listed, by their door only (src/<room>/index.ts).
const may = {
  kit: [],
  sip: ["kit"],
  transport: ["sip", "kit"],
  transaction: ["transport", "sip", "kit"],
  proxy: ["transaction", "transport", "sip", "kit"],
  profile: ["kit"],
  dialog: ["proxy", "transaction", "transport", "sip", "kit", "profile"],
  // rows of calls, registrations and records; how they come to be is not its business
  store: ["dialog", "profile", "accounting", "location", "kit"],
  manage: ["dialog", "profile", "kit"],
  topology: ["dialog", "proxy", "transaction", "transport", "sip", "kit"],
  accounting: ["dialog", "proxy", "transaction", "transport", "sip", "kit"],
  location: ["dialog", "proxy", "transaction", "transport", "sip", "kit"],
  auth: ["dialog", "proxy", "transaction", "transport", "sip", "kit"],
  app: ["topology", "accounting", "location", "auth", "dialog", "profile", "proxy", "transaction", "transport", "sip", "kit"],
  // the script stands on the same engine as the TypeScript door and reads messages, branches and dialogs itself
  script: ["app", "topology", "accounting", "location", "auth", "dialog", "profile", "proxy", "transaction", "transport", "sip", "kit"],
  server: [
    "store",
    "script",
    "topology",
    "accounting",
    "location",
    "auth",
    "app",
    "manage",
    "dialog",
    "profile",
    "proxy",
    "transaction",
    "transport",
    "sip",
    "kit",
  ],
  cli: ["server", "store", "script", "app", "kit"],
  testing: [
    "server",
    "store",
    "script",
    "topology",
    "accounting",
    "location",
    "auth",
    "app",
    "manage",
    "dialog",
    "profile",
    "proxy",
    "transaction",
    "transport",
    "sip",
    "kit",
  ],
};
const pure = ["kit", "sip", "transaction", "proxy", "profile", "dialog", "topology", "accounting", "location", "auth", "script"];
// A room's own test files may use the test bench; nothing else imports it.
const notTests = "\\.(test|law\\.test)\\.ts$";

module.exports = {
  forbidden: [
    ...Object.entries(may).map(([room, ok]) => ({
      name: `${room} keeps to its floor`,
      severity: "error",
      from: { path: `^src/${room}/`, pathNot: notTests },
      to: { path: "^src/", pathNot: [`^src/${room}/`, ...ok.map((o) => `^src/${o}/index[.]ts$`)] },
    })),
    {
      name: "pure rooms know no Node module",
      severity: "error",
      from: { path: `^src/(${pure.join("|")})/`, pathNot: notTests },
      to: { dependencyTypes: ["core"] },
    },
    // types may name each other: only what is loaded at run time counts
    {
      name: "no cycles",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "nothing imports the test bench",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/testing/", notTests] },
      to: { path: "^src/testing/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts"] },
  },
};
