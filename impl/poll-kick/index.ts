/** What the catalog knows of poll-kick. */

import { MEMORY_MODELS } from '../lib/memory/buffer.ts'
import type { Protocol } from '../lib/protocol.ts'
import { pollKickDocs } from './docs.ts'
import { pollKick } from './PollKick.ts'

export const pollKickProtocol: Protocol = {
  name: 'poll-kick',
  module: 'PollKick',
  libraries: ['Memory'],
  toggles: [
    'ClearBeforeCheck',
    'RestoreOnCancel',
    'ClearMb',
    'PollMb',
    'RegisterBeforeCheck',
    'WakerTakesLock',
    'WakeAll',
    'SelfKickSets',
    'KickOnEvent',
    'EntryMb',
    'WakeUpMb',
    'RequestIsMb',
    'FailedCmpxchgIsMb',
  ],
  ablation: [
    {
      model: 'self-kick-sets.tso',
      gloss: 'one event source and one poller on x86, and a timer may fire on the vCPU’s own pCPU',
    },
  ],
  docs: pollKickDocs,
  machine: (constants) =>
    pollKick({
      Memory: constants.oneOf('Memory', MEMORY_MODELS),
      StoreBufferSlots: constants.natural('StoreBufferSlots'),
      Sources: constants.ids('Sources'),
      Pollers: constants.ids('Pollers'),
      ClearBeforeCheck: constants.boolean('ClearBeforeCheck'),
      RestoreOnCancel: constants.boolean('RestoreOnCancel'),
      ClearMb: constants.boolean('ClearMb'),
      PollMb: constants.boolean('PollMb'),
      RegisterBeforeCheck: constants.boolean('RegisterBeforeCheck'),
      WakerTakesLock: constants.boolean('WakerTakesLock'),
      WakeAll: constants.boolean('WakeAll'),
      SelfKickSets: constants.boolean('SelfKickSets'),
      KickOnEvent: constants.boolean('KickOnEvent'),
      EntryMb: constants.boolean('EntryMb'),
      WakeUpMb: constants.boolean('WakeUpMb'),
      RequestIsMb: constants.boolean('RequestIsMb'),
      FailedCmpxchgIsMb: constants.boolean('FailedCmpxchgIsMb'),
      PollState: constants.boolean('PollState'),
      ModePolling: constants.boolean('ModePolling'),
      HaltedUserspace: constants.boolean('HaltedUserspace'),
      SignalAfterAbort: constants.boolean('SignalAfterAbort'),
      SelfTimer: constants.boolean('SelfTimer'),
      GuestHalts: constants.boolean('GuestHalts'),
      IpiMayLag: constants.boolean('IpiMayLag'),
    }),
}
