/** poll-kick in words: the statements of document 002 that each action is, for diagrams and tables. */

import type { ActionDoc, Statement, StepContext, Words } from '../lib/protocol/docs.ts'
import { KVM_ACTION_DOCS } from '../lib/kvm/docs.ts'
import { action, ifSet, nextLabel, says } from '../lib/protocol/phrases.ts'

const WAKE = { full: 'wake_up_interruptible', brief: 'wake_up' }
const ENTER = 'vcpu_enter_guest'

const publish = (context: StepContext): Statement => ({
  cause: 'an event for the vCPU',
  text: { full: 'kvm_make_request(KVM_REQ_EVENT, vcpu)', brief: 'kvm_make_request()' },
  then: context.step.kind === 'store' ? ['/* set_bit that is no barrier */'] : [],
})

const cmpxchgKicked = ({ step }: StepContext): Statement => ({
  text: {
    full: `cmpxchg(&vcpu->kicked, false, true) == ${String(step.result)}`,
    brief: 'cmpxchg(&kicked, false, true)',
  },
  then: step.result === true ? ['/* was set: wakes nobody */'] : [],
})

const exitReason: Readonly<Record<string, string>> = {
  hypercall: 'VM-exit: guest hypercall',
  ipi: 'VM-exit: IPI',
  halt: 'VM-exit: HLT',
}

const vmexit = ({ after }: StepContext): Statement => ({
  text: exitReason[after('reason', 0) ?? ''] ?? 'VM-exit',
})

const outside = (context: StepContext): Statement => ({
  text: 'vcpu->mode = OUTSIDE_GUEST_MODE',
  then: nextLabel(context) === 'KVM_RUN' ? ['/* KVM_RUN returns to userspace */'] : [],
})

const signal = (context: StepContext): Statement => ({
  text: `signal_pending(current) == ${String(context.step.result)}`,
  then: context.step.result === true ? ['return -EINTR /* to userspace */'] : [],
})

const timer = (context: StepContext): Statement =>
  context.step.result === true
    ? {
        cause: 'timer interrupt on this pCPU',
        text: 'kvm_make_request(), kvm_vcpu_kick()',
        then: nextLabel(context) === 'kvm_vcpu_kick_self' ? [] : ['goto out /* vCPU is loaded here */'],
      }
    : { text: '/* no timer interrupt */' }

const wakeUp = (context: StepContext): Statement => ({
  text: 'wake_up_process(task)',
  then: nextLabel(context) === 'kvm_make_request' ? ['return /* kicked is not set */'] : [],
})

const readKicked = ({ step }: StepContext): Statement => ({
  then: [step.result === true ? 'return EPOLLIN' : 'return 0'],
})

const waking = ({ step, before, after }: StepContext): Statement => {
  const of = step.thread[1]
  const [first] = (before('todo', of) ?? '{}').slice(1, -1).split(', ')
  return { text: `pollwake(poller ${first ?? '?'})`, then: after('todo', of) === undefined ? [] : [] }
}

const locked = (text: string): ActionDoc['statement'] => says(text)

