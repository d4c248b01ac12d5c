/** What the tools are told of apf-ready. */

import { KVM_BARRIERS } from '../lib/kvm/vcpu.ts'
import { protocol } from '../lib/protocol/define.ts'
import { tla } from '../lib/kernel/language/value.ts'
import { CONSTANTS, apfReady } from './ApfReady.ts'
import { apfReadyDocs } from './docs.ts'

export const apfReadyProtocol = protocol({
  name: 'apf-ready',
  module: 'ApfReady',
  constants: CONSTANTS,
  barriers: {
    EntryMb: KVM_BARRIERS.EntryMb,
    BlockMb: KVM_BARRIERS.BlockMb,
    RequestIsMb: KVM_BARRIERS.RequestIsMb,
  },
  notAblated: {
    GateByIf: 'with a word of its own for page ready it can only do harm: ack-gated-by-if',
    ScanOnExit: 'it is how events are delivered at all where nobody makes a request; landed has replaced it',
    VectorFirst: 'it matters where both MSRs enable',
    EnabledFirst: 'it matters where the guest enables the feature with interrupts on: vector-first-enabled-first',
    TokenNeverZero: 'it is about what a token is; token-zero shows it',
    NotPresentInjected: 'it is about what the guest was told; ready-without-missing shows it',
    LapicChecked: 'it matters where the local APIC may be disabled',
    OneKnob: 'it says which MSRs there are',
    GpaCheckedFirst: 'it matters where a write is rejected',
    ClearOnEnable: 'it matters where the guest disables the feature',
    PendingReset: 'it matters where the guest disables the feature',
    WakeUpMb: 'it matters where the vCPU blocks, and then only if a request is no full barrier',
    FailedCmpxchgIsMb: 'what the kick looks at is published by a full barrier before it',
  },
  ablation: [
    {
      model: 'landed.tso',
      overrides: { StoreBufferSlots: tla.int(1), RepeatedFaults: tla.bool(false) },
      gloss: 'two tokens on x86, and no VM-exit that neither the guest nor a kick has caused',
    },
    {
      model: 'landed.tso',
      overrides: { StoreBufferSlots: tla.int(1), Tokens: tla.set([tla.int(1)]) },
      gloss: 'one token, and a second task on its page: the vCPU blocks',
    },
  ],
  docs: apfReadyDocs,
  machine: apfReady,
})
