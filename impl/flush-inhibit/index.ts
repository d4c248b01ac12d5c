/** What the catalog knows of flush-inhibit. */

import { MEMORY_MODELS } from '../lib/kernel/memory/buffer.ts'
import type { Protocol } from '../lib/protocol/protocol.ts'
import { tla } from '../lib/kernel/language/value.ts'
import { flushInhibitDocs } from './docs.ts'
import { ARGS_CHECKED, flushInhibit } from './FlushInhibit.ts'

export const flushInhibitProtocol: Protocol = {
  name: 'flush-inhibit',
  module: 'FlushInhibit',
  libraries: ['Memory', 'SRCU', 'VcpuMutex'],
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
  world: ['PendingEvents', 'BadCalls'],
  barriers: {
    SyncOnSet: { kind: 'wait', labels: ['synchronize_srcu', 'synchronize_srcu_wait'] },
    SyncOnClear: { kind: 'wait', labels: ['synchronize_srcu', 'synchronize_srcu_wait'] },
    IoctlMb: { kind: 'step', labels: ['set_tlb_flush_inhibit_smp_mb'] },
    SuspendWmb: { kind: 'step', labels: ['kvm_hv_vcpu_suspend_tlb_flush_smp_wmb'] },
    UnsuspendWmb: { kind: 'step', labels: ['kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb'] },
    MutexUnlockIsMb: { kind: 'locked', labels: ['kvm_vcpu_ioctl_mutex_unlock'] },
  },
  notAblated: {},
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
  machine: (constants) =>
    flushInhibit({
      // getters: read only by the designs in which they make a difference
      Flushers: constants.ids('Flushers'),
      Targets: constants.ids('Targets'),
      Rounds: constants.natural('Rounds'),
      Memory: constants.oneOf('Memory', MEMORY_MODELS),
      StoreBufferSlots: constants.natural('StoreBufferSlots'),
      get SyncOnSet() {
        return constants.boolean('SyncOnSet')
      },
      get SyncOnClear() {
        return constants.boolean('SyncOnClear')
      },
      get CheckBeforeRequest() {
        return constants.boolean('CheckBeforeRequest')
      },
      get IoctlMb() {
        return constants.boolean('IoctlMb')
      },
      get WaitingOnBeforeSuspended() {
        return constants.boolean('WaitingOnBeforeSuspended')
      },
      get ClearWaitingOnBeforeSuspended() {
        return constants.boolean('ClearWaitingOnBeforeSuspended')
      },
      get SeparateSuspended() {
        return constants.boolean('SeparateSuspended')
      },
      get SuspendWmb() {
        return constants.boolean('SuspendWmb')
      },
      get UnsuspendWmb() {
        return constants.boolean('UnsuspendWmb')
      },
      get MutexUnlockIsMb() {
        return constants.boolean('MutexUnlockIsMb')
      },
      get MaskZeroed() {
        return constants.boolean('MaskZeroed')
      },
      PendingEvents: constants.boolean('PendingEvents'),
      ArgsChecked: constants.oneOf('ArgsChecked', ARGS_CHECKED),
      BadCalls: constants.boolean('BadCalls'),
      get EventsMasked() {
        return constants.boolean('EventsMasked')
      },
    }),
}
