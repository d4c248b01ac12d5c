/**
 * poll() on a vCPU's file descriptor, and the vcpu->kicked window. Twin of spec/poll-kick/PollKick.tla, which says what
 * is modelled, from which document, and what is left out.
 *
 * Written to be read beside document 002, "[RFC 13/33] KVM: Allow polling vCPUs for events": each function below is the C
 * function of that name, each `yield*` with a label one shared access of it. `f` is the frame of the thread.
 */

import type { KvmMode } from '../lib/kvm/vcpu.ts'
import { BLOCK_STEPS, ENTRY_STEPS, KICK_STEPS, KVM_TOGGLES, KvmVcpus } from '../lib/kvm/vcpu.ts'
import type { IdSet, Invariant, Key, LeadsTo, Machine, Program, Read, Step, ThreadId } from '../lib/kernel/design.ts'
import {
  atomic,
  bool,
  boolean,
  COMMIT,
  ids,
  idSet,
  MEMORY_CONSTANTS,
  Observer,
  oneOfNames,
  require,
  setOf,
  SharedState,
  thread,
  toggling,
  worldSwitch,
} from '../lib/kernel/design.ts'

/** CONSTANTS of the specification. */
export const CONSTANTS = {
  ...MEMORY_CONSTANTS,
  Sources: ids,
  Pollers: ids,
  ClearBeforeCheck: toggling(
    'vcpu_enter_guest() clears kicked before it sets mode and checks for requests',
    'vcpu_enter_guest() clears kicked after it has checked for requests',
  ),
  RestoreOnCancel: toggling(
    'an entry that is cancelled after the clear sets kicked again and wakes the pollers',
    'the clear is final: nothing looks at the requests again before VM-entry',
  ),
  ClearMb: toggling(
    'there is a full barrier after the clear of kicked',
    'there is no barrier after the clear of kicked',
  ),
  PollMb: toggling(
    'kvm_vcpu_poll() has smp_mb() between poll_wait() and the check',
    'kvm_vcpu_poll() has no barrier between poll_wait() and the check',
  ),
  RegisterBeforeCheck: toggling(
    'kvm_vcpu_poll() registers before it checks',
    'kvm_vcpu_poll() checks before it registers',
  ),
  WakerTakesLock: toggling(
    'the waker takes wqh.lock in any case',
    'the waker skips the queue if waitqueue_active() says that nobody waits',
  ),
  WakeAll: toggling('the waker wakes every poller on the queue', 'the waker wakes the first poller only'),
  SelfKickSets: toggling(
    'kvm_vcpu_kick() on the vCPU’s own pCPU sets kicked too',
    'kvm_vcpu_kick() on the vCPU’s own pCPU does goto out, past the statement that sets kicked',
  ),
  WakeUpSets: toggling(
    'kvm_vcpu_kick() that has woken a blocked vCPU sets kicked too',
    'kvm_vcpu_kick() that has woken a blocked vCPU returns, past the statement that sets kicked',
  ),
  KickOnEvent: toggling(
    'an event source calls kvm_vcpu_kick()',
    'an event source posts an interrupt and never calls kvm_vcpu_kick()',
  ),
  ...KVM_TOGGLES,
  BlockMb: toggling(
    'a vCPU that is about to block has a full barrier (set_current_state()) before it checks for events',
    'a vCPU that is about to block has no barrier before it checks for events',
  ),
  PollState: boolean,
  ModePolling: boolean,
  HaltedUserspace: boolean,
  SignalAfterAbort: worldSwitch,
  SelfTimer: worldSwitch,
  GuestHalts: worldSwitch,
  IpiMayLag: worldSwitch,
  VcpuRuns: worldSwitch,
}

export type PollKickConstants = Read<typeof CONSTANTS>

/** The only vCPU. */
const VCPU: Key = 0

const REASONS = ['none', 'restore', 'abort', 'hypercall', 'ipi', 'halt', 'wait'] as const
type Reason = (typeof REASONS)[number]

