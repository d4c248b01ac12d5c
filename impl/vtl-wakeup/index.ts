/** What the catalog knows of vtl-wakeup. */

import { KVM_BARRIERS } from '../lib/kvm/vcpu.ts'
import { MEMORY_MODELS } from '../lib/kernel/memory/buffer.ts'
import type { Protocol } from '../lib/protocol/protocol.ts'
import { vtlWakeupDocs } from './docs.ts'
import { CALLS, KINDS, vtlWakeup } from './VtlWakeup.ts'

export const vtlWakeupProtocol: Protocol = {
  name: 'vtl-wakeup',
  module: 'VtlWakeup',
  libraries: ['Memory', 'KvmVcpu', 'VcpuMutex'],
  toggles: [
    'PendingCheck',
    'IgnoreIf',
    'StayInactive',
    'WaitForPark',
    'ImmediateExit',
    'StayHalted',
    'EntryMb',
    'BlockMb',
    'WakeUpMb',
    'RequestIsMb',
    'FailedCmpxchgIsMb',
    'MutexUnlockIsMb',
  ],
  world: ['GuestMasks', 'GuestClearsGif', 'ReturnBeforeEoi', 'GuestHalts', 'Bsp', 'Vsm', 'Lapic', 'InitBlocked'],
  barriers: {
    ...KVM_BARRIERS,
    // the event and the request
    RequestIsMb: {
      kind: 'locked',
      labels: [
        'kvm_lapic_set_irr',
        'kvm_make_request',
        'kvm_arch_vcpu_ioctl_set_mpstate_request',
        'kvm_apic_local_deliver_request',
      ],
    },
  },
  notAblated: {
    WaitForPark: 'the rules of the VMM need VTL0, whose graphs are too large for thousands of subsets: see naive-vmm',
    ImmediateExit:
      'the rules of the VMM need VTL0, whose graphs are too large for thousands of subsets: see handshake-only',
    StayHalted:
      'the rules of the VMM need VTL0, whose graphs are too large for thousands of subsets: see lower-inactive',
  },
  ablation: [
    {
      model: 'posted.tso.v1',
      gloss: 'VTL1 alone on x86, and interrupts come for it',
    },
  ],
  docs: vtlWakeupDocs,
  machine: (constants) =>
    vtlWakeup({
      // getters: read only by the designs in which they make a difference
      Memory: constants.oneOf('Memory', MEMORY_MODELS),
      StoreBufferSlots: constants.natural('StoreBufferSlots'),
      VTLs: constants.ids('VTLs'),
      Sources: constants.ids('Sources'),
      Kinds: constants.subsetOf('Kinds', KINDS),
      Calls: constants.subsetOf('Calls', CALLS),
      get PendingCheck() {
        return constants.boolean('PendingCheck')
      },
      get IgnoreIf() {
        return constants.boolean('IgnoreIf')
      },
      get StayInactive() {
        return constants.boolean('StayInactive')
      },
      get WaitForPark() {
        return constants.boolean('WaitForPark')
      },
      get ImmediateExit() {
        return constants.boolean('ImmediateExit')
      },
      get StayHalted() {
        return constants.boolean('StayHalted')
      },
      get HaltedUserspace() {
        return constants.boolean('HaltedUserspace')
      },
      get IfFromUserspace() {
        return constants.boolean('IfFromUserspace')
      },
      get WaitIoctl() {
        return constants.boolean('WaitIoctl')
      },
      get GuestMasks() {
        return constants.boolean('GuestMasks')
      },
      get GuestClearsGif() {
        return constants.boolean('GuestClearsGif')
      },
      get ReturnBeforeEoi() {
        return constants.boolean('ReturnBeforeEoi')
      },
      get GuestHalts() {
        return constants.boolean('GuestHalts')
      },
      get Bsp() {
        return constants.boolean('Bsp')
      },
      get Vsm() {
        return constants.boolean('Vsm')
      },
      get Lapic() {
        return constants.boolean('Lapic')
      },
      get InitBlocked() {
        return constants.boolean('InitBlocked')
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
      get MutexUnlockIsMb() {
        return constants.boolean('MutexUnlockIsMb')
      },
    }),
}
