/** flush-inhibit in words: the statements of the patch (document 004) that each action is, for diagrams and tables. */

import type { ActionDoc, Statement, StepContext, Words } from '../lib/protocol/docs.ts'
import { action, members, vcpus } from '../lib/protocol/phrases.ts'
import type { StateReader } from '../lib/behaviour/state-reader.ts'
import { labelOf } from '../lib/behaviour/state-reader.ts'

const INHIBIT = {
  full: 'kvm_vcpu_ioctl_set_tlb_flush_inhibit',
  brief: 'set_tlb_flush_inhibit',
}

const UNSUSPEND = {
  full: 'kvm_hv_vcpu_unsuspend_tlb_flush',
  brief: 'unsuspend_tlb_flush',
}

const SUSPEND = {
  full: 'kvm_hv_vcpu_suspend_tlb_flush',
  brief: 'suspend_tlb_flush',
}

/** The element that a set has after the step and did not have before. */
const added = ({ before, after }: StepContext, variable: string, key: number): string | undefined =>
  members(after(variable, key)).find((e) => !members(before(variable, key)).includes(e))

const removed = ({ before, after }: StepContext, variable: string, key: number): string | undefined =>
  members(before(variable, key)).find((e) => !members(after(variable, key)).includes(e))

const inForce = (state: StateReader, target: string | number): boolean => state('in_force', Number(target)) === 'true'

/** Targets among `set` whose inhibit is in force. */
const inhibited = (state: StateReader, set: string | undefined): string =>
  members(set)
    .filter((t) => inForce(state, t))
    .map((t) => `v${t}`)
    .join(' and ')

const hypercall = ({ vcpu, after }: StepContext): Statement => ({
  cause: `guest: flush ${vcpus(after('targets', vcpu))}`,
  text: 'srcu_read_lock(&kvm->srcu)',
})

const readInhibit = ({ step, vcpu, after }: StepContext): Statement => {
  if (step.result === 0) return {}
  const asked = members(after('posted', vcpu)).map((t) => `v${t}`)
  return {
    then: [asked.length === 0 ? 'goto ret_suspend' : `goto ret_suspend /* though ${asked.join(', ')} is asked */`],
  }
}

/** A target whose ioctl is about to reset waiting_on of vCPU `f`, as it found it before. */
const resetter = (state: StateReader, f: number): string | undefined =>
  members(state('targets', f)).find(
    (t) =>
      labelOf(state, ['ioctl', Number(t)]) === 'kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on' &&
      state('scan', Number(t)) === String(f) &&
      state('waiting_on', f) !== t,
  )

const suspendWaitingOn = ({ vcpu, after }: StepContext): Statement => {
  const t = resetter(after, vcpu)
  return t === undefined ? {} : { then: [`/* the ioctl on vCPU ${t} is about to reset it */`] }
}

const suspendSuspended = ({ vcpu, after }: StepContext): Statement => {
  const waitingOn = after('waiting_on', vcpu)
  return waitingOn === after('cause', vcpu) ? {} : { then: [`/* waiting_on is still ${waitingOn ?? '?'} */`] }
}

/** At the end of the scan: who will be woken though the scan has not released it. */
const scanned = ({ vcpu, after }: StepContext): Statement => {
  if (labelOf(after, ['ioctl', vcpu]) !== 'kvm_hv_vcpu_unsuspend_tlb_flush_wake') return {}
  const released = members(after('unsuspended', vcpu))
  const others = members(after('vcpu_mask', vcpu)).filter((v) => !released.includes(v))
  return others.length === 0 ? {} : { then: [`/* will wake vCPU ${others.join(', ')}, not released here */`] }
}

const request = (context: StepContext): Statement => {
  const { vcpu, before, after } = context
  // a second request to the same target changes no set; the target is then the next one of the loop
  const target = added(context, 'posted', vcpu) ?? removed(context, 'todo', vcpu) ?? members(before('todo', vcpu))[0]
  const late = target !== undefined && members(after('late', vcpu)).includes(target)
  return {
    text: {
      full: `set_bit(HV_TLB_FLUSH, v${target ?? '?'}->requests)`,
      brief: `set_bit(HV_TLB_FLUSH, v${target ?? '?'})`,
    },
    then: late ? [`/* posted while v${target} is inhibited */`] : [],
  }
}

const completion = ({ vcpu, before, after }: StepContext): string => {
  if (after('result', vcpu) === 'none') return 'return 1 /* to be retried */'
  if (after('result', vcpu) === 'EBUSY') return '/* guest gets -EBUSY as result */'
  const late = inhibited(before, before('targets', vcpu))
  return late === '' ? '/* the hypercall completes */' : `/* completes while ${late} is inhibited */`
}

const complete = (context: StepContext): Statement => ({ then: [completion(context)] })

const hasEvents = ({ step, vcpu }: StepContext): Statement => ({
  text: `kvm_vcpu_has_events(v${vcpu}) == ${String(step.result)}`,
  then: step.result === true ? ['/* runnable: does not sleep */'] : [],
})

