/**
 * A paravirtual TLB flush against KVM_HYPERV_SET_TLB_FLUSH_INHIBIT. Twin of spec/flush-inhibit/FlushInhibit.tla, which
 * says what is modelled, from which document, and what is left out.
 *
 * Written to be read beside document 004, "[PATCH 5/7] KVM: x86: Implement KVM_HYPERV_SET_TLB_FLUSH_INHIBIT": each
 * function below is the C function of that name, each `yield*` with a label one shared access of it. `f` is the frame
 * of the thread (its locals, named as in C), `vcpu` the vCPU that runs it.
 */

import { MUTEX_TOGGLES, VcpuMutexes } from '../lib/kvm/mutex.ts'
import type {
  Also,
  EnvironmentAction,
  IdSet,
  Invariant,
  Key,
  LeadsTo,
  Machine,
  Program,
  Read,
  Step,
  ThreadId,
} from '../lib/kernel/design.ts'
import {
  bool,
  choiceOf,
  COMMIT,
  ids,
  idSet,
  int,
  MEMORY_CONSTANTS,
  natural,
  Observer,
  oneOf,
  oneOfNames,
  require,
  setOf,
  SharedState,
  thread,
  toggling,
  worldSwitch,
} from '../lib/kernel/design.ts'
import { Srcu } from '../lib/kvm/srcu.ts'

/** When the ioctl rejects flags, reserved bytes and inhibits that mean nothing: before all else, on its way out. */
const ARGS_CHECKED = ['never', 'first', 'late'] as const

/** CONSTANTS of the specification. Toggles: ordering primitives and rules, TRUE or FALSE as the design has them. */
export const CONSTANTS = {
  Flushers: ids,
  Targets: ids,
  Rounds: natural,
  ...MEMORY_CONSTANTS,
  SyncOnSet: toggling(
    'the ioctl calls synchronize_srcu() after it has set the inhibit',
    'the ioctl does not call synchronize_srcu() after it has set the inhibit',
  ),
  SyncOnClear: toggling(
    'the ioctl calls synchronize_srcu() after it has cleared the inhibit, before it looks for suspended vCPUs',
    'the ioctl looks for suspended vCPUs as soon as it has cleared the inhibit, without synchronize_srcu()',
  ),
  CheckBeforeRequest: toggling(
    'kvm_hv_flush_tlb() checks the inhibit of all targets before it requests the first flush',
    'kvm_hv_flush_tlb() requests the flushes first and checks the inhibit of all targets afterwards',
  ),
  IoctlMb: toggling(
    'the ioctl has a full barrier after its store to tlb_flush_inhibit',
    'the ioctl has no barrier after its store to tlb_flush_inhibit',
  ),
  WaitingOnBeforeSuspended: toggling(
    'the suspending vCPU stores waiting_on before suspended',
    'the suspending vCPU stores suspended before waiting_on',
  ),
  ClearWaitingOnBeforeSuspended: toggling(
    'the ioctl resets waiting_on before suspended',
    'the ioctl resets suspended before waiting_on',
  ),
  SeparateSuspended: toggling(
    'suspended and waiting_on are two fields',
    'waiting_on is the only field: a vCPU is suspended while it is not -1',
  ),
  SuspendWmb: toggling(
    'the suspending vCPU has smp_wmb() between its two stores',
    'the suspending vCPU has no barrier between its two stores',
  ),
  UnsuspendWmb: toggling(
    'the ioctl has smp_wmb() between the two stores that release a vCPU',
    'the ioctl has no barrier between the two stores that release a vCPU',
  ),
  ...MUTEX_TOGGLES,
  MaskZeroed: toggling(
    'vcpu_mask is zeroed before kvm_hv_vcpu_unsuspend_tlb_flush() sets bits in it',
    'kvm_hv_vcpu_unsuspend_tlb_flush() sets bits in a vcpu_mask that was not zeroed',
  ),
  EventsMasked: toggling(
    'a pending event does not make a suspended vCPU runnable',
    'a pending event makes a suspended vCPU runnable',
  ),
  PendingEvents: {
    ...worldSwitch,
    means: {
      on: 'an event may become pending on a suspended vCPU',
      off: 'no event becomes pending on a suspended vCPU',
    },
  },
  ArgsChecked: choiceOf(ARGS_CHECKED),
  BadCalls: worldSwitch,
}

export type FlushInhibitConstants = Read<typeof CONSTANTS>

type FlushResult = 'none' | 'success' | 'EBUSY'

