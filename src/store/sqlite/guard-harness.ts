// A process that takes hold of a file and says so, then stays until it is killed: `node guard-harness.ts PATH`.
import { FileGuard } from "./guard.ts";

FileGuard.take(process.argv[2] ?? "", {});
process.stdout.write("held\n");
setInterval(() => {}, 60_000);
