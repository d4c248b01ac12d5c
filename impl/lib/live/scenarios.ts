/**
 * What a live run does: which programs race on the two cores, which run after them, what the world decides, and in which
 * designs. The programs themselves are the machines'; nothing of them is here.
 *
 * A round begins in the initial state. The two racers run at the same time, each until it is at a label of `stops`
 * again; then, when both have stopped and their stores are visible, the threads of `after` run, one after the other. A
 * thread that is not named stays where it starts.
 */

/** What the world decides at a step with choices: always the same, or a coin toss. */
export type Decision = { readonly always: unknown } | 'random'

/** One design of a scenario. */
export interface LiveDesign {
  readonly design: string
  /** does it have the barrier, or the locked instruction, that the scenario is about? */
  readonly barrier: boolean
}

export interface LiveScenario {
  readonly protocol: string
  readonly designs: readonly LiveDesign[]
  /** the invariant that a lost event violates at the end of a round */
  readonly property: string
  /** what is counted, for people */
  readonly counted: string
  /** if no round violates it where the model says that one may, has the run shown nothing? */
  readonly control: boolean
  readonly race: readonly [string, string]
  readonly after: readonly string[]
  readonly stops: ReadonlySet<string>
  readonly decide: Readonly<Record<string, Decision>>
  /** variables that no program reads: they are for other properties than this one, and no C code has them */
  readonly history: ReadonlySet<string>
}

const POLL_KICK = {
  protocol: 'poll-kick',
  property: 'NoLostEventInv',
  counted: 'lost an event',
  control: true,
  stops: new Set(['KVM_RUN', 'kvm_make_request', 'poll_schedule_timeout', 'poll_freewait_lock']),
  history: new Set(['since_clear', 'since_entry', 'stale', 'unkicked']),
} as const

const litmus = (design: string, barrier: boolean, control = false): LiveScenario => ({
  protocol: 'litmus',
  designs: [{ design, barrier }],
  property: 'OutcomeForbiddenInv',
  counted: 'had the outcome',
  control,
  race: ['P0', 'P1'],
  after: [],
  stops: new Set(['done']),
  decide: {},
  history: new Set(),
})

/** All live runs there are. */
export const SCENARIOS: readonly LiveScenario[] = [
  {
    // The vCPU clears kicked, finds no request and enters the guest, which leaves again for the VMM; an event comes
    // meanwhile. Then the VMM polls.
    ...POLL_KICK,
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
    ...POLL_KICK,
    designs: [
      { design: 'lockless-waker-no-mb', barrier: false },
      { design: 'lockless-waker', barrier: true },
    ],
    race: ['poller3', 'source1'],
    after: [],
    decide: {},
  },
  // store buffering itself: hardware that does not show this shows nothing
  litmus('sb', false, true),
  litmus('sb+mbs', true),
  litmus('sb+rmws', true),
  litmus('r', false),
  litmus('r+mbs', true),
  litmus('mp', false),
]
