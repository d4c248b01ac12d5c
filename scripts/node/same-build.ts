/** Imported by every worker thread: ends it if its code is of another build than that of the thread that started it. */

import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import { codeDigest } from './loaded.ts'
import { CODE_VARIABLE } from './worker.ts'

if (process.env[CODE_VARIABLE] !== codeDigest()) {
  throw environmentFailure({
    code: 'changed-since-load',
    message: 'the code was changed or built again while the command ran: its worker threads would run other code',
    hint: 'run the command again',
  })
}
