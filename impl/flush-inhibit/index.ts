/** What the catalog knows of flush-inhibit. */

import { MEMORY_MODELS } from '../lib/memory/buffer.ts'
import type { Protocol } from '../lib/protocol.ts'
import { flushInhibitDocs } from './docs.ts'
import { flushInhibit } from './FlushInhibit.ts'

export const flushInhibitProtocol: Protocol = {
  name: 'flush-inhibit',
  module: 'FlushInhibit',
  libraries: ['Memory', 'SRCU'],
  toggles: [
    'SyncOnSet',
    'SyncOnClear',
    'CheckBeforeRequest',
    'IoctlMb',
    'WaitingOnBeforeSuspended',
    'ClearWaitingOnBeforeSuspended',
    'SeparateSuspended',
    'SuspendWmb',
    'UnsuspendWmb',
    'MutexUnlockIsMb',
    'MaskZeroed',
    'EventsMasked',
  ],
  docs: flushInhibitDocs,
  machine: (constants) =>
    flushInhibit({
      Flushers: constants.ids('Flushers'),
      Targets: constants.ids('Targets'),
      Rounds: constants.natural('Rounds'),
      Memory: constants.oneOf('Memory', MEMORY_MODELS),
      StoreBufferSlots: constants.natural('StoreBufferSlots'),
      SyncOnSet: constants.boolean('SyncOnSet'),
      SyncOnClear: constants.boolean('SyncOnClear'),
      CheckBeforeRequest: constants.boolean('CheckBeforeRequest'),
      IoctlMb: constants.boolean('IoctlMb'),
      WaitingOnBeforeSuspended: constants.boolean('WaitingOnBeforeSuspended'),
      ClearWaitingOnBeforeSuspended: constants.boolean('ClearWaitingOnBeforeSuspended'),
      SeparateSuspended: constants.boolean('SeparateSuspended'),
      SuspendWmb: constants.boolean('SuspendWmb'),
      UnsuspendWmb: constants.boolean('UnsuspendWmb'),
      MutexUnlockIsMb: constants.boolean('MutexUnlockIsMb'),
      MaskZeroed: constants.boolean('MaskZeroed'),
      PendingEvents: constants.boolean('PendingEvents'),
      EventsMasked: constants.boolean('EventsMasked'),
    }),
}
