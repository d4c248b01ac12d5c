/** What the catalog knows of apic-groups. */

import { MEMORY_MODELS } from '../lib/kernel/memory/buffer.ts'
import type { Protocol } from '../lib/protocol/protocol.ts'
import { apicGroups } from './ApicGroups.ts'
import { apicGroupsDocs } from './docs.ts'

const POLL_KICK = 'KVM’s own; what it is needed for is poll-kick’s subject'

export const apicGroupsProtocol: Protocol = {
  name: 'apic-groups',
  module: 'ApicGroups',
  libraries: ['Memory', 'KvmVcpu', 'VcpuMutex'],
  toggles: [
    'ClearFirst',
    'BroadcastFirst',
    'MaskExternal',
    'MatchCorrected',
    'VtlReadFirst',
    'CheckHierarchy',
    'CheckVtlRange',
    'LookupByVcpuId',
    'TrylockSibling',
    'ConfigureLocked',
    'RerunAfterHandled',
    'QueueBeforeWake',
    'RetryOnEom',
    'EntryMb',
    'BlockMb',
    'WakeUpMb',
    'RequestIsMb',
    'FailedCmpxchgIsMb',
    'MutexUnlockIsMb',
  ],
  world: [
    'SendsPhysical',
    'SendsBroadcast',
    'GroupBitsInDest',
    'SendsLogical',
    'SendsShorthand',
    'SendsMsi',
    'SendsGsi',
    'SendsPv',
    'Looks',
    'WritesApicId',
    'Translates',
    'Faults',
    'Configures',
  ],
  barriers: {},
  notAblated: {
    EntryMb: POLL_KICK,
    BlockMb: POLL_KICK,
    WakeUpMb: POLL_KICK,
    RequestIsMb: POLL_KICK,
    FailedCmpxchgIsMb: POLL_KICK,
    MutexUnlockIsMb: 'no verdict is about what comes after an unlock',
  },
  ablation: [
    { model: 'posted.sc', gloss: 'IPIs of VTL 0 and VTL 1, physical with group bits and logical' },
    { model: 'posted.sc.msi', gloss: 'the MSIs of a device' },
    { model: 'pv-ipi-read-first.sc', gloss: 'PV IPIs of VTL 0 and VTL 1' },
    { model: 'writable-apic-id.sc', gloss: 'lookups of siblings, by guests that write their APIC id' },
    { model: 'sibling-unlocked.sc', gloss: 'VTL 1 translates addresses of VTL 0, whose vCPU runs' },
    { model: 'unchecked-vtl.sc.translate', gloss: 'VTL 0 translates addresses of VTL 1' },
    { model: 'configure-race.sc', gloss: 'groups are configured while a vCPU is created' },
    { model: 'intercept-slot.sc', gloss: 'faults, as posted' },
    { model: 'namespace.sc.fault', gloss: 'faults, by the reviewer’s rules' },
  ],
  docs: apicGroupsDocs,
  machine: (constants) =>
    apicGroups({
      // getters: read only by the designs in which they make a difference
      Memory: constants.oneOf('Memory', MEMORY_MODELS),
      StoreBufferSlots: constants.natural('StoreBufferSlots'),
      GroupShift: constants.natural('GroupShift'),
      GroupBits: constants.natural('GroupBits'),
      Requesters: constants.ids('Requesters'),
      Siblings: constants.ids('Siblings'),
      CreateIds: constants.ids('CreateIds'),
      get ClearFirst() {
        return constants.boolean('ClearFirst')
      },
      get BroadcastFirst() {
        return constants.boolean('BroadcastFirst')
      },
      get MaskExternal() {
        return constants.boolean('MaskExternal')
      },
      get MatchCorrected() {
        return constants.boolean('MatchCorrected')
      },
      get VtlReadFirst() {
        return constants.boolean('VtlReadFirst')
      },
      get CheckHierarchy() {
        return constants.boolean('CheckHierarchy')
      },
      get CheckVtlRange() {
        return constants.boolean('CheckVtlRange')
      },
      get LookupByVcpuId() {
        return constants.boolean('LookupByVcpuId')
      },
      get TrylockSibling() {
        return constants.boolean('TrylockSibling')
      },
      get ConfigureLocked() {
        return constants.boolean('ConfigureLocked')
      },
      get RerunAfterHandled() {
        return constants.boolean('RerunAfterHandled')
      },
      get QueueBeforeWake() {
        return constants.boolean('QueueBeforeWake')
      },
      get RetryOnEom() {
        return constants.boolean('RetryOnEom')
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
      Namespace: constants.boolean('Namespace'),
      Product: constants.boolean('Product'),
      SendsPhysical: constants.boolean('SendsPhysical'),
      SendsBroadcast: constants.boolean('SendsBroadcast'),
      GroupBitsInDest: constants.boolean('GroupBitsInDest'),
      SendsLogical: constants.boolean('SendsLogical'),
      SendsShorthand: constants.boolean('SendsShorthand'),
      SendsMsi: constants.boolean('SendsMsi'),
      SendsGsi: constants.boolean('SendsGsi'),
      SendsPv: constants.boolean('SendsPv'),
      Looks: constants.boolean('Looks'),
      WritesApicId: constants.boolean('WritesApicId'),
      Translates: constants.boolean('Translates'),
      Faults: constants.boolean('Faults'),
      Configures: constants.boolean('Configures'),
    }),
}
