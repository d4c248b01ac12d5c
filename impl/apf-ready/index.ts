/** What the catalog knows of apf-ready. */

import { KVM_BARRIERS } from '../lib/kvm/vcpu.ts'
import { MEMORY_MODELS } from '../lib/kernel/memory/buffer.ts'
import type { Protocol } from '../lib/protocol/protocol.ts'
import { tla } from '../lib/kernel/language/value.ts'
import type { ApfReadyConstants } from './ApfReady.ts'
import { apfReady } from './ApfReady.ts'
import { apfReadyDocs } from './docs.ts'

/** Read late, through getters, each only where it makes a difference. */
const TOGGLES = [
  'SlotCheck',
  'GateByIf',
  'ScanOnExit',
  'VectorFirst',
  'EnabledFirst',
  'SplitWords',
  'AckMsr',
  'ClearBeforeAck',
  'KickOnFirst',
  'TokenNeverZero',
  'NotPresentInjected',
  'LapicChecked',
  'OneKnob',
  'GpaCheckedFirst',
  'ClearOnEnable',
  'PendingReset',
  'EntryCheck',
  'EntryMb',
  'BlockMb',
  'WakeUpMb',
  'RequestIsMb',
  'FailedCmpxchgIsMb',
] as const

type Toggles = Pick<ApfReadyConstants, (typeof TOGGLES)[number]>

export const apfReadyProtocol: Protocol = {
  name: 'apf-ready',
  module: 'ApfReady',
  libraries: ['Memory', 'KvmVcpu'],
  toggles: TOGGLES,
  world: [
    'ExitsRecur',
    'OtherExits',
    'Configures',
    'IrqsOff',
    'Reconfigures',
    'TprHolds',
    'RealFaults',
    'Undeliverable',
    'RepeatedFaults',
    'LapicOff',
    'BadWrites',
    'LapicInKernel',
  ],
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
  machine: (constants) => {
    const toggles = Object.defineProperties(
      {},
      Object.fromEntries(
        TOGGLES.map((name) => [name, { enumerable: true, get: (): boolean => constants.boolean(name) }]),
      ),
    ) as Toggles
    return apfReady(
      Object.defineProperties(
        {
          Memory: constants.oneOf('Memory', MEMORY_MODELS),
          StoreBufferSlots: constants.natural('StoreBufferSlots'),
          Tokens: constants.ids('Tokens'),
          ExitsRecur: constants.boolean('ExitsRecur'),
          OtherExits: constants.boolean('OtherExits'),
          Configures: constants.boolean('Configures'),
          IrqsOff: constants.boolean('IrqsOff'),
          Reconfigures: constants.boolean('Reconfigures'),
          TprHolds: constants.boolean('TprHolds'),
          RealFaults: constants.boolean('RealFaults'),
          Undeliverable: constants.boolean('Undeliverable'),
          RepeatedFaults: constants.boolean('RepeatedFaults'),
          LapicOff: constants.boolean('LapicOff'),
          BadWrites: constants.boolean('BadWrites'),
          LapicInKernel: constants.boolean('LapicInKernel'),
        },
        Object.getOwnPropertyDescriptors(toggles),
      ) as ApfReadyConstants,
    )
  },
}
