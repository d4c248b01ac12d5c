/** What of poll-kick can be run live: where a missing barrier loses an event. */

import type { LiveScenario } from '../lib/protocol/live-scenario.ts'

const COMMON = {
  property: 'NoLostEventInv',
  counted: 'lost an event',
  control: true,
  stops: new Set(['KVM_RUN', 'kvm_make_request', 'poll_schedule_timeout', 'poll_freewait_lock']),
  history: new Set(['since_clear', 'since_entry', 'stale', 'unkicked']),
} as const

export const pollKickLive: readonly LiveScenario[] = [
  {
    // The vCPU clears kicked, finds no request and enters the guest, which leaves again for the VMM; an event comes
    // meanwhile. Then the VMM polls.
    ...COMMON,
    designs: [
      { design: 'clear-recheck-no-mb', barrier: false },
      { design: 'clear-recheck', barrier: true },
    ],
    race: ['vcpu0', 'source1'],
    after: ['poller3'],
    decide: { KVM_RUN: { always: false }, vmexit: { always: 'hypercall' }, vcpu_run_signal: 'random' },
  },
  {
    // The vCPU is out of the guest; the VMM polls while an event comes.
    ...COMMON,
    designs: [
      { design: 'lockless-waker-no-mb', barrier: false },
      { design: 'lockless-waker', barrier: true },
    ],
    race: ['poller3', 'source1'],
  },
]