/** Locals of a flushing vCPU's thread that live across an access. */
interface FlusherFrame {
  /** vcpu_mask of the hypercall; empty outside of one */
  targets: IdSet
  /** what the loop at hand has still to visit */
  todo: IdSet
  /** the target found inhibited (`v->vcpu_id` at ret_suspend), or -1 */
  cause: number
  /** what kvm_hv_flush_tlb returned */
  result: FlushResult
}

/** What the VMM gets wrong in a call, and what kvm_vcpu_ioctl() has to return for it; `set` is a proper call. */
const ERRNO = {
  set: '0',
  /** copy_from_user() fails */
  fault: 'EFAULT',
  /** flags or reserved bytes are not 0 */
  flags: 'EINVAL',
  /** inhibit is neither 0 nor 1 */
  value: 'EINVAL',
  /** not an ioctl of this kernel, or one that it was built without (CONFIG_KVM_HYPERV) */
  unknown: 'EINVAL',
  /** the VM is dead, or another process's */
  dead: 'EIO',
  /** the caller is killed while it waits for vcpu->mutex */
  killed: 'EINTR',
} as const

type CallKind = keyof typeof ERRNO
const KINDS: readonly CallKind[] = ['set', 'fault', 'flags', 'value', 'unknown', 'dead', 'killed']
type Errno = 'none' | (typeof ERRNO)[CallKind]

/** Locals of the VMM thread that does a target's ioctls. */
interface IoctlFrame {
  /** how often it may still set the inhibit */
  rounds: number
  /** set->inhibit */
  inhibit: number
  /** the vCPU that the unsuspend scan is at, or -1 */
  scan: number
  vcpu_mask: IdSet
  /** its last call; kept only where BadCalls */
  call: 'none' | CallKind
  /** what that call has returned, `none` while it has not; the same */
  errno: Errno
}

type TargetFrame = object

/** The shared state: what the C code keeps in struct kvm_vcpu and struct kvm_vcpu_hv, and history variables. */
class Kvm extends SharedState<FlushInhibitConstants> {
  private readonly inhibits = int(0, this.c.BadCalls ? 2 : 1)
  readonly srcu = new Srcu(this.shared, this.memory, this.c.Flushers, this.c.Targets)
  readonly tlb_flush_inhibit = this.memory.map(
    'tlb_flush_inhibit',
    this.c.Targets,
    this.inhibits,
    0,
    (v) => `v${v}->tlb_flush_inhibit`,
  )
  readonly suspended = this.memory.map('suspended', this.c.Flushers, bool, false, (v) => `v${v}->suspended`)
  readonly waiting_on = this.memory.map(
    'waiting_on',
    this.c.Flushers,
    oneOf(-1, ...this.c.Targets),
    -1,
    (v) => `v${v}->waiting_on`,
  )
  readonly requests = this.memory.map('requests', this.c.Targets, bool, false, (v) => `v${v}->requests`)
  readonly mutexes = new VcpuMutexes(this.memory, this.c.Targets, ['ioctl', 'run'], this.c)
  readonly woken = this.memory.map('woken', this.c.Flushers, bool, false)
  readonly event = this.memory.map('event', this.c.Flushers, bool, false)
  readonly in_force = this.shared.map('in_force', this.c.Targets, bool, false)
  readonly posted = this.shared.map('posted', this.c.Flushers, setOf(this.c.Targets), idSet.empty)
  readonly late = this.shared.map('late', this.c.Flushers, setOf(this.c.Targets), idSet.empty)
  readonly overrun = this.shared.map('overrun', this.c.Flushers, setOf(this.c.Targets), idSet.empty)
  readonly unsuspended = this.shared.map('unsuspended', this.c.Targets, setOf(this.c.Flushers), idSet.empty)
  readonly was = this.shared.map('was', this.c.Targets, this.inhibits, 0)

  /** is the vCPU suspended, as other threads see it? inside a step or a property */
  isSuspended(vcpu: Key): boolean {
    return this.c.SeparateSuspended ? this.suspended.get(vcpu) : this.waiting_on.get(vcpu) !== -1
  }

