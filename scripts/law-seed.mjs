// Preloaded into every test process: laws (fast-check) try the same cases in each run, so that a run that passed passes again.
// `npm run laws` tries others. A file that is run by hand (`node --test file`) knows nothing of this and draws a seed of its own.
import { configureGlobal } from "fast-check";

/** Any number would do; another one means other cases. */
const SEED = 3261;

const wanted = process.env.DIALOOM_LAW_SEED ?? "";
const seed = wanted === "" ? SEED : Number(wanted);
if (!Number.isInteger(seed)) throw new TypeError(`DIALOOM_LAW_SEED is a whole number, not "${wanted}"`);
configureGlobal({ seed });
