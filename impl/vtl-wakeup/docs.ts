/** vtl-wakeup in words: the statements of document 000 that each action is, for diagrams and tables. */

import type { ActionDoc, Statement, StepContext, Wording, Words } from '../lib/protocol/docs.ts'
import { KVM_ACTION_DOCS } from '../lib/kvm/docs.ts'
import { action, ifSet, says } from '../lib/protocol/phrases.ts'

const VMM = 'VMM'
const ENTER = 'vcpu_enter_guest'
const RUN = { full: 'kvm_arch_vcpu_ioctl_run', brief: 'vcpu_ioctl_run' }
const SET = { full: 'kvm_arch_vcpu_ioctl_set_mpstate', brief: 'ioctl_set_mpstate' }
const EVENTS = 'kvm_vcpu_has_events'
const ACCEPT = 'kvm_apic_accept_events'
const EXIT = 'kvm_vcpu_exit_request'

const reports = ({ step }: StepContext): readonly string[] => (step.result === true ? ['return true'] : [])

const event =
  (cause: string, text: string | Wording) =>
  ({ step }: StepContext): Statement => ({
    cause,
    text,
    then: step.kind === 'store' ? ['/* no barrier */'] : [],
  })

const setMpState = (context: StepContext): Statement => {
  const refused = context.step.result === 'EINVAL'
  const state = context.after('mp_state', context.step.thread[1]) ?? 'RUNNABLE'
  return refused
    ? { text: 'goto out', then: ['return -EINVAL'] }
    : { text: { full: `mp_state = ${state.replaceAll('"', '')}`, brief: `mp_state = ${state.replaceAll('"', '')}` } }
}

const switchesTo = (context: StepContext): Statement => {
  const state = (context.after('mp_state', context.vcpu) ?? '').replaceAll('"', '')
  const before = (context.before('mp_state', context.vcpu) ?? '').replaceAll('"', '')
  return state === '' || state === before
    ? { text: 'switch (mp_state)', then: ['/* nothing changes */'] }
    : { text: `mp_state = ${state}` }
}

const hasInterrupt = ({ step, vcpu, before }: StepContext): Statement => ({
  text: `kvm_cpu_has_interrupt() == ${String(step.result)}`,
  then:
    step.result === true ? ['return true'] : before('rflags_if', vcpu) === 'false' ? ['/* RFLAGS.IF is clear */'] : [],
})

const exitReason: Readonly<Record<string, string>> = {
  ipi: 'VM-exit: IPI',
  hlt: 'VM-exit: HLT',
  vtl_return: 'VM-exit: HvCallVtlReturn',
}

const returns = (context: StepContext): Statement => {
  const reason = (context.before('reason', context.vcpu) ?? '').replaceAll('"', '')
  const what: Readonly<Record<string, string>> = {
    wakeup: 'return 0 /* WAKEUP */',
    vtl_return: 'return 0 /* hypercall */',
    EINTR: 'return -EINTR',
  }
  return { text: 'mutex_unlock(&vcpu->mutex)', then: [what[reason] ?? 'return 0'] }
}

const waitsForMutex = (): string => 'for vcpu->mutex'

const locks = (name: string | Wording, cause: string): ActionDoc => ({
  function: name,
  statement: () => ({ cause, text: { full: 'mutex_lock(&vcpu->mutex)', brief: 'mutex_lock()' } }),
  waits: waitsForMutex,
})

const CALLED: Readonly<Record<string, string>> = {
  nested: 'KVM_SET_NESTED_STATE',
  sregs: 'KVM_SET_SREGS',
  shadow: 'KVM_SET_VCPU_EVENTS',
}

const calls = ({ step }: StepContext): Statement => {
  const called = String(step.result)
  if (called === 'EINTR') return { text: 'mutex_lock_killable()', then: ['return -EINTR'] }
  return { cause: `VMM: ${CALLED[called] ?? 'KVM_SET_MP_STATE'}`, text: 'mutex_lock_killable()' }
}

const ioctlReturns = (context: StepContext): Statement => {
  const errno = (context.before('call_errno', 1) ?? 'none').replaceAll('"', '')
  return { text: errno === 'none' ? 'return 0' : `return -${errno}` }
}

