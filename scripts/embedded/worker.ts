/** Runs the embedded engine off the main thread, so that it can be ended. */

import { parentPort, workerData } from 'node:worker_threads'
import '../node/same-code.ts'
import type { EmbeddedRun } from './engine.ts'
import { runEmbedded } from './engine.ts'

parentPort?.postMessage(runEmbedded(workerData as EmbeddedRun))
