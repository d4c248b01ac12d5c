/** What the catalog knows of poll-kick. */

import { KVM_BARRIERS } from '../lib/kvm/vcpu.ts'
import { MEMORY_MODELS } from '../lib/kernel/memory/buffer.ts'
import type { Protocol } from '../lib/protocol/protocol.ts'
import { pollKickDocs } from './docs.ts'
import { pollKick } from './PollKick.ts'

export const pollKickProtocol: Protocol = {
  name: 'poll-kick',
  module: 'PollKick',
  libraries: ['Memory', 'KvmVcpu'],
  toggles: [
    'ClearBeforeCheck',
    'RestoreOnCancel',
    'ClearMb',
    'PollMb',
    'RegisterBeforeCheck',
    'WakerTakesLock',
    'WakeAll',
    'SelfKickSets',
    'WakeUpSets',
    'KickOnEvent',
    'EntryMb',
    'BlockMb',
    'WakeUpMb',
    'RequestIsMb',
    'FailedCmpxchgIsMb',
  ],
  world: ['SignalAfterAbort', 'SelfTimer', 'GuestHalts', 'IpiMayLag', 'VcpuRuns'],
  barriers: {
    ClearMb: { kind: 'step', labels: ['vcpu_enter_guest_clear_smp_mb'] },
    PollMb: { kind: 'step', labels: ['kvm_vcpu_poll_smp_mb'] },
    EntryMb: KVM_BARRIERS.EntryMb,
    WakeUpMb: KVM_BARRIERS.WakeUpMb,
    RequestIsMb: KVM_BARRIERS.RequestIsMb,
    FailedCmpxchgIsMb: KVM_BARRIERS.FailedCmpxchgIsMb,
  },
  notAblated: {
    BlockMb: 'where a vCPU blocks in the kernel in this table, memory is SC and no barrier matters',
    WakeAll: 'it matters with two pollers only, whose graphs are too large for thousands of subsets',
  },
  ablation: [
    {
      model: 'self-kick-sets.tso',
      gloss: 'one event source and one poller on x86, and a timer may fire on the vCPU’s own pCPU',
    },
    {
      model: 'every-kick-sets.sc',
      gloss: 'one event source and one poller, a timer may fire on the vCPU’s own pCPU, and the guest may halt',
    },
  ],
  docs: pollKickDocs,
  machine: (constants) =>
    pollKick({
      // getters: read only by the designs in which they make a difference
      Memory: constants.oneOf('Memory', MEMORY_MODELS),
      StoreBufferSlots: constants.natural('StoreBufferSlots'),
      Sources: constants.ids('Sources'),
      Pollers: constants.ids('Pollers'),
      get ClearBeforeCheck() {
        return constants.boolean('ClearBeforeCheck')
      },
      get RestoreOnCancel() {
        return constants.boolean('RestoreOnCancel')
      },
      get ClearMb() {
        return constants.boolean('ClearMb')
      },
      get PollMb() {
        return constants.boolean('PollMb')
      },
      get RegisterBeforeCheck() {
        return constants.boolean('RegisterBeforeCheck')
      },
      get WakerTakesLock() {
        return constants.boolean('WakerTakesLock')
      },
      get WakeAll() {
        return constants.boolean('WakeAll')
      },
      get SelfKickSets() {
        return constants.boolean('SelfKickSets')
      },
      get WakeUpSets() {
        // where no vCPU ever blocks, no kick wakes one
        const blocks = constants.boolean('GuestHalts') || constants.boolean('HaltedUserspace')
        return blocks && constants.boolean('WakeUpSets')
      },
      get KickOnEvent() {
        return constants.boolean('KickOnEvent')
      },
      get EntryMb() {
        return constants.boolean('EntryMb')
      },
      get BlockMb() {
        return constants.boolean('BlockMb')
      },
      get WakeUpMb() {
        return constants.boolean('WakeUpMb')
      },
      get RequestIsMb() {
        return constants.boolean('RequestIsMb')
      },
      get FailedCmpxchgIsMb() {
        return constants.boolean('FailedCmpxchgIsMb')
      },
      PollState: constants.boolean('PollState'),
      ModePolling: constants.boolean('ModePolling'),
      HaltedUserspace: constants.boolean('HaltedUserspace'),
      SignalAfterAbort: constants.boolean('SignalAfterAbort'),
      SelfTimer: constants.boolean('SelfTimer'),
      GuestHalts: constants.boolean('GuestHalts'),
      IpiMayLag: constants.boolean('IpiMayLag'),
      VcpuRuns: constants.boolean('VcpuRuns'),
    }),
}
