/** The thread that a command runs in, started by supervisor.ts. */

// whether all is as it was built was asked by bin/run.mjs, a moment ago
import './node/same-build.ts'
import { runInThread } from './thread.ts'

await runInThread(async () => (await import('./cli.ts')).main)