  /** 2/7, kvm_hv_vcpu_suspended(): one load */
  *kvm_hv_vcpu_suspended(label: string, vcpu: Key, also: Also<boolean> = () => undefined): Step<boolean> {
    if (this.c.SeparateSuspended) return yield* this.suspended.at(vcpu).load(label, also)
    const id = yield* this.waiting_on.at(vcpu).load(label, (found) => {
      also(found !== -1)
    })
    return id !== -1
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// arch/x86/kvm/hyperv.c

/** kvm_hv_vcpu_suspend_tlb_flush(vcpu, vcpu_id), with f.cause for vcpu_id */
function* kvm_hv_vcpu_suspend_tlb_flush(k: Kvm, f: FlusherFrame, vcpu: Key): Step<void> {
  const waiting_on = (): Step<void> => k.waiting_on.at(vcpu).store('kvm_hv_vcpu_suspend_tlb_flush_waiting_on', f.cause)
  const suspended = (): Step<void> => k.suspended.at(vcpu).store('kvm_hv_vcpu_suspend_tlb_flush_suspended', true)

  /* waiting_on's store should happen before suspended's */
  if (!k.c.SeparateSuspended) return yield* waiting_on()
  yield* (k.c.WaitingOnBeforeSuspended ? waiting_on : suspended)()
  if (k.c.SuspendWmb) yield* k.memory.smp_wmb('kvm_hv_vcpu_suspend_tlb_flush_smp_wmb')
  yield* (k.c.WaitingOnBeforeSuspended ? suspended : waiting_on)()
}

/** the loop over the targets that the patch adds: true is `goto ret_suspend` */
function* anyInhibited(k: Kvm, f: FlusherFrame): Step<boolean> {
  for (f.todo = f.targets; f.todo.length > 0; f.todo = idSet.rest(f.todo)) {
    const v = idSet.first(f.todo)
    if ((yield* k.tlb_flush_inhibit.at(v).load('kvm_hv_flush_tlb_read_inhibit')) !== 0) {
      f.todo = idSet.empty
      f.cause = v
      return true
    }
  }
  return false
}

/** kvm_make_vcpus_request_mask(kvm, KVM_REQ_HV_TLB_FLUSH, vcpu_mask) */
function* kvm_make_vcpus_request_mask(k: Kvm, f: FlusherFrame, vcpu: Key): Step<void> {
  for (f.todo = f.targets; f.todo.length > 0; f.todo = idSet.rest(f.todo)) {
    const v = idSet.first(f.todo)
    yield* k.requests.at(v).xchg('kvm_make_vcpus_request_mask', true, () => {
      k.posted.set(vcpu, idSet.with(k.posted.get(vcpu), v))
      if (k.in_force.get(v)) k.late.set(vcpu, idSet.with(k.late.get(vcpu), v))
    })
  }
}

/** kvm_hv_flush_tlb(vcpu, hc) */
function* kvm_hv_flush_tlb(k: Kvm, f: FlusherFrame, vcpu: Key): Step<FlushResult> {
  if (k.c.CheckBeforeRequest) {
    if (yield* anyInhibited(k, f)) return yield* ret_suspend(k, f, vcpu)
    yield* kvm_make_vcpus_request_mask(k, f, vcpu)
  } else {
    // the reviewer: "reverse the order: do kvm_make_vcpus_request_mask() anyway and after it go through vcpu_mask"
    yield* kvm_make_vcpus_request_mask(k, f, vcpu)
    if (yield* anyInhibited(k, f)) return yield* ret_suspend(k, f, vcpu)
  }
  return 'success'
}

/** ret_suspend: */
function* ret_suspend(k: Kvm, f: FlusherFrame, vcpu: Key): Step<FlushResult> {
  yield* kvm_hv_vcpu_suspend_tlb_flush(k, f, vcpu)
  return 'EBUSY'
}

/** kvm_hv_hypercall_complete(vcpu, result): the result is stored and the instruction skipped, unless suspended */
function* kvm_hv_hypercall_complete(k: Kvm, f: FlusherFrame, vcpu: Key): Step<void> {
  const overrun = (suspended: boolean): void => {
    const inForce = f.targets.filter((t) => k.in_force.get(t))
    if (!suspended) k.overrun.set(vcpu, inForce)
  }
  if (yield* k.kvm_hv_vcpu_suspended('kvm_hv_hypercall_complete', vcpu, overrun)) f.result = 'none'
}

/** kvm_hv_vcpu_unsuspend_tlb_flush(vcpu), with `t` for vcpu->vcpu_id */
function* kvm_hv_vcpu_unsuspend_tlb_flush(k: Kvm, f: IoctlFrame, t: Key): Step<void> {
  for (const v of k.c.Flushers) {
    f.scan = v // kvm_for_each_vcpu(i, v, vcpu->kvm)
    if (k.c.SeparateSuspended) {
      if (!(yield* k.suspended.at(v).load('kvm_hv_vcpu_unsuspend_tlb_flush_read_suspended'))) continue
    }
    if ((yield* k.waiting_on.at(v).load('kvm_hv_vcpu_unsuspend_tlb_flush_read_waiting_on')) !== t) continue

    const released = (): void => {
      k.unsuspended.set(t, idSet.with(k.unsuspended.get(t), v))
    }
    const waiting_on = (also?: Also): Step<void> =>
      k.waiting_on.at(v).store('kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on', -1, also)
    const suspended = (also?: Also): Step<void> =>
      k.suspended.at(v).store('kvm_hv_vcpu_unsuspend_tlb_flush_suspended', false, also)

    if (!k.c.SeparateSuspended) {
      yield* waiting_on(released)
    } else {
      const [first, second] = k.c.ClearWaitingOnBeforeSuspended ? [waiting_on, suspended] : [suspended, waiting_on]
      yield* first()
      if (k.c.UnsuspendWmb) yield* k.memory.smp_wmb('kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb')
      yield* second(released)
    }
    f.vcpu_mask = idSet.with(f.vcpu_mask, v) // __set_bit(i, vcpu_mask)
  }
  f.scan = -1

  /* kvm_make_vcpus_request_mask(vcpu->kvm, KVM_REQ_EVENT, vcpu_mask) */
  for (; f.vcpu_mask.length > 0; f.vcpu_mask = idSet.rest(f.vcpu_mask)) {
    yield* k.woken.at(idSet.first(f.vcpu_mask)).xchg('kvm_hv_vcpu_unsuspend_tlb_flush_wake', true)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// arch/x86/kvm/x86.c

/** kvm_vcpu_ioctl_set_tlb_flush_inhibit(vcpu, set), with `t` for vcpu->vcpu_id and f.inhibit for set->inhibit */
function* kvm_vcpu_ioctl_set_tlb_flush_inhibit(k: Kvm, f: IoctlFrame, t: Key): Step<void> {
  if (f.inhibit === (yield* k.tlb_flush_inhibit.at(t).load('set_tlb_flush_inhibit_read'))) return

  yield* k.tlb_flush_inhibit.at(t).store('set_tlb_flush_inhibit_write', f.inhibit)
  if (k.c.IoctlMb) yield* k.memory.smp_mb('set_tlb_flush_inhibit_smp_mb')

  if (f.inhibit !== 0 ? k.c.SyncOnSet : k.c.SyncOnClear) yield* k.srcu.synchronize('synchronize_srcu', t)
  if (f.inhibit === 0) yield* kvm_hv_vcpu_unsuspend_tlb_flush(k, f, t)
}

/** what the call returns that has got as far as mutex_unlock() */
const returned = (k: Kvm, f: IoctlFrame): Errno => {
  if (f.call === 'none' || f.errno !== 'none') return f.errno
  return k.c.ArgsChecked === 'late' ? ERRNO[f.call] : '0'
}

/** kvm_vcpu_ioctl(), by the VMM's thread for target `t`; virt/kvm/kvm_main.c */
function* kvm_vcpu_ioctl(k: Kvm, f: IoctlFrame, t: Key): Program {
  for (;;) {
    const call = yield* mutex_lock_killable(k, f, t)
    if (k.c.BadCalls) {
      f.call = call.kind
      f.errno = call.errno
    }
    if (call.errno === 'EIO' || call.errno === 'EINTR') continue // returns without the mutex

    // copy_from_user(&set, argp, sizeof(set)), and what else is no without a look at the vCPU
    if (call.errno === 'none') {
      f.inhibit = call.inhibit
      f.vcpu_mask = call.stack
      if (call.starts) f.rounds -= 1
      yield* kvm_vcpu_ioctl_set_tlb_flush_inhibit(k, f, t)
    }

    const errno = returned(k, f)
    yield* k.mutexes.unlock('kvm_vcpu_ioctl_mutex_unlock', t, () => {
      if (errno === 'none' || errno === '0') k.in_force.set(t, f.inhibit !== 0)
      k.unsuspended.set(t, idSet.empty)
    })
    f.errno = errno
    f.inhibit = 0
    f.vcpu_mask = idSet.empty
  }
}

interface Call {
  readonly kind: CallKind
  /** what is wrong before anything is done */
  readonly errno: Errno
  readonly inhibit: number
  /** what DECLARE_BITMAP(vcpu_mask) of 2/7 finds on the stack */
  readonly stack: IdSet
}

/** The calls that go on to kvm_vcpu_ioctl_set_tlb_flush_inhibit() with an inhibit. */
const going = (k: Kvm, kind: CallKind, inhibit: number): Call[] => {
  const stacks = inhibit !== 0 || k.c.MaskZeroed ? [idSet.empty] : setOf(k.c.Flushers).values
  return stacks.map((stack) => ({ kind, errno: 'none', inhibit, stack }))
}

const failing = (kind: CallKind): Call => ({ kind, errno: ERRNO[kind], inhibit: 0, stack: idSet.empty })

const calls = (k: Kvm): Call[] => {
  const proper = [...going(k, 'set', 0), ...going(k, 'set', 1)]
  if (!k.c.BadCalls) return proper
  const invalid =
    k.c.ArgsChecked === 'first'
      ? [failing('flags'), failing('value')]
      : [...going(k, 'flags', 0), ...going(k, 'flags', 1), ...going(k, 'value', 2)]
  return [...proper, ...invalid, ...(['fault', 'unknown', 'dead', 'killed'] as const).map(failing)]
}

/** mutex_lock_killable(&vcpu->mutex), after the test for -EIO: the VMM has decided what to call; it ends with a clear. */
const mutex_lock_killable = (k: Kvm, f: IoctlFrame, t: Key): Step<Call & { starts: boolean }> => {
  const remember = (): void => {
    if (k.c.BadCalls) k.was.set(t, k.tlb_flush_inhibit.get(t))
  }
  const takes = (call: Call): Call & { starts: boolean } => {
    remember()
    if (call.errno !== 'none') return { ...call, starts: false }
    const inhibited = k.tlb_flush_inhibit.get(t) !== 0
    require(f.rounds > 0 || (call.inhibit === 0 && inhibited), 'the VMM has a call left to make')
    if (call.inhibit === 0) {
      k.in_force.set(t, false)
      for (const v of k.c.Flushers) k.late.set(v, idSet.without(k.late.get(v), t))
    }
    return { ...call, starts: call.inhibit !== 0 && !inhibited }
  }
  const without = (call: Call, held: boolean): (Call & { starts: boolean }) | undefined => {
    if (call.kind !== 'dead' && call.kind !== 'killed') return undefined
    require(call.kind === 'dead' || held, 'somebody has vcpu->mutex')
    remember()
    return { ...call, starts: false }
  }
  return k.mutexes.lock('kvm_vcpu_ioctl_mutex_lock', t, 'ioctl', takes, calls(k), without)
}

/** kvm_arch_vcpu_runnable(vcpu): kvm_vcpu_running(vcpu) || kvm_vcpu_has_events(vcpu) */
function* kvm_arch_vcpu_runnable(k: Kvm, caller: 'vcpu_block' | 'kvm_vcpu_check_block', vcpu: Key): Step<boolean> {
  if (!(yield* k.kvm_hv_vcpu_suspended(`${caller}_running`, vcpu))) return true
  if (!k.c.PendingEvents || k.c.EventsMasked) return false
  return yield* k.event.at(vcpu).load(`${caller}_has_events`)
}

/** vcpu_block(vcpu) */
function* vcpu_block(k: Kvm, vcpu: Key): Step<void> {
  if (yield* kvm_arch_vcpu_runnable(k, 'vcpu_block', vcpu)) return

  yield* k.srcu.read_unlock('vcpu_block_srcu_read_unlock', vcpu)
  while (!(yield* kvm_arch_vcpu_runnable(k, 'kvm_vcpu_check_block', vcpu))) {
    yield* k.woken.at(vcpu).waitThenStore('kvm_vcpu_block_schedule', (w) => w, false)
  }
  yield* k.srcu.read_lock('vcpu_block_srcu_read_lock', vcpu)
}

/** vcpu_enter_guest(vcpu), up to VM-entry: what was pending is injected, the section of kvm->srcu closes */
const vcpu_enter_guest = (k: Kvm, vcpu: Key): Step<void> =>
  k.srcu.read_unlock('vcpu_enter_guest', vcpu, () => {
    k.event.set(vcpu, false)
    k.posted.set(vcpu, idSet.empty)
    k.late.set(vcpu, idSet.empty)
    k.overrun.set(vcpu, idSet.empty)
  })

/** KVM_RUN of a flushing vCPU: vcpu_run(vcpu), with the guest's next hypercall at VM-exit */
function* vcpu_run(k: Kvm, f: FlusherFrame, vcpu: Key): Program {
  for (;;) {
    if (f.targets.length === 0) {
      f.targets = yield* k.srcu.read_lock('vmexit_hypercall', vcpu, idSet.nonEmptySubsets(k.c.Targets))
    } else {
      yield* k.srcu.read_lock('vmexit_hypercall_again', vcpu) // RIP still points at the hypercall
    }

    f.result = yield* kvm_hv_flush_tlb(k, f, vcpu)
    yield* kvm_hv_hypercall_complete(k, f, vcpu)

    while (yield* k.kvm_hv_vcpu_suspended('vcpu_run_running', vcpu)) yield* vcpu_block(k, vcpu)
    f.cause = -1
    yield* vcpu_enter_guest(k, vcpu)

    if (f.result !== 'none') f.targets = idSet.empty
    f.result = 'none'
  }
}

/** KVM_RUN of a target: its next guest entry takes the posted request and flushes */
function* vcpu_run_target(k: Kvm, t: Key): Program {
  for (;;) {
    yield* k.mutexes.lock('kvm_check_request', t, 'run', () => {
      require(k.requests.get(t), 'KVM_REQ_HV_TLB_FLUSH is set')
      k.requests.set(t, false)
    })
    yield* k.mutexes.unlockMb('kvm_hv_vcpu_flush_tlb', t) // flushes; then KVM_RUN returns
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The machine

/** an interrupt, a timer, ... for a suspended vCPU; kvm_vcpu_kick wakes it */
const event_arrives = (k: Kvm, vcpu: Key): EnvironmentAction => ({
  label: 'event_arrives',
  thread: ['vcpu', vcpu],
  what: 'an event becomes pending',
  exec: () => {
    require(k.isSuspended(vcpu), 'the vCPU is suspended')
    require(!k.event.get(vcpu), 'no event is pending yet')
    k.event.set(vcpu, true)
    k.woken.set(vcpu, true)
  },
})

/** The labels at which a thread moves by itself; the others wait for the guest, the VMM or the world. */
const FLUSHER_STARTS = 'vmexit_hypercall'
const IOCTL_STARTS = 'kvm_vcpu_ioctl_mutex_lock'

const FLUSHER_STEPS = new Set([
  'vmexit_hypercall_again',
  'kvm_hv_flush_tlb_read_inhibit',
  'kvm_make_vcpus_request_mask',
  'kvm_hv_vcpu_suspend_tlb_flush_waiting_on',
  'kvm_hv_vcpu_suspend_tlb_flush_smp_wmb',
  'kvm_hv_vcpu_suspend_tlb_flush_suspended',
  'kvm_hv_hypercall_complete',
  'vcpu_run_running',
  'vcpu_enter_guest',
  'vcpu_block_running',
  'vcpu_block_has_events',
  'vcpu_block_srcu_read_unlock',
  'kvm_vcpu_check_block_running',
  'kvm_vcpu_check_block_has_events',
  'kvm_vcpu_block_schedule',
  'vcpu_block_srcu_read_lock',
])

const IOCTL_STEPS = new Set([
  'set_tlb_flush_inhibit_read',
  'set_tlb_flush_inhibit_write',
  'set_tlb_flush_inhibit_smp_mb',
  'synchronize_srcu',
  'synchronize_srcu_wait',
  'kvm_hv_vcpu_unsuspend_tlb_flush_read_suspended',
  'kvm_hv_vcpu_unsuspend_tlb_flush_read_waiting_on',
  'kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on',
  'kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb',
  'kvm_hv_vcpu_unsuspend_tlb_flush_suspended',
  'kvm_hv_vcpu_unsuspend_tlb_flush_wake',
  'kvm_vcpu_ioctl_mutex_unlock',
])

/** What properties look at. */
interface Observers {
  readonly flusher: (f: Key) => Observer<FlusherFrame>
  readonly ioctl: (t: Key) => Observer<IoctlFrame>
  readonly target: (t: Key) => Observer<TargetFrame>
}

const invariants = (k: Kvm, o: Observers): Invariant[] => {
  const { Flushers, Targets } = k.c
  /** For every key, in all states; it speaks of something where `occurs` is true. */
  const always = (
    name: string,
    over: readonly Key[],
    occurs: (key: Key) => boolean,
    holds: (key: Key) => boolean,
  ): Invariant => ({
    name,
    instances: over.map((key) => ({ name: `[${key}]`, occurs: () => occurs(key), holds: () => holds(key) })),
  })
  /** For every key: wherever `occurs` is true, `holds` is. */
  const where = (
    name: string,
    over: readonly Key[],
    occurs: (key: Key) => boolean,
    holds: (key: Key) => boolean,
  ): Invariant => always(name, over, occurs, (key) => !occurs(key) || holds(key))
  const isEmpty = (set: IdSet): boolean => set.length === 0
  const hasPosted = (f: Key): boolean => !isEmpty(k.posted.get(f))
  const succeeds = (f: Key): boolean => o.flusher(f).get('result') === 'success'
  const isBusy = (f: Key): boolean => o.flusher(f).get('result') === 'EBUSY'
  const errno = (t: Key): string => o.ioctl(t).get('errno')
  const unsuspends = (t: Key): boolean => o.ioctl(t).at('kvm_hv_vcpu_unsuspend_tlb_flush_waiting_on')
  const clearsSuspended = (t: Key): boolean => o.ioctl(t).at('kvm_hv_vcpu_unsuspend_tlb_flush_suspended')
  const wakes = (t: Key): boolean => o.ioctl(t).at('kvm_hv_vcpu_unsuspend_tlb_flush_wake')
  /** Of each clause of a property an instance for each key. */
  const clauses = (name: string, ...parts: readonly (readonly [clause: string, of: Invariant])[]): Invariant => ({
    name,
    instances: parts.flatMap(([clause, { instances }]) =>
      instances.map((instance) => ({ ...instance, name: `.${clause}${instance.name}` })),
    ),
  })
  return [
    always('NoFlushPostedWhileInhibitedInv', Flushers, hasPosted, (f) => isEmpty(k.late.get(f))),
    always('NoFlushCompletesWhileInhibitedInv', Flushers, succeeds, (f) => isEmpty(k.overrun.get(f))),
    always('NoPostedFlushCompletesInv', Flushers, succeeds, (f) =>
      isEmpty(idSet.intersect(k.overrun.get(f), k.late.get(f))),
    ),
    where(
      'NoFlushHappensWhileInhibitedInv',
      Targets,
      (t) => o.target(t).at('kvm_hv_vcpu_flush_tlb'),
      (t) => !k.in_force.get(t),
    ),
    clauses(
      'AllOrNothingInv',
      [
        'suspends',
        where(
          '',
          Flushers,
          (f) => o.flusher(f).get('cause') !== -1,
          (f) => !hasPosted(f),
        ),
      ],
      [
        'completes',
        where(
          '',
          Flushers,
          (f) => succeeds(f) && o.flusher(f).at('vcpu_enter_guest'),
          (f) => k.posted.get(f).length === o.flusher(f).get('targets').length,
        ),
      ],
    ),
    where(
      'SuspendedHasCauseInv',
      Flushers,
      (f) => k.isSuspended(f),
      (f) => {
        const cause = o.flusher(f).get('cause')
        if (k.waiting_on.get(f) === cause) return true
        if (cause === -1) return false
        const ioctl = o.ioctl(cause)
        const between = ioctl.at('kvm_hv_vcpu_unsuspend_tlb_flush_smp_wmb', 'kvm_hv_vcpu_unsuspend_tlb_flush_suspended')
        return (between && ioctl.get('scan') === f) || k.suspended.isBuffered(f, ['ioctl', cause])
      },
    ),
    clauses(
      'OnlyWaitersWokenInv',
      ['waiting_on', where('', Targets, unsuspends, (t) => k.waiting_on.get(o.ioctl(t).get('scan')) === t)],
      ['suspended', where('', Targets, clearsSuspended, (t) => o.flusher(o.ioctl(t).get('scan')).get('cause') === t)],
      [
        'woken',
        where('', Targets, wakes, (t) =>
          o
            .ioctl(t)
            .get('vcpu_mask')
            .every((v) => k.unsuspended.get(t).includes(v)),
        ),
      ],
    ),
    where(
      'BusyNeverReachesGuestInv',
      Flushers,
      isBusy,
      (f) => !o.flusher(f).at('vcpu_run_running', 'vcpu_enter_guest'),
    ),
    where(
      'NoneStuckSuspendedInv',
      Flushers,
      (f) => k.isSuspended(f) && o.flusher(f).get('cause') !== -1,
      (f) => {
        const cause = o.flusher(f).get('cause')
        return k.tlb_flush_inhibit.get(cause) !== 0 || !o.ioctl(cause).at(IOCTL_STARTS)
      },
    ),
    where(
      'RejectedUnchangedInv',
      Targets,
      (t) => errno(t) !== 'none' && errno(t) !== '0',
      (t) => k.tlb_flush_inhibit.get(t) === k.was.get(t),
    ),
    where(
      'InvalidRejectedInv',
      Targets,
      (t) => errno(t) !== 'none',
      (t) => {
        const call = o.ioctl(t).get('call')
        return call !== 'none' && errno(t) === ERRNO[call]
      },
    ),
  ]
}

const liveness = (k: Kvm, o: Observers): LeadsTo[] => [
  {
    name: 'IoctlReturnsProp',
    instances: k.c.Targets.map((t) => ({
      name: `[${t}]`,
      from: () => !o.ioctl(t).at(IOCTL_STARTS),
      to: () => o.ioctl(t).at(IOCTL_STARTS),
    })),
  },
  {
    name: 'FlushCompletesProp',
    instances: k.c.Flushers.map((f) => ({
      name: `[${f}]`,
      eventuallyAlways: () => k.c.Targets.every((t) => k.tlb_flush_inhibit.get(t) === 0),
      from: () => !o.flusher(f).at(FLUSHER_STARTS),
      to: () => o.flusher(f).at(FLUSHER_STARTS),
    })),
  },
]

/** The machine for one set of constants. */
export const flushInhibit = (c: FlushInhibitConstants): Machine => {
  const { Flushers, Targets } = c
  const threads: ThreadId[] = [
    ...Flushers.map((f): ThreadId => ['vcpu', f]),
    ...Targets.map((t): ThreadId => ['ioctl', t]),
    ...Targets.map((t): ThreadId => ['vcpu', t]),
  ]
  const k = new Kvm(c, threads)
  const flusherThreads = Flushers.map((vcpu) =>
    thread<FlusherFrame>({
      id: ['vcpu', vcpu],
      frame: {
        targets: setOf(Targets),
        todo: setOf(Targets),
        cause: oneOf(-1, ...Targets),
        result: oneOfNames('none', 'success', 'EBUSY'),
      },
      initial: { targets: idSet.empty, todo: idSet.empty, cause: -1, result: 'none' },
      program: (f) => vcpu_run(k, f, vcpu),
    }),
  )
  const ioctlThreads = Targets.map((t) =>
    thread<IoctlFrame>({
      id: ['ioctl', t],
      frame: {
        rounds: int(0, c.Rounds),
        inhibit: int(0, c.BadCalls ? 2 : 1),
        scan: oneOf(-1, ...Flushers),
        vcpu_mask: setOf(Flushers),
        call: oneOfNames('none', ...KINDS),
        errno: oneOfNames('none', '0', 'EFAULT', 'EINVAL', 'EIO', 'EINTR'),
      },
      initial: { rounds: c.Rounds, inhibit: 0, scan: -1, vcpu_mask: idSet.empty, call: 'none', errno: 'none' },
      program: (f) => kvm_vcpu_ioctl(k, f, t),
    }),
  )
  const targetThreads = Targets.map((t) =>
    thread<TargetFrame>({ id: ['vcpu', t], frame: {}, initial: {}, program: () => vcpu_run_target(k, t) }),
  )
  const position = (list: readonly Key[], key: Key): number => list.indexOf(key)
  const observers: Observers = {
    flusher: (f) => new Observer(k.shared, position(Flushers, f)),
    ioctl: (t) => new Observer(k.shared, Flushers.length + position(Targets, t)),
    target: (t) => new Observer(k.shared, Flushers.length + Targets.length + position(Targets, t)),
  }
  return {
    shared: k.shared,
    threads: [...flusherThreads, ...ioctlThreads, ...targetThreads],
    environment: [...(c.PendingEvents ? Flushers.map((f) => event_arrives(k, f)) : []), ...k.memory.commits()],
    invariants: invariants(k, observers),
    liveness: liveness(k, observers),
    fairness: [
      ...Flushers.map((f) => ({ thread: ['vcpu', f] as const, labels: FLUSHER_STEPS })),
      ...Targets.map((t) => ({ thread: ['ioctl', t] as const, labels: IOCTL_STEPS })),
      ...(c.Memory === 'SC' ? [] : threads.map((id) => ({ thread: id, labels: new Set([COMMIT]) }))),
    ],
  }
}