/** Locals of a thread that wakes pollers. */
interface WakerFrame {
  /** the pollers that it has still to wake */
  todo: IdSet
}

/** Locals of the vCPU's thread. */
interface VcpuFrame extends WakerFrame {
  /** why it left or did not enter the guest, or blocks */
  reason: Reason
}

interface PollerFrame {
  /** it is on the queue: a later pass of do_poll() does not register again */
  registered: boolean
}

/**
 * The shared state: what the C code keeps in struct kvm_vcpu and in the pollers' poll_wqueues, and history variables. What
 * is not of the patch (mode, requests, blocking, kicks) is in `kvm`.
 */
class Vcpu extends SharedState<PollKickConstants> {
  readonly kvm = new KvmVcpus(this.memory, [VCPU], this.c, () => 'vcpu')
  readonly injected = this.memory.scalar('injected', bool, false, 'interrupt.injected')
  readonly kicked = this.memory.scalar('kicked', bool, false, 'vcpu->kicked')
  readonly wqh_lock = this.memory.scalar('wqh_lock', bool, false, 'vcpu->wqh.lock')
  readonly wqh = this.memory.scalar('wqh', setOf(this.c.Pollers), idSet.empty, 'vcpu->wqh')
  readonly triggered = this.memory.map('triggered', this.c.Pollers, bool, false, (p) => `pwq${p}->triggered`)
  readonly since_clear = this.shared.scalar('since_clear', bool, false)
  readonly since_entry = this.shared.scalar('since_entry', bool, false)
  readonly stale = this.shared.map('stale', this.c.Pollers, bool, false)
  readonly unkicked = this.shared.map('unkicked', this.c.Pollers, bool, false)