const actions: Readonly<Record<string, ActionDoc>> = {
  ...KVM_ACTION_DOCS,
  KVM_RUN: action('kvm_vcpu_ioctl', ({ step }) => ({
    cause: step.result === true ? 'VMM: KVM_RUN, to wait for an event' : 'VMM: KVM_RUN',
    text: 'vcpu_run(vcpu)',
  })),
  kvm_check_request: action(ENTER, says('kvm_check_request(KVM_REQ_EVENT, vcpu)', '/* the event is in injection */')),
  vcpu_enter_guest_clear_kicked: action(ENTER),
  vcpu_enter_guest_clear_smp_mb: action(ENTER),
  vcpu_enter_guest_recheck: action(ENTER, ifSet('/* the entry is cancelled */')),
  vcpu_enter_guest_restore: action(ENTER, cmpxchgKicked),
  vmentry: action(ENTER, says('VM-entry')),
  vmexit: action(ENTER, vmexit),
  vcpu_enter_guest_mode_outside: action(ENTER, outside),
  local_timer_interrupt: action('apic_timer_fn', timer),
  kvm_vcpu_kick_self: action('kvm_vcpu_kick', cmpxchgKicked),
  vcpu_run_signal: action('vcpu_run', signal),
  kvm_vcpu_check_block: action('kvm_vcpu_check_block', ({ step }) => ({
    text: `kvm_arch_vcpu_runnable(vcpu) == ${String(step.result)}`,
  })),
  vcpu_run_exit_event: action('vcpu_run', says('return 0 /* to userspace: event */')),

  kvm_make_request: action('kvm_make_request', publish),
  wake_up_process: action('rcuwait_wake_up', wakeUp),
  kvm_vcpu_kick_kicked: action('kvm_vcpu_kick', cmpxchgKicked),
  vmx_deliver_posted_interrupt: action({ full: 'vmx_deliver_posted_interrupt', brief: 'vmx_deliver_posted_intr' }),

  waitqueue_active: action(WAKE, ({ step }) => ({
    text: `waitqueue_active(&vcpu->wqh) == ${String(Array.isArray(step.result) && step.result.length > 0)}`,
  })),
  wake_up_lock: action(WAKE, locked('spin_lock(&vcpu->wqh.lock)')),
  wake_up_first: action(WAKE, ({ step }) => ({
    then: Array.isArray(step.result) && step.result.length === 0 ? ['/* nobody waits */'] : [],
    text: 'list_first_entry(&vcpu->wqh.head)',
  })),
  pollwake: action(WAKE, waking),
  wake_up_unlock: action(WAKE, locked('spin_unlock(&vcpu->wqh.lock)')),

  poll_initwait: action('do_sys_poll', () => ({ cause: 'VMM: poll()', text: 'poll_initwait()' })),
  poll_wait_lock: action('poll_wait', locked('spin_lock(&vcpu->wqh.lock)')),
  poll_wait_add: action('poll_wait', says('list_add(wait, &vcpu->wqh.head)')),
  poll_wait_unlock: action('poll_wait', locked('spin_unlock(&vcpu->wqh.lock)')),
  kvm_vcpu_poll_smp_mb: action('kvm_vcpu_poll'),
  kvm_vcpu_poll_read_kicked: action('kvm_vcpu_poll', readKicked),
  kvm_vcpu_poll_read_requests: action('kvm_vcpu_poll', readKicked),
  kvm_vcpu_poll_read_injected: action('kvm_vcpu_poll', readKicked),
  kvm_vcpu_poll_read_mode: action('kvm_vcpu_poll'),
  kvm_vcpu_poll_mode_polling: action('kvm_vcpu_poll', says('vcpu->mode = POLLING_FOR_EVENTS')),
  poll_schedule_timeout: {
    function: 'do_sys_poll',
    statement: says('poll_schedule_timeout() /* woken */'),
    waits: () => 'in poll() for a wake-up',
  },
  poll_freewait_lock: action('poll_freewait', locked('spin_lock(&vcpu->wqh.lock)')),
  poll_freewait_del: action('poll_freewait', says('list_del(wait)')),
  poll_freewait_unlock: action('poll_freewait', locked('spin_unlock(&vcpu->wqh.lock)')),
}

const properties: Readonly<Record<string, string>> = {
  NoLostEventInv:
    'No event is pending for a vCPU that is parked in userspace while a poller sleeps and nobody is about to wake it.',
  ReadyMeansKickedInv: 'poll() says ready only if the vCPU was kicked since it last entered the guest.',
  ReadyMeansPendingInv: 'When poll() says ready, an event is pending or in injection.',
  GuestSeesRequestInv:
    'A vCPU in the guest that has an event pending, with no event source at work, has an IPI on its way.',
  EventReportedProp: 'An event for a vCPU that stays in userspace is reported to a poller, if one sleeps.',
  AllPollersWokenProp: 'An event for a vCPU that stays in userspace is reported to every poller that sleeps.',
  PollReturnsProp: 'Every poll() on a vCPU that stays in userspace with an event pending returns.',
  EventTakenProp: 'A vCPU in KVM_RUN takes the event that is pending for it, and gets it into the guest.',
}

/** Words for the actions and properties of poll-kick. */
export const pollKickDocs: Words = {
  actions,
  lane: ([kind, id]) => (kind === 'vcpu' ? `vCPU ${id}` : kind === 'source' ? `event source ${id}` : `poller ${id}`),
  properties,
  notes: ['vcpu->requests stands for IRR, PIR and vcpu->requests together.'],
}