const actions: Readonly<Record<string, ActionDoc>> = {
  ...KVM_ACTION_DOCS,
  vmm_clear_immediate_exit: action(VMM, says('run->immediate_exit = 0')),
  vmm_read_stop: action(VMM, ({ step }) => ({ text: `if (stop) == ${String(step.result)}` })),
  vmm_park: action(VMM, says('parked = true')),
  vmm_wait_resume: {
    function: VMM,
    statement: says('parked = false', '/* VTL1 has returned */'),
    waits: () => 'parked, for VTL1 to return',
  },
  vmm_stop: action(VMM, () => ({ cause: 'KVM_RUN said WAKEUP', text: 'stop = true' })),
  tgkill: action('tgkill', says('/* signal for VTL0 */')),
  signal_wake_up: action('signal_wake_up', says('/* wakes it, or an IPI */')),
  vmm_wait_parked: {
    function: VMM,
    statement: says('/* VTL0 is parked */'),
    waits: () => 'for VTL0 to be parked',
  },
  vmm_resume: action(VMM, says('stop = false')),
  KVM_SET_REGS: action('KVM_SET_REGS', says('/* RFLAGS.IF */')),
  KVM_SET_MP_STATE: locks('KVM_SET_MP_STATE', 'VMM'),
  kvm_arch_vcpu_ioctl_set_mpstate: action(SET, setMpState),
  kvm_arch_vcpu_ioctl_set_mpstate_request: action(
    SET,
    says({ full: 'kvm_make_request(KVM_REQ_EVENT, vcpu)', brief: 'kvm_make_request()' }),
  ),
  kvm_vcpu_ioctl_set_mpstate_unlock: action(
    'kvm_vcpu_ioctl',
    says({ full: 'mutex_unlock(&vcpu->mutex)', brief: 'mutex_unlock()' }),
  ),
  KVM_WAIT: locks('KVM_WAIT', 'VMM'),
  KVM_RUN: locks('KVM_RUN', 'VMM'),
  kvm_arch_vcpu_ioctl_run_immediate_exit: action(RUN, ({ step }) => ({
    text: `if (run->immediate_exit) == ${String(step.result)}`,
  })),
  kvm_vcpu_ioctl_run_unlock: action('kvm_vcpu_ioctl', returns),
  kvm_vcpu_running: action('kvm_vcpu_running', ({ step }) => ({ text: `mp_state == ${String(step.result)}` })),
  kvm_apic_has_pending_init_or_sipi: action(EVENTS, (context) => ({
    text: `apic->pending_events ${context.step.result === true ? '!' : '='}= 0`,
    then: reports(context),
  })),
  kvm_vcpu_has_events_pv_unhalted: action(EVENTS, ifSet('return true')),
  kvm_vcpu_has_events_nmi: action(EVENTS, (context) => ({
    text: `kvm_test_request(KVM_REQ_NMI) == ${String(context.step.result)}`,
    then: reports(context),
  })),
  kvm_cpu_has_interrupt: action(EVENTS, hasInterrupt),
  kvm_vcpu_check_block_timer: action('kvm_vcpu_check_block', ifSet('return -EINTR')),
  kvm_vcpu_check_block_signal: action('kvm_vcpu_check_block', ({ step }) => ({
    text: `signal_pending(current) == ${String(step.result)}`,
  })),
  kvm_apic_accept_events_init: action(ACCEPT, (context) => ({
    text: 'test_and_clear_bit(INIT)',
    then:
      context.before('init', context.vcpu) === 'true'
        ? [`mp_state = ${(context.after('mp_state', context.vcpu) ?? 'RUNNABLE').replaceAll('"', '')}`]
        : [],
  })),
  kvm_apic_accept_events_sipi: action(ACCEPT, ({ step }) => ({
    text: 'test_and_clear_bit(SIPI)',
    then: [`/* mp_state is ${String(step.result)} */`],
  })),
  vcpu_block_mp_state: action('vcpu_block', switchesTo),
  kvm_cpu_has_pending_timer: action('vcpu_run', ({ step }) => ({
    text: `kvm_cpu_has_pending_timer() == ${String(step.result)}`,
  })),
  kvm_apic_local_deliver: action('kvm_apic_local_deliver', says('set_bit(vector, IRR)')),
  kvm_apic_local_deliver_request: action('kvm_apic_local_deliver', says('kvm_make_request()')),
  kvm_inject_apic_timer_irqs: action('kvm_inject_apic_timer_irqs', says('lapic_timer.pending = 0')),
  kvm_hv_vcpu_is_idle_vtl: action('vcpu_run', ({ step }) => ({
    text: { full: `if (mp_state == ${String(step.result)} && ...)`, brief: `mp_state == ${String(step.result)}` },
  })),
  vcpu_run_signal: action('vcpu_run', ({ step }) => ({
    text: `signal_pending(current) == ${String(step.result)}`,
    then: step.result === true ? ['r = -EINTR'] : [],
  })),
  kvm_check_request: action(
    ENTER,
    says({ full: 'kvm_check_request(KVM_REQ_EVENT, vcpu)', brief: 'kvm_check_request()' }),
  ),
  process_nmi: action('process_nmi', says('atomic_xchg(&nmi_queued, 0)')),
  kvm_vcpu_exit_request_work: action(EXIT, ({ step }) => ({
    text: `signal_pending(current) == ${String(step.result)}`,
    then: step.result === true ? ['/* the entry is cancelled */'] : [],
  })),
  vmentry: action(ENTER, says('VM-entry')),
  vmexit: action(ENTER, ({ step }) => ({ text: exitReason[String(step.result)] ?? 'VM-exit' })),
  guest_takes_interrupt: {},
  guest_hlt: {},
  signal_handler: {},

  source_event: {},
  kvm_lapic_set_irr: action('kvm_lapic_set_irr', event('an interrupt', 'set_bit(vector, IRR)')),
  kvm_lapic_set_irr_masked: action('kvm_lapic_set_irr', event('an interrupt below TPR', 'set_bit(vector, IRR)')),
  apic_timer_expired: action('apic_timer_expired', event('a timer', 'lapic_timer.pending++')),
  kvm_inject_nmi: action('kvm_inject_nmi', event('an NMI', 'atomic_inc(&nmi_queued)')),
  kvm_pv_kick_cpu_op: action('kvm_pv_kick_cpu_op', event('KVM_HC_KICK_CPU', 'pv_unhalted = 1')),
  apic_accept_init: action('__apic_accept_irq', event('an INIT', 'pending_events = INIT')),
  apic_accept_sipi: action('__apic_accept_irq', event('a SIPI', 'set_bit(SIPI)')),
  kvm_make_request: action('kvm_make_request', ({ step }) => ({
    text: { full: 'set_bit(req, &vcpu->requests)', brief: 'set_bit(req, &requests)' },
    then: step.kind === 'store' ? ['/* no barrier */'] : [],
  })),

  kvm_vcpu_ioctl: { function: 'kvm_vcpu_ioctl', statement: calls },
  kvm_arch_vcpu_ioctl_set_nested_state: action('svm_set_nested_state', (context) => ({
    text: context.after('guest_mode', 1) === 'true' ? 'enter_guest_mode()' : 'svm_leave_nested()',
  })),
  kvm_arch_vcpu_ioctl_set_sregs: action('__set_sregs_common', says('mp_state = RUNNABLE')),
  kvm_arch_vcpu_ioctl_set_vcpu_events: action(
    { full: 'kvm_vcpu_ioctl_x86_set_vcpu_events', brief: 'set_vcpu_events' },
    says('set_interrupt_shadow()'),
  ),
  kvm_vcpu_ioctl_unlock: action('kvm_vcpu_ioctl', says('mutex_unlock(&vcpu->mutex)')),
  kvm_vcpu_ioctl_return: action('kvm_vcpu_ioctl', ioctlReturns),
}

