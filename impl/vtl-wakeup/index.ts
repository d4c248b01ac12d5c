/** What the tools are told of vtl-wakeup. */

import { KVM_BARRIERS } from '../lib/kvm/vcpu.ts'
import { protocol } from '../lib/protocol/define.ts'
import { vtlWakeupDocs } from './docs.ts'
import { CONSTANTS, vtlWakeup } from './VtlWakeup.ts'

export const vtlWakeupProtocol = protocol({
  name: 'vtl-wakeup',
  module: 'VtlWakeup',
  constants: CONSTANTS,
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
  machine: vtlWakeup,
})