  /** an event is pending or in injection, as all threads see it */
  eventPending(): boolean {
    return this.kvm.requests.get(VCPU) || this.injected.peek()
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// kernel/sched/wait.c and fs/select.c

/** wake_up_interruptible(&vcpu->wqh) */
function* wake_up_interruptible(v: Vcpu, f: WakerFrame): Step<void> {
  if (!v.c.WakerTakesLock) {
    const queue = yield* v.wqh.load('waitqueue_active')
    if (queue.length === 0) return
  }
  yield* v.wqh_lock.waitThenStore('wake_up_lock', (held) => !held, true)
  const queue = yield* v.wqh.load('wake_up_first')
  for (f.todo = v.c.WakeAll ? queue : queue.slice(0, 1); f.todo.length > 0; f.todo = idSet.rest(f.todo)) {
    yield* v.triggered.at(idSet.first(f.todo)).xchg('pollwake', true)
  }
  yield* v.wqh_lock.release('wake_up_unlock', false)
}

/** add_wait_queue(&vcpu->wqh, wait), from poll_wait() */
function* poll_wait(v: Vcpu, f: PollerFrame, p: Key): Step<void> {
  yield* v.wqh_lock.waitThenStore('poll_wait_lock', (held) => !held, true)
  yield* v.wqh.update('poll_wait_add', (queue) => idSet.with(queue, p))
  f.registered = true
  yield* v.wqh_lock.release('poll_wait_unlock', false)
}

/** poll_freewait(): remove_wait_queue() */
function* poll_freewait(v: Vcpu, f: PollerFrame, p: Key): Step<void> {
  yield* v.wqh_lock.waitThenStore(
    'poll_freewait_lock',
    (held) => !held,
    true,
    () => {
      v.stale.set(p, false)
      v.unkicked.set(p, false)
    },
  )
  yield* v.wqh.update('poll_freewait_del', (queue) => idSet.without(queue, p))
  f.registered = false
  yield* v.wqh_lock.release('poll_freewait_unlock', false)
}

/** poll_initwait(): pwq->triggered = 0, which nobody else knows yet; in the reviewer's design nobody polls */
const poll_initwait = (v: Vcpu, p: Key): Step<void> =>
  atomic('poll_initwait', 'poll()', () => {
    require(!v.c.HaltedUserspace, 'the descriptor can be polled')
    v.triggered.set(p, false)
  })

/** do_sys_poll() on the vCPU's descriptor, by a thread of the VMM that polls again and again */
function* do_sys_poll(v: Vcpu, f: PollerFrame, p: Key): Program {
  for (;;) {
    yield* poll_initwait(v, p)
    while (!(yield* kvm_vcpu_poll(v, f, p))) {
      yield* v.triggered.at(p).waitThenStore('poll_schedule_timeout', (t) => t, false)
    }
    if (f.registered) yield* poll_freewait(v, f, p)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// virt/kvm/kvm_main.c

/** kvm_vcpu_poll(file, wait): true is EPOLLIN; the first pass registers, the later ones only look */
function* kvm_vcpu_poll(v: Vcpu, f: PollerFrame, p: Key): Step<boolean> {
  if (!v.c.RegisterBeforeCheck && !f.registered) {
    if (yield* isReady(v, p)) return true
    yield* poll_wait(v, f, p)
    return false
  }
  if (!f.registered) yield* poll_wait(v, f, p)
  if (v.c.PollMb) yield* v.memory.smp_mb('kvm_vcpu_poll_smp_mb')
  return yield* isReady(v, p)
}

/** the check in kvm_vcpu_poll(): of kicked, of the pending event, or as version 1 of the series has it */
function* isReady(v: Vcpu, p: Key): Step<boolean> {
  const answered = (ready: boolean): void => {
    v.stale.set(p, ready && !v.eventPending())
    v.unkicked.set(p, ready && !v.since_entry.get())
  }
  if (v.c.PollState) {
    const published = yield* v.kvm.requests.at(VCPU).load('kvm_vcpu_poll_read_requests', (ready) => {
      if (ready) answered(true)
    })
    return published || (yield* v.injected.load('kvm_vcpu_poll_read_injected', answered))
  }
  if (v.c.ModePolling) {
    const mode = v.kvm.mode.at(VCPU)
    if ((yield* mode.load('kvm_vcpu_poll_read_mode')) === 'OUTSIDE_GUEST_MODE') {
      yield* mode.xchg('kvm_vcpu_poll_mode_polling', 'POLLING_FOR_EVENTS')
    }
    return yield* v.kvm.requests.at(VCPU).load('kvm_vcpu_poll_read_requests', answered)
  }
  return yield* v.kicked.load('kvm_vcpu_poll_read_kicked', answered)
}

/** if (!cmpxchg(&vcpu->kicked, false, true)) wake_up_interruptible(&vcpu->wqh) */
function* set_kicked(v: Vcpu, f: WakerFrame, label: string): Step<void> {
  const kicked = yield* v.kicked.cmpxchg(label, false, true, v.c.FailedCmpxchgIsMb, () => {
    v.since_clear.set(true)
    v.since_entry.set(true)
  })
  if (!kicked) yield* wake_up_interruptible(v, f)
}

/** WakeUpSets, where a vCPU ever blocks; elsewhere no kick wakes one, and the toggle is not looked at */
const wakeUpSets = (c: PollKickConstants): boolean => (c.GuestHalts || c.HaltedUserspace) && c.WakeUpSets

/** kvm_vcpu_kick(vcpu), by another pCPU than the vCPU's, with what the patch adds */
function* kvm_vcpu_kick(v: Vcpu, f: WakerFrame): Step<void> {
  let mode: KvmMode | undefined
  if (!(yield* v.kvm.kvm_vcpu_wake_up(VCPU))) mode = yield* v.kvm.kickOutOfGuest(VCPU)
  else if (!wakeUpSets(v.c)) return

  if (v.c.PollState) yield* wake_up_interruptible(v, f)
  else if (v.c.ModePolling) {
    if (mode === 'POLLING_FOR_EVENTS') yield* wake_up_interruptible(v, f)
  } else if (!v.c.HaltedUserspace) yield* set_kicked(v, f, 'kvm_vcpu_kick_kicked')
}

/** vmx_deliver_posted_interrupt(vcpu, vector); arch/x86/kvm/vmx/vmx.c */
function* vmx_deliver_posted_interrupt(v: Vcpu): Step<void> {
  const mode = yield* v.kvm.mode.at(VCPU).load('vmx_deliver_posted_interrupt')
  if (mode === 'IN_GUEST_MODE') yield* v.kvm.sendIpi(VCPU)
  else yield* v.kvm.kvm_vcpu_wake_up(VCPU)
}

/** an event source: publishes events as they come, and kicks */
function* event_source(v: Vcpu, f: WakerFrame): Program {
  for (;;) {
    yield* v.kvm.kvm_make_request(VCPU)
    yield* v.c.KickOnEvent ? kvm_vcpu_kick(v, f) : vmx_deliver_posted_interrupt(v)
  }
}

/** kvm_vcpu_check_block(vcpu): is there something to run for? an event in injection is the thread's own */
const kvm_vcpu_check_block = (v: Vcpu): Step<boolean> =>
  atomic(
    'kvm_vcpu_check_block',
    'kvm_arch_vcpu_runnable(vcpu)',
    () => v.kvm.requests.at(VCPU).read() || v.injected.peek(),
  )

const kvm_vcpu_block = (v: Vcpu): Step<void> => v.kvm.kvm_vcpu_block(VCPU, () => kvm_vcpu_check_block(v))

// ---------------------------------------------------------------------------------------------------------------------
// arch/x86/kvm/x86.c

/** WRITE_ONCE(vcpu->kicked, false), and the barrier after it where the design has one */
function* clear_kicked(v: Vcpu): Step<void> {
  yield* v.kicked.store('vcpu_enter_guest_clear_kicked', false, () => {
    v.since_clear.set(false)
  })
  if (v.c.ClearMb) yield* v.memory.smp_mb('vcpu_enter_guest_clear_smp_mb')
}

/** what clear-recheck does in a cancelled entry: kicked is set again, and whoever polled meanwhile is woken */
function* restore_kicked(v: Vcpu, f: VcpuFrame): Step<void> {
  f.reason = 'restore'
  yield* set_kicked(v, f, 'vcpu_enter_guest_restore')
}

/** the part of vcpu_enter_guest() with interrupts off, up to VM-entry: false is a cancelled entry */
function* mayEnter(v: Vcpu, f: VcpuFrame): Step<boolean> {
  const { ClearBeforeCheck, RestoreOnCancel, PollState, ModePolling, HaltedUserspace } = v.c
  if (ClearBeforeCheck) yield* clear_kicked(v)
  yield* v.kvm.modeInGuest(VCPU)
  if (yield* v.kvm.kvm_vcpu_exit_request(VCPU)) {
    if (ClearBeforeCheck && RestoreOnCancel) yield* restore_kicked(v, f)
    return false
  }
  // the designs that have no kicked have nothing to clear
  if (ClearBeforeCheck || PollState || ModePolling || HaltedUserspace) return true
  yield* clear_kicked(v)
  if (!RestoreOnCancel) return true
  if (!(yield* v.kvm.requests.at(VCPU).load('vcpu_enter_guest_recheck'))) return true
  yield* restore_kicked(v, f)
  return false
}

/** the guest runs until it makes a hypercall, halts, or an IPI comes */
const runGuest = (v: Vcpu): Step<Reason> =>
  atomic<Reason, Reason>(
    'vmexit',
    'VM-exit',
    (reason) => {
      const came = v.kvm.takeIpi(VCPU)
      if (reason === 'ipi') require(came, 'an IPI has come')
      else require(v.c.IpiMayLag || !came, 'no IPI is there')
      return reason
    },
    v.c.GuestHalts ? ['hypercall', 'ipi', 'halt'] : ['hypercall', 'ipi'],
  )

/** a timer on the vCPU's own pCPU: its handler finds the vCPU loaded here, and kvm_vcpu_kick() does `goto out` */
function* local_timer_interrupt(v: Vcpu, f: VcpuFrame): Step<void> {
  const fires = yield* v.memory.locked<boolean, boolean>(
    'local_timer_interrupt',
    'kvm_make_request()',
    (choice) => {
      if (choice) v.kvm.requests.set(VCPU, true)
      return choice
    },
    [false, true],
  )
  if (fires && v.c.SelfKickSets) yield* set_kicked(v, f, 'kvm_vcpu_kick_self')
}

/** vcpu_enter_guest(vcpu): sets f.reason to why it is not in the guest any more */
function* vcpu_enter_guest(v: Vcpu, f: VcpuFrame): Step<void> {
  if (yield* v.kvm.kvm_request_pending(VCPU)) {
    yield* v.kvm.kvm_check_request(VCPU, () => {
      v.injected.poke(true)
    })
  }
  if (yield* mayEnter(v, f)) {
    yield* atomic('vmentry', 'VM-entry', () => {
      v.injected.poke(false)
      v.since_entry.set(v.since_clear.get())
    })
    f.reason = yield* runGuest(v)
  } else {
    f.reason = 'abort'
  }
  yield* v.kvm.modeOutside(VCPU)
  if (v.c.SelfTimer) yield* local_timer_interrupt(v, f)
}

/** a signal takes the thread out with -EINTR, or not */
function* signal_pending(v: Vcpu, f: VcpuFrame): Step<boolean> {
  const maySignal = f.reason !== 'abort' || v.c.SignalAfterAbort
  return yield* atomic<boolean, boolean>(
    'vcpu_run_signal',
    'signal_pending(current)',
    (pending) => pending,
    maySignal ? [false, true] : [false],
  )
}

/** vcpu_run(vcpu): returns to userspace */
function* vcpu_run(v: Vcpu, f: VcpuFrame): Step<void> {
  for (;;) {
    yield* vcpu_enter_guest(v, f)
    if (f.reason === 'hypercall') return
    if (f.reason === 'halt') yield* kvm_vcpu_block(v)
    if (yield* signal_pending(v, f)) return
    f.reason = 'none'
  }
}

/** the vCPU's thread: the VMM calls KVM_RUN, or has it wait for an event in the reviewer's design */
function* vcpu_thread(v: Vcpu, f: VcpuFrame): Program {
  for (;;) {
    const halted = yield* atomic<boolean, boolean>(
      'KVM_RUN',
      'ioctl(KVM_RUN)',
      (wait) => {
        require(v.c.VcpuRuns, 'the VMM runs the vCPU')
        return wait
      },
      v.c.HaltedUserspace ? [false, true] : [false],
    )
    if (halted) {
      f.reason = 'wait'
      yield* kvm_vcpu_block(v)
      yield* v.memory.smp_mb('vcpu_run_exit_event')
    } else {
      yield* vcpu_run(v, f)
    }
    f.reason = 'none'
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The machine

const PARKED = 'KVM_RUN'
const PUBLISHES = 'kvm_make_request'

const WAKE_STEPS = ['waitqueue_active', 'wake_up_first', 'pollwake', 'wake_up_unlock']

/** Where threads wait for wqh.lock. Linux's spin locks are queued: others who come and go keep nobody out for ever. */
const WAKER_LOCKS = new Set(['wake_up_lock'])
const POLLER_LOCKS = new Set(['poll_wait_lock', 'poll_freewait_lock'])

/** The labels at which a thread moves by itself; the others wait for the guest, the VMM, an event or the lock. */
const VCPU_STEPS = new Set([
  ...ENTRY_STEPS,
  'vcpu_enter_guest_clear_kicked',
  'vcpu_enter_guest_clear_smp_mb',
  'vcpu_enter_guest_recheck',
  'vcpu_enter_guest_restore',
  'vmentry',
  'local_timer_interrupt',
  'kvm_vcpu_kick_self',
  'vcpu_run_signal',
  ...BLOCK_STEPS,
  'kvm_vcpu_check_block',
  'vcpu_run_exit_event',
  ...WAKE_STEPS,
])

const SOURCE_STEPS = new Set(['vmx_deliver_posted_interrupt', ...KICK_STEPS, 'kvm_vcpu_kick_kicked', ...WAKE_STEPS])

const POLLER_STEPS = new Set([
  'poll_wait_add',
  'poll_wait_unlock',
  'kvm_vcpu_poll_smp_mb',
  'kvm_vcpu_poll_read_kicked',
  'kvm_vcpu_poll_read_requests',
  'kvm_vcpu_poll_read_injected',
  'kvm_vcpu_poll_read_mode',
  'kvm_vcpu_poll_mode_polling',
  'poll_schedule_timeout',
  'poll_freewait_del',
  'poll_freewait_unlock',
])

/** What properties look at. */
interface Observers {
  readonly vcpu: Observer<VcpuFrame>
  readonly sources: readonly Observer<WakerFrame>[]
  readonly poller: (p: Key) => Observer<PollerFrame>
}

const isAsleep = (v: Vcpu, o: Observers, p: Key): boolean =>
  o.poller(p).at('poll_schedule_timeout') && !v.triggered.get(p)

const invariants = (v: Vcpu, o: Observers): Invariant[] => {
  const sourcesIdle = (): boolean => o.sources.every((s) => s.at(PUBLISHES))
  const { Pollers } = v.c
  const published = (): boolean => v.eventPending() && sourcesIdle()
  const requestInGuest = (): boolean => o.vcpu.at('vmexit') && v.kvm.requests.get(VCPU) && sourcesIdle()
  const reportsReady = (p: Key): boolean => o.poller(p).at('poll_freewait_lock')
  return [
    {
      name: 'NoLostEventInv',
      instances: [
        {
          name: '.poller',
          occurs: () => o.vcpu.at(PARKED) && published(),
          holds: () => !(o.vcpu.at(PARKED) && published() && Pollers.some((p) => isAsleep(v, o, p))),
        },
        {
          name: '.vcpu',
          occurs: () => o.vcpu.at('kvm_vcpu_block_schedule') && published(),
          holds: () => !(o.vcpu.at('kvm_vcpu_block_schedule') && published() && !v.kvm.woken.get(VCPU)),
        },
      ],
    },
    {
      name: 'ReadyMeansKickedInv',
      instances: Pollers.map((p) => ({
        name: `[${p}]`,
        occurs: () => reportsReady(p),
        holds: () => !v.unkicked.get(p),
      })),
    },
    {
      name: 'ReadyMeansPendingInv',
      instances: Pollers.map((p) => ({
        name: `[${p}]`,
        occurs: () => reportsReady(p),
        holds: () => !v.stale.get(p),
      })),
    },
    {
      name: 'GuestSeesRequestInv',
      instances: [{ name: '', occurs: requestInGuest, holds: () => !requestInGuest() || v.kvm.ipi.get(VCPU) }],
    },
  ]
}

const liveness = (v: Vcpu, o: Observers): LeadsTo[] => {
  const { Pollers } = v.c
  const parked = (): boolean => v.eventPending() && o.vcpu.at(PARKED)
  const reported = (p: Key): boolean => o.poller(p).at('poll_freewait_lock')
  const isPolling = (p: Key): boolean => !o.poller(p).at('poll_initwait')
  // an IPI that is there takes the guest out; without one it may stay for as long as it likes
  const isCalledOut = (): boolean => o.vcpu.at('vmexit') && v.kvm.ipi.get(VCPU)
  const unheard = (): boolean => v.kvm.requests.get(VCPU) && !o.vcpu.at(PARKED) && !isCalledOut()
  const undelivered = (): boolean => v.injected.peek() && !o.vcpu.at(PARKED)
  // a stream of events that never ends can cancel every entry into the guest
  const sourcesIdle = (): boolean => o.sources.every((s) => s.at(PUBLISHES))
  return [
    {
      name: 'EventReportedProp',
      instances: [
        {
          name: '.poller',
          from: () => parked() && Pollers.some((p) => isAsleep(v, o, p)),
          to: () => !parked() || Pollers.some(reported),
        },
        {
          name: '.vcpu',
          from: () => v.eventPending() && o.vcpu.at('kvm_vcpu_block_schedule'),
          to: () => !o.vcpu.at('kvm_vcpu_block_schedule'),
        },
      ],
    },
    {
      name: 'AllPollersWokenProp',
      instances: Pollers.map((p) => ({
        name: `[${p}]`,
        from: () => parked() && isAsleep(v, o, p),
        to: () => !parked() || reported(p),
      })),
    },
    {
      name: 'PollReturnsProp',
      instances: Pollers.map((p) => ({
        name: `[${p}]`,
        from: () => parked() && isPolling(p),
        to: () => !parked() || !isPolling(p),
      })),
    },
    {
      name: 'EventTakenProp',
      instances: [
        { name: '.requests', from: unheard, to: () => !unheard() },
        { name: '.injected', eventuallyAlways: sourcesIdle, from: undelivered, to: () => !undelivered() },
      ],
    },
  ]
}

/** The machine for one set of constants. */
export const pollKick = (c: PollKickConstants): Machine => {
  const { Sources, Pollers } = c
  const ids: ThreadId[] = [
    ['vcpu', VCPU],
    ...Sources.map((s): ThreadId => ['source', s]),
    ...Pollers.map((p): ThreadId => ['poller', p]),
  ]
  const v = new Vcpu(c, ids)
  const todo = setOf(Pollers)
  const vcpuThread = thread<VcpuFrame>({
    id: ['vcpu', VCPU],
    frame: { reason: oneOfNames(...REASONS), todo },
    initial: { reason: 'none', todo: idSet.empty },
    program: (f) => vcpu_thread(v, f),
  })
  const sourceThreads = Sources.map((s) =>
    thread<WakerFrame>({
      id: ['source', s],
      frame: { todo },
      initial: { todo: idSet.empty },
      program: (f) => event_source(v, f),
    }),
  )
  const pollerThreads = Pollers.map((p) =>
    thread<PollerFrame>({
      id: ['poller', p],
      frame: { registered: bool },
      initial: { registered: false },
      program: (f) => do_sys_poll(v, f, p),
    }),
  )
  const observers: Observers = {
    vcpu: new Observer(v.shared, 0),
    sources: Sources.map((_, i) => new Observer(v.shared, 1 + i)),
    poller: (p) => new Observer(v.shared, 1 + Sources.length + Pollers.indexOf(p)),
  }
  return {
    shared: v.shared,
    threads: [vcpuThread, ...sourceThreads, ...pollerThreads],
    environment: v.memory.commits(),
    invariants: invariants(v, observers),
    liveness: liveness(v, observers),
    fairness: [
      { thread: ['vcpu', VCPU], labels: VCPU_STEPS },
      ...Sources.map((s) => ({ thread: ['source', s] as const, labels: SOURCE_STEPS })),
      ...Pollers.map((p) => ({ thread: ['poller', p] as const, labels: POLLER_STEPS })),
      { thread: ['vcpu', VCPU], labels: WAKER_LOCKS, strong: true },
      ...Sources.map((s) => ({ thread: ['source', s] as const, labels: WAKER_LOCKS, strong: true as const })),
      ...Pollers.map((p) => ({ thread: ['poller', p] as const, labels: POLLER_LOCKS, strong: true as const })),
      ...(c.Memory === 'SC' ? [] : ids.map((id) => ({ thread: id, labels: new Set([COMMIT]) }))),
    ],
  }
}
