/** The thread that a check of files runs in, started by files-supervisor.ts: scripts/bundle.mjs makes one module of it, and one of files.ts. */

import { runInThread } from './thread.ts'

await runInThread(async () => (await import('./files.ts')).mainOfFiles)
