/** What the toggles of KVM's own machinery (impl/lib/kvm/vcpu.ts) mean, in words. */

import type { KvmToggles } from './vcpu.ts'
import type { ToggleDoc } from '../protocol/docs.ts'

/** A protocol says in its own words what is more or less with it, e.g. which other stores RequestIsMb is about. */
export const KVM_TOGGLE_DOCS: Readonly<Record<keyof KvmToggles, ToggleDoc>> = {
  EntryMb: {
    on: 'there is a full barrier between mode = IN_GUEST_MODE and the check for requests',
    off: 'there is no barrier between mode = IN_GUEST_MODE and the check for requests',
  },
  BlockMb: {
    on: 'set_current_state() is a full barrier before the blocking thread checks',
    off: 'there is no barrier before the blocking thread checks',
  },
  WakeUpMb: { on: 'rcuwait_wake_up() has its smp_mb()', off: 'rcuwait_wake_up() has no barrier' },
  RequestIsMb: {
    on: 'the set_bit() of kvm_make_request() is a full barrier, as on x86',
    off: 'the set_bit() of kvm_make_request() is no barrier',
  },
  FailedCmpxchgIsMb: {
    on: 'a cmpxchg() that fails is a full barrier, as on x86',
    off: 'a cmpxchg() that fails is no barrier',
  },
}