/** vcpu_block finds the vCPU runnable before it has left its section of kvm->srcu. */
const blockHasEvents = (context: StepContext): Statement => ({
  ...hasEvents(context),
  then: context.step.result === true ? ['/* runnable: does not sleep, kvm->srcu stays locked */'] : [],
})

/** A call that must be rejected, as the VMM makes it; a proper one is not among them. */
const BAD_CALLS: Readonly<Record<string, string>> = {
  fault: 'bad pointer',
  flags: 'flags not 0',
  value: 'inhibit = 2',
  unknown: 'unknown ioctl',
  dead: 'dead or foreign VM',
  killed: 'killed while it waits',
}

const isError = (errno = 'none'): boolean => errno !== 'none' && errno !== '0'

const mutexLock = ({ vcpu, after }: StepContext): Statement => {
  const [bad, errno] = [BAD_CALLS[after('call', vcpu) ?? 'none'], after('errno', vcpu)]
  if (bad !== undefined && isError(errno)) {
    return labelOf(after, ['ioctl', vcpu]) === 'kvm_vcpu_ioctl_mutex_lock'
      ? { cause: `VMM: ${bad}`, text: `return -${errno ?? ''}` }
      : { cause: `VMM: ${bad}`, text: `mutex_lock(&v${vcpu}->mutex)`, then: [`r = -${errno ?? ''}; goto out`] }
  }
  const set = after('inhibit', vcpu) !== '0'
  const garbage = members(after('vcpu_mask', vcpu))
  return {
    cause: `VMM: ${set ? 'inhibit' : 'uninhibit'} vCPU ${vcpu}${bad === undefined ? '' : `, ${bad}`}`,
    text: `mutex_lock(&v${vcpu}->mutex)`,
    then: garbage.length === 0 ? [] : [`/* vcpu_mask on the stack holds ${after('vcpu_mask', vcpu) ?? ''} */`],
  }
}

/** What is to be said of the value that a call returns. */
const returning = ({ vcpu, after }: StepContext): string => {
  const [call, errno, inhibit] = [after('call', vcpu), after('errno', vcpu), after('tlb_flush_inhibit', vcpu)]
  if (isError(errno)) {
    const changed = inhibit !== after('was', vcpu)
    return `return -${errno ?? ''}${changed ? ` /* yet v${vcpu}->tlb_flush_inhibit is ${inhibit ?? '?'} */` : ''}`
  }
  const bad = BAD_CALLS[call ?? 'none']
  if (bad !== undefined) return `return 0 /* though ${bad} */`
  return inForce(after, vcpu) ? `return /* v${vcpu} now inhibited */` : 'return'
}

const mutexUnlock = (context: StepContext): Statement => ({
  text: `mutex_unlock(&v${context.vcpu}->mutex)`,
  then: [returning(context)],
})

const readOwnInhibit = ({ step, vcpu, after }: StepContext): Statement =>
  String(step.result) === after('inhibit', vcpu) ? { then: ['return 0 /* nothing to change */'] } : {}

const synchronize = ({ vcpu, after }: StepContext): Statement => {
  const open = vcpus(after('srcu_gp', vcpu))
  return {
    text: 'synchronize_srcu(&kvm->srcu)',
    then: open === '' ? [] : [`/* waits for ${open} */`],
  }
}

const wake = (context: StepContext): Statement => {
  const v = removed(context, 'vcpu_mask', context.vcpu) ?? '?'
  return { text: { full: `set_bit(EVENT, v${v}->requests), kick`, brief: `set_bit(EVENT, v${v}), kick` } }
}

const checkRequest = ({ vcpu, before }: StepContext): Statement => ({
  cause: `VMM: KVM_RUN of vCPU ${vcpu}`,
  text: { full: `kvm_check_request(HV_TLB_FLUSH, v${vcpu})`, brief: `check_request(HV_TLB_FLUSH)` },
  then: inForce(before, vcpu) ? [`/* flushes while v${vcpu} is inhibited */`] : [],
})