const properties: Readonly<Record<string, string>> = {
  OneVtlInGuestInv: 'At most one VTL of the virtual processor is in the guest.',
  InactiveNeverRunsInv: 'KVM never takes an inactive VTL into the guest before the VMM has said so.',
  WakeupHasCauseInv: 'A WAKEUP exit has a cause that entering the guest consumes.',
  IfIgnoredInv: 'RFLAGS.IF has no say in whether an interrupt wakes an inactive VTL; GIF and the shadow of STI have.',
  InactiveNotNestedInv: 'HV_INACTIVE_VTL is for a vCPU out of guest mode, with VSM in its CPUID.',
  RunnableOnlyAloneInv: 'RUNNABLE is set only while the vCPUs of all other VTLs are parked in userspace or inactive.',
  HaltSurvivesInv: 'A VTL0 that was halted when VTL1 preempted it does not go on before an event of its own.',
  WakeupReportedProp: 'An event that wakes an inactive VTL in KVM_RUN is reported by a WAKEUP exit.',
  InterruptTakenProp: 'VTL1 takes its interrupt.',
  LowerVtlRunsProp: 'A VTL0 that was parked runs again when no more events come.',
  NoWakeupLoopProp: 'WAKEUP exits do not follow each other for ever with no event consumed and no sleep.',
}

/** Words for the actions and properties of vtl-wakeup. */
export const vtlWakeupDocs: Words = {
  actions,
  lane: ([kind, id]) =>
    kind === 'vcpu' ? `vCPU of VTL${id}` : kind === 'source' ? `events for VTL${id}` : 'another VMM thread',
  properties,
  notes: [],
}
