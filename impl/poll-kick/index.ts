/** What the tools are told of poll-kick. */

import { KVM_BARRIERS } from '../lib/kvm/vcpu.ts'
import { protocol } from '../lib/protocol/define.ts'
import { pollKickDocs } from './docs.ts'
import { CONSTANTS, pollKick } from './PollKick.ts'

export const pollKickProtocol = protocol({
  name: 'poll-kick',
  module: 'PollKick',
  constants: CONSTANTS,
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
  machine: pollKick,
})
