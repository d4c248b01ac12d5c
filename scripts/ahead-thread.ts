/** The second thread of a command that has many litmus tests, started by ahead.ts. */

import { parentPort, workerData } from 'node:worker_threads'
import type { AheadStart } from './ahead.ts'

const port = parentPort
if (port === null) throw new TypeError('this is a thread of ahead.ts')
const { answerFromTheEnd } = await import('./files.ts')
await answerFromTheEnd(workerData as AheadStart, (told) => {
  port.postMessage(told)
})