/** By label. A statement that is missing is what the step's access says: READ_ONCE and WRITE_ONCE of the patch. */
const actions: Readonly<Record<string, ActionDoc>> = {
  vmexit_hypercall: action('vcpu_enter_guest', hypercall),
  vmexit_hypercall_again: action('vcpu_enter_guest', () => ({
    cause: 'guest: same hypercall again',
    text: 'srcu_read_lock(&kvm->srcu)',
  })),
  kvm_hv_flush_tlb_read_inhibit: action('kvm_hv_flush_tlb', readInhibit),
  kvm_make_vcpus_request_mask: action('kvm_make_vcpus_request_mask', request),
  kvm_hv_vcpu_suspend_tlb_flush_waiting_on: action(SUSPEND, suspendWaitingOn),
  kvm_hv_vcpu_suspend_tlb_flush_smp_wmb: action(SUSPEND),
  kvm_hv_vcpu_suspend_tlb_flush_suspended: action(SUSPEND, suspendSuspended),
  kvm_hv_hypercall_complete: action('kvm_hv_hypercall_complete', complete),
  vcpu_run_running: action('vcpu_run'),
  vcpu_enter_guest: action('vcpu_enter_guest'),
  vcpu_block_running: action('vcpu_block'),
  vcpu_block_has_events: action('vcpu_block', blockHasEvents),
  vcpu_block_srcu_read_unlock: action('vcpu_block'),
  kvm_vcpu_check_block_running: action('kvm_vcpu_check_block'),
  kvm_vcpu_check_block_has_events: action('kvm_vcpu_check_block', hasEvents),
  kvm_vcpu_block_schedule: {
    function: 'kvm_vcpu_block',
    statement: () => ({ text: 'schedule() /* woken */' }),
    waits: () => 'in schedule() for a wake-up',
  },
  vcpu_block_srcu_read_lock: action('vcpu_block'),

  kvm_vcpu_ioctl_mutex_lock: action('kvm_vcpu_ioctl', mutexLock),
  set_tlb_flush_inhibit_read: action(INHIBIT, readOwnInhibit),
  set_tlb_flush_inhibit_write: action(INHIBIT),
  set_tlb_flush_inhibit_smp_mb: action(INHIBIT),
  synchronize_srcu: action(INHIBIT, synchronize),
  synchronize_srcu_wait: {
    ...action(INHIBIT, () => ({ text: 'synchronize_srcu() returns' })),
    waits: (state, [, vcpu]) =>
      `in synchronize_srcu() for ${vcpus(state('srcu_gp', vcpu))} to leave its kvm->srcu section`,
  },
  kvm_hv_vcpu_unsuspend_tlb_flush_read_suspended: action(UNSUSPEND, scanned),
  kvm_hv_vcpu_unsuspend_tlb_flush_read_waiting_on: action(UNSUSPEND, scanned),
  kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on: action(UNSUSPEND),
  kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb: action(UNSUSPEND),
  kvm_hv_vcpu_unsuspend_tlb_flush_suspended: action(UNSUSPEND),
  kvm_hv_vcpu_unsuspend_tlb_flush_wake: action('kvm_make_vcpus_request_mask', wake),
  kvm_vcpu_ioctl_mutex_unlock: action('kvm_vcpu_ioctl', mutexUnlock),

  kvm_check_request: action('vcpu_enter_guest', checkRequest),
  kvm_hv_vcpu_flush_tlb: action('kvm_hv_vcpu_flush_tlb', () => ({ text: 'flush', then: ['/* KVM_RUN returns */'] })),

  event_arrives: { statement: ({ vcpu }) => ({ cause: `event for vCPU ${vcpu}, kick` }) },
}

const properties: Readonly<Record<string, string>> = {
  NoFlushPostedWhileInhibitedInv:
    'No TLB flush is requested of a vCPU once the ioctl that inhibits it has returned, until the ioctl that ' +
    'uninhibits it is called.',
  NoFlushCompletesWhileInhibitedInv:
    'No flush hypercall that names a vCPU completes once the ioctl that inhibits this vCPU has returned, until the ' +
    'ioctl that uninhibits it is called.',
  NoPostedFlushCompletesInv:
    'A flush hypercall that requested a flush of a vCPU while this vCPU was inhibited does not complete while it ' +
    'still is: the guest is not told that such a flush is done.',
  NoFlushHappensWhileInhibitedInv:
    'What the patch says: no TLB flush happens on a vCPU once the ioctl that inhibits it has returned, not even one ' +
    'that was requested before.',
  AllOrNothingInv:
    'A flush hypercall that suspends its vCPU has requested a flush of no target, one that completes of all its targets.',
  SuspendedHasCauseInv:
    'The waiting_on of a vCPU that is seen suspended names the inhibited vCPU that it was suspended for.',
  OnlyWaitersWokenInv: 'Uninhibiting a vCPU releases and wakes only the vCPUs that wait for this one.',
  BusyNeverReachesGuestInv:
    'The -EBUSY by which kvm_hv_flush_tlb() says that it suspended the vCPU never becomes the result of the hypercall.',
  NoneStuckSuspendedInv:
    'No vCPU stays suspended for a vCPU that is not inhibited and has no ioctl in progress that could release it.',
  RejectedUnchangedInv: 'A call of the ioctl that fails has changed nothing.',
  InvalidRejectedInv:
    'A call of the ioctl returns the error that belongs to what is wrong with it, and 0 if nothing is: flags and ' +
    'reserved bytes have to be 0, and inhibit 0 or 1.',
  IoctlReturnsProp: 'Every call of the ioctl returns.',
  FlushCompletesProp:
    'If in the end every vCPU is uninhibited for good, every flush hypercall that was made completes.',
}

/** Words for the actions and properties of flush-inhibit. */
export const flushInhibitDocs: Words = {
  actions,
  lane: ([kind, id], initial) => {
    if (kind === 'ioctl') return `ioctl on vCPU ${id}`
    return initial('suspended', id) === undefined ? `vCPU ${id} (target)` : `vCPU ${id} (flush)`
  },
  properties,
  values: { requests: (set) => (set === 'true' ? 'HV_TLB_FLUSH' : '0') },
  notes: ['v0 is vCPU 0; tlb_flush_inhibit, suspended and waiting_on are in its arch.hyperv.'],
}
