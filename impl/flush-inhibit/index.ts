/** What the tools are told of flush-inhibit. */

import { protocol } from '../lib/protocol/define.ts'
import { tla } from '../lib/kernel/language/value.ts'
import { flushInhibitDocs } from './docs.ts'
import { CONSTANTS, flushInhibit } from './FlushInhibit.ts'

export const flushInhibitProtocol = protocol({
  name: 'flush-inhibit',
  module: 'FlushInhibit',
  constants: CONSTANTS,
  barriers: {
    SyncOnSet: { kind: 'wait', labels: ['synchronize_srcu', 'synchronize_srcu_wait'] },
    SyncOnClear: { kind: 'wait', labels: ['synchronize_srcu', 'synchronize_srcu_wait'] },
    IoctlMb: { kind: 'step', labels: ['set_tlb_flush_inhibit_smp_mb'] },
    SuspendWmb: { kind: 'step', labels: ['kvm_hv_vcpu_suspend_tlb_flush_smp_wmb'] },
    UnsuspendWmb: { kind: 'step', labels: ['kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb'] },
    MutexUnlockIsMb: { kind: 'locked', labels: ['kvm_vcpu_ioctl_mutex_unlock'] },
  },
  ablation: [
    {
      model: 'posted.sc.t2',
      gloss: 'one flusher, two targets, no events: the order of stores matters to a second target',
    },
    {
      model: 'pending-event.sc',
      overrides: { Flushers: tla.set([tla.int(0)]), SrcuReaders: tla.set([tla.int(0)]) },
      gloss: 'one flusher, one target, and an event may become pending on a suspended vCPU',
    },
  ],
  docs: flushInhibitDocs,
  machine: flushInhibit,
})
