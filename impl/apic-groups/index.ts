/** What the tools are told of apic-groups. */

import { protocol } from '../lib/protocol/define.ts'
import { CONSTANTS, apicGroups } from './ApicGroups.ts'
import { apicGroupsDocs } from './docs.ts'

const POLL_KICK = 'KVM’s own; what it is needed for is poll-kick’s subject'

export const apicGroupsProtocol = protocol({
  name: 'apic-groups',
  module: 'ApicGroups',
  constants: CONSTANTS,
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
  machine: apicGroups,
})
