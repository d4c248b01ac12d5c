/**
 * One struct kvm_vcpu per processor and virtual trust level (VTL): who routes which interrupt, and who may touch whose
 * vCPU. Twin of spec/apic-groups/ApicGroups.tla, which says what is modelled, from which documents, and what is left out.
 *
 * Written to be read beside document 001, "[RFC 09/33] KVM: x86: hyper-v: Introduce per-VTL vcpu helpers": each function
 * below is the C function of that name, each `yield*` with a label one step of it. `f` is the frame of the thread.
 */

import { BLOCK_STEPS, ENTRY_STEPS, KICK_STEPS, KVM_TOGGLES, KvmVcpus } from '../lib/kvm/vcpu.ts'
import { MUTEX_TOGGLES, VcpuMutexes } from '../lib/kvm/mutex.ts'
import type {
  Domain,
  IdSet,
  Invariant,
  InvariantInstance,
  Key,
  LeadsTo,
  LocationMap,
  Machine,
  Memory,
  Program,
  Read,
  Shared,
  Step,
  ThreadId,
  Variable,
} from '../lib/kernel/design.ts'
import {
  atomic,
  bool,
  boolean,
  COMMIT,
  ids,
  idSet,
  int,
  Location,
  MEMORY_CONSTANTS,
  natural,
  Observer,
  oneOfNames,
  require,
  setOf,
  SharedState,
  thread,
  tla,
  toggling,
  worldSwitch,
} from '../lib/kernel/design.ts'

/** CONSTANTS of the specification. */
export const CONSTANTS = {
  ...MEMORY_CONSTANTS,
  GroupShift: natural,
  GroupBits: natural,
  Requesters: ids,
  Siblings: ids,
  CreateIds: ids,
  ClearFirst: toggling(
    "the sender's group replaces the group bits of a destination",
    "the sender's group is ORed to a destination",
  ),
  BroadcastFirst: toggling(
    "a physical broadcast is recognised before the sender's group is put in",
    "the sender's group is put into a physical broadcast too",
  ),
  MaskExternal: toggling(
    'the group bits in the destination of an MSI are cleared',
    'the destination of an MSI is taken as it is',
  ),
  MatchCorrected: toggling(
    'kvm_apic_match_dest() refuses other groups only',
    'kvm_apic_match_dest() refuses every group but 0',
  ),
  VtlReadFirst: toggling(
    'the target VTL of a PV IPI is read before it is used',
    'the target VTL of a PV IPI is used before it is read',
  ),
  CheckHierarchy: toggling('a guest may name its own VTL and lower ones only', 'a guest may name any VTL'),
  CheckVtlRange: toggling(
    'kvm_hv_get_vtl_vcpu() returns NULL for a VTL that does not fit under the mask',
    'kvm_hv_get_vtl_vcpu() takes the bits of a VTL that fit under the mask',
  ),
  LookupByVcpuId: toggling(
    "kvm_hv_get_vtl_vcpu() starts from the vCPU's id",
    'kvm_hv_get_vtl_vcpu() starts from the APIC id register',
  ),
  TrylockSibling: toggling('a sibling is looked at under its mutex, by trylock', 'a sibling is looked at with no lock'),
  ConfigureLocked: toggling('KVM_SET_APIC_ID_GROUPS takes kvm->lock', 'KVM_SET_APIC_ID_GROUPS takes no lock'),
  RerunAfterHandled: toggling(
    'the VMM runs a vCPU that has faulted again only after the fault was handled',
    'the VMM runs a vCPU that has faulted again at once',
  ),
  QueueBeforeWake: toggling(
    'the VMM queues the message, then wakes the higher VTL',
    'the VMM wakes the higher VTL, then queues the message',
  ),
  RetryOnEom: toggling(
    'a message that finds the slot in use is queued after the EOM',
    'a message that finds the slot in use is dropped',
  ),
  ...KVM_TOGGLES,
  ...MUTEX_TOGGLES,
  Namespace: boolean,
  Product: boolean,
  SendsPhysical: worldSwitch,
  SendsBroadcast: worldSwitch,
  GroupBitsInDest: worldSwitch,
  SendsLogical: worldSwitch,
  SendsShorthand: worldSwitch,
  SendsMsi: worldSwitch,
  SendsGsi: worldSwitch,
  SendsPv: worldSwitch,
  Looks: worldSwitch,
  WritesApicId: worldSwitch,
  Translates: worldSwitch,
  Faults: worldSwitch,
  Configures: worldSwitch,
}

export type ApicGroupsConstants = Read<typeof CONSTANTS>

/** Key of the device that raises interrupts, among those who ask for something. */
const DEVICE: Key = 99

/** No vCPU, no VTL, no root. */
const NONE = -1

const CONFIG: Key = 0
const CREATOR: Key = 1

/** Where a guest can fault. */
const GPAS: readonly Key[] = [1, 2]

const REQUESTS = [
  'none',
  'physical',
  'logical',
  'self',
  'all',
  'allbut',
  'msi',
  'gsi',
  'pv',
  'lookup',
  'write',
  'translate',
  'fault',
] as const
type Request = (typeof REQUESTS)[number]

const STATUSES = ['ok', 'EAGAIN', 'HV_STATUS_INVALID_HYPERCALL_INPUT', 'HV_STATUS_ACCESS_DENIED'] as const
type Status = (typeof STATUSES)[number]

const REASONS = ['none', 'abort', 'ipi', 'halt'] as const
type Reason = (typeof REASONS)[number]

const ERRNOS = ['ok', 'EINVAL', 'EFAULT', 'EEXIST'] as const
type Errno = (typeof ERRNOS)[number]

/** How far a fault has come; it is over when it is `none` again. */
const FAULT_STATES = ['none', 'raised', 'slot', 'read', 'message', 'lost', 'twice'] as const
type FaultState = (typeof FAULT_STATES)[number]

/** Locals of who asks for something: a vCPU whose guest exits, or a device. */
interface AskerFrame {
  kind: Request
  /** destination of an interrupt, or where the guest has faulted */
  dest: number
  /** the VTL that the guest names */
  vtl: number
  /** vCPUs that the interrupt has still to be given to */
  todo: IdSet
  /** target_id of a lookup, then the id of the vCPU that it has found */
  target: number
  /** group << apic_id_group_shift */
  bits: number
  /** root of the sibling's MMU that is being walked */
  root: number
  status: Status
}

/** Locals of a thread that runs a sibling in KVM_RUN. */
interface SiblingFrame {
  reason: Reason
  /** what it has read of its intercept_info */
  info_gpa: number
  info_access: number
}

interface IoctlFrame {
  ret: Errno
}

interface CreatorFrame extends IoctlFrame {
  new_id: number
  new_apic_id: number
}

/** Ids with group bits, as RFC 02 computes with them. */
class Groups {
  readonly shift: number
  /** GENMASK() of the group bits */
  readonly mask: number
  readonly count: number
  /** KVM_MAX_VCPU_IDS */
  readonly maxIds: number
  /** all ones below the group bits: 0xff of an xAPIC */
  readonly broadcast: number
  readonly ids: readonly Key[]

  constructor({ GroupShift, GroupBits }: ApicGroupsConstants) {
    this.shift = GroupShift
    this.count = 1 << GroupBits
    this.maxIds = 1 << (GroupShift + GroupBits)
    this.mask = this.maxIds - (1 << GroupShift)
    this.broadcast = (1 << GroupShift) - 1
    this.ids = Array.from({ length: this.count }, (_, group) => [0, 1].map((p) => p | (group << GroupShift))).flat()
  }

  group(id: Key): number {
    return (id & this.mask) >> this.shift
  }

  /** the vCPUs of a group whose processors are bits of `processors` */
  members(group: number, processors = 0b11): IdSet {
    return this.ids.filter((id) => this.group(id) === group && ((processors >> (id & ~this.mask)) & 1) === 1)
  }

  /** what a guest of this group means by a physical destination: it knows processors only, so nothing by group bits */
  meantBy(dest: number, group: number): IdSet {
    if (dest === this.broadcast) return this.members(group)
    return this.members(group).filter((id) => (id & ~this.mask) === dest)
  }
}

/** Those who ask for something; the device is one where it raises interrupts. */
const askersIn = ({ Requesters, SendsMsi, SendsGsi }: ApicGroupsConstants): readonly Key[] => [
  ...Requesters,
  ...(SendsMsi || SendsGsi ? [DEVICE] : []),
]

/** A field of the struct kvm_vcpu that is the variable's key. */
const ofVcpu = (name: string) => (v: Key) => `v${v}->${name}`

/** The APIC id registers; those of vCPUs that exist from the begin on are their ids without group bits. */
const apicIds = (
  shared: Shared,
  memory: Memory,
  { ids, mask, maxIds }: Groups,
  exist: boolean,
): ReadonlyMap<Key, Location<number>> => {
  const domain = int(0, maxIds - 1)
  const cells = shared.declare(
    'apic_id',
    ids.map((id) => ({
      argument: tla.int(id),
      domain: domain as Domain<unknown>,
      initial: domain.indexOf(exist ? id & ~mask : 0),
      inC: ofVcpu('apic_id')(id),
    })),
  )
  return new Map(ids.map((id, i) => [id, new Location(memory, ofVcpu('apic_id')(id), domain, cells[i] ?? -1)]))
}

/** The shared state: of struct kvm, of struct kvm_vcpu, of the VMM, and history variables. */
class Vm extends SharedState<ApicGroupsConstants> {
  readonly groups = new Groups(this.c)
  /** is the VM there from the begin, or made by a thread of it? */
  private readonly configured = !this.c.Configures
  readonly vcpus = new KvmVcpus(this.memory, this.c.Siblings, this.c)
  readonly mutexes = new VcpuMutexes(this.memory, this.c.Siblings, ['run', 'translate'], this.c, ofVcpu('mutex'))
  readonly apic_id_group_mask = this.configuration('apic_id_group_mask', this.groups.mask)
  readonly apic_id_group_shift = this.configuration('apic_id_group_shift', this.groups.shift)
  readonly created_vcpus = this.memory.scalar(
    'created_vcpus',
    int(0, this.groups.ids.length + 1),
    this.configured ? this.groups.ids.length : 0,
    'created_vcpus',
  )
  readonly online = this.memory.scalar(
    'online',
    setOf(this.groups.ids),
    this.configured ? this.groups.ids : idSet.empty,
    'kvm->vcpu_array',
  )
  readonly kvm_lock = this.memory.scalar('kvm_lock', bool, false, 'kvm->lock')
  readonly apic_id = apicIds(this.shared, this.memory, this.groups, this.configured)
  readonly irr = this.memory.map('irr', this.groups.ids, bool, false, ofVcpu('irr'))
  readonly mmu_root = this.memory.map('mmu_root', this.c.Siblings, int(0, 1), 0, ofVcpu('mmu->root'))
  readonly intercept_gpa = this.gpa('intercept_gpa')
  readonly intercept_access = this.gpa('intercept_access')
  readonly msg_type = this.memory.map('msg_type', this.c.Siblings, bool, false, ofVcpu('msg.type'))
  readonly msg_gpa = this.gpa('msg_gpa')
  readonly msg_access = this.gpa('msg_access')
  readonly wake = this.memory.map('wake', this.c.Siblings, bool, false, ofVcpu('wake'))
  readonly intended = this.vcpusOf('intended')
  readonly reached = this.vcpusOf('reached')
  readonly ns_reached = this.vcpusOf('ns_reached')
  readonly fault = this.shared.map('fault', GPAS, oneOfNames(...FAULT_STATES), 'none')

  private configuration(name: string, value: number): Location<number> {
    return this.memory.scalar(name, int(0, value), this.configured ? value : 0, name)
  }

  private gpa(name: string): LocationMap<number> {
    return this.memory.map(name, this.c.Siblings, int(0, GPAS.length), 0, ofVcpu(name.replace('_', '.')))
  }

  private vcpusOf(name: string): Variable<IdSet> {
    return this.shared.map(name, askersIn(this.c), setOf(this.groups.ids), idSet.empty)
  }

  /** the APIC id register of a vCPU */
  apicId(id: Key): Location<number> {
    const location = this.apic_id.get(id)
    if (location === undefined) throw new RangeError(`no vCPU ${id}`)
    return location
  }

  /** A fault is passed on; if it is not where it should be, it was passed on before. One that is lost stays lost. */
  passOn(gpa: Key, from: FaultState, to: FaultState): void {
    if (gpa === 0) return // nothing was ever written there
    const state = this.fault.get(gpa)
    if (state !== 'lost') this.fault.set(gpa, state === from ? to : 'twice')
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Interrupts: lapic.c and irq_comm.c as RFC 02 and RFC 06 change them

/** __apic_accept_irq() for each of the targets */
function* apic_accept_irq(k: Vm, f: AskerFrame, a: Key): Step<void> {
  while (f.todo.length > 0) {
    const target = idSet.first(f.todo)
    yield* k.irr.at(target).xchg('apic_accept_irq', true, () => {
      k.reached.set(a, idSet.with(k.reached.get(a), target))
    })
    f.todo = idSet.rest(f.todo)
  }
}

/** kvm_apic_id_set_group(kvm, group(src), &dest), as kvm_apic_send_ipi() does it */
const setGroup = ({ groups, c }: Vm, dest: number, group: number): number => {
  if (c.BroadcastFirst && dest === groups.broadcast) return dest
  const bits = (group << groups.shift) & groups.mask
  return (c.ClearFirst ? dest & ~groups.mask : dest) | bits
}

/** kvm_apic_match_dest(): `a` is the sender, or the device for an interrupt without one */
const kvm_apic_match_dest = ({ groups, c }: Vm, { kind, dest }: AskerFrame, a: Key, target: Key): boolean => {
  const group = groups.group(target)
  if (a === DEVICE) {
    if (group !== 0) return false
  } else {
    if (group !== groups.group(a)) return false
    if (!c.MatchCorrected && group !== 0) return false
  }
  if (kind === 'logical') return ((dest >> (target & ~groups.mask)) & 1) === 1
  return kind === 'allbut' ? target !== a : true
}

/** kvm_irq_delivery_to_apic(): no target can be looked up, so each vCPU is asked */
function* kvm_irq_delivery_to_apic(k: Vm, f: AskerFrame, a: Key): Step<void> {
  f.todo = yield* atomic('kvm_irq_delivery_to_apic', 'kvm_for_each_vcpu()', () =>
    k.groups.ids.filter((id) => kvm_apic_match_dest(k, f, a, id)),
  )
  yield* apic_accept_irq(k, f, a)
}

/** the vCPU that phys_map[] has for a destination, if it has one */
const physMap = ({ groups }: Vm, dest: number): IdSet => (groups.ids.includes(dest) ? [dest] : [])

/** the vCPUs of the sender's namespace that an IPI goes to, by the reviewer's first rule */
const namespaceTargets = ({ groups }: Vm, { kind, dest }: AskerFrame, a: Key): IdSet => {
  const group = groups.group(a)
  const all = groups.members(group)
  if (kind === 'self') return [a]
  if (kind === 'all' || (kind === 'physical' && dest === groups.broadcast)) return all
  if (kind === 'allbut') return idSet.without(all, a)
  return kind === 'logical' ? groups.members(group, dest) : all.filter((id) => (id & ~groups.mask) === dest)
}

/** kvm_apic_send_ipi() */
function* kvm_apic_send_ipi(k: Vm, f: AskerFrame, a: Key): Step<void> {
  const { c, groups } = k
  if (c.Namespace) {
    f.todo = yield* atomic('kvm_apic_send_ipi', 'APIC map of the namespace', () => namespaceTargets(k, f, a))
    return yield* apic_accept_irq(k, f, a)
  }
  yield* atomic('kvm_apic_send_ipi', 'kvm_apic_send_ipi()', () => undefined)
  const dest = setGroup(k, f.dest, groups.group(a))
  if (f.kind === 'self' || (f.kind === 'physical' && dest !== groups.broadcast)) {
    f.todo = yield* atomic('kvm_irq_delivery_to_apic_fast', 'map->phys_map[]', () =>
      f.kind === 'self' ? [a] : physMap(k, dest),
    )
    yield* apic_accept_irq(k, f, a)
  } else {
    yield* kvm_irq_delivery_to_apic(k, f, a)
  }
}

/** the same IPI by the reviewer's first rule: only noted */
function* namespace_send_ipi(k: Vm, f: AskerFrame, a: Key): Step<void> {
  f.todo = yield* atomic('namespace_send_ipi', 'APIC map of the namespace', () => namespaceTargets(k, f, a))
  while (f.todo.length > 0) {
    const target = idSet.first(f.todo)
    yield* atomic('namespace_accept_irq', 'it would be delivered', () => {
      k.ns_reached.set(a, idSet.with(k.ns_reached.get(a), target))
    })
    f.todo = idSet.rest(f.todo)
  }
}

/** kvm_set_msi(): the destination is what the guest wrote into the MSI's address */
function* kvm_set_msi(k: Vm, f: AskerFrame): Step<void> {
  const dest = k.c.MaskExternal ? f.dest & ~k.groups.mask : f.dest
  f.todo = yield* atomic('kvm_set_msi', 'kvm_set_msi()', () => (dest === k.groups.broadcast ? [] : physMap(k, dest)))
  if (dest === k.groups.broadcast) yield* kvm_irq_delivery_to_apic(k, f, DEVICE)
  else yield* apic_accept_irq(k, f, DEVICE)
}

/** kvm_set_irq(): the reviewer's second rule, the VMM has routed the GSI to a vCPU */
function* kvm_set_irq(k: Vm, f: AskerFrame): Step<void> {
  f.todo = yield* atomic('kvm_set_irq', 'kvm_set_irq()', () => [f.dest])
  yield* apic_accept_irq(k, f, DEVICE)
}

/** may the guest name this VTL? */
const mayName = ({ c, groups }: Vm, a: Key, vtl: number): boolean => !c.CheckHierarchy || vtl <= groups.group(a)

/** kvm_hv_send_ipi(), HvCallSendSyntheticClusterIpi */
function* kvm_hv_send_ipi(k: Vm, f: AskerFrame, a: Key): Step<void> {
  const { c, groups } = k
  const own = groups.group(a)
  const named = f.vtl === NONE ? own : f.vtl
  const punts = c.Namespace && named !== own
  const reads = c.VtlReadFirst || c.Namespace
  const choices = reads || f.dest === 0 ? [named] : Array.from({ length: groups.count }, (_, vtl) => vtl)
  const vtl = yield* atomic<number, number>('kvm_hv_send_ipi', 'kvm_hv_send_ipi()', (in_vtl) => in_vtl, choices)
  if (f.dest === 0) {
    f.status = 'HV_STATUS_INVALID_HYPERCALL_INPUT'
    return
  }
  if (punts) yield* atomic('vmm_send_ipi', 'KVM_SIGNAL_MSI', () => undefined)
  if (reads && !mayName(k, a, vtl)) {
    f.status = 'HV_STATUS_ACCESS_DENIED'
    return
  }
  f.todo = groups.members(vtl, f.dest)
  yield* apic_accept_irq(k, f, a)
}

// ---------------------------------------------------------------------------------------------------------------------
// hyperv.h: siblings, and who asks for them

/** kvm_hv_get_vtl_vcpu(vcpu, vtl): the id of the vCPU that it returns is left in f.target, -1 for NULL */
function* kvm_hv_get_vtl_vcpu(k: Vm, f: AskerFrame, a: Key): Step<void> {
  const { c } = k
  if (!c.LookupByVcpuId) f.target = yield* k.apicId(a).load('kvm_apic_id')
  f.bits = f.vtl << (yield* k.apic_id_group_shift.load('kvm_apic_id_set_group_shift'))
  const mask = yield* k.apic_id_group_mask.load('kvm_apic_id_set_group_mask')
  const base = c.LookupByVcpuId ? a & ~mask : f.target
  const target_id = base | (f.bits & mask)
  const fits = (f.bits & ~mask) === 0
  f.bits = 0
  if (c.CheckVtlRange && !fits) {
    f.target = NONE
    return
  }
  f.target = target_id
  if (target_id === a) return
  const vcpus = yield* k.online.load('kvm_get_vcpu_by_id')
  if (!idSet.has(vcpus, target_id)) f.target = NONE
}

/** HvCallTranslateVirtualAddress: the MMU of another VTL's vCPU is walked */
function* kvm_hv_translate(k: Vm, f: AskerFrame, a: Key): Step<void> {
  yield* atomic('kvm_hv_translate', 'kvm_hv_translate()', () => undefined)
  if (!mayName(k, a, f.vtl)) {
    f.status = 'HV_STATUS_ACCESS_DENIED'
    return
  }
  yield* kvm_hv_get_vtl_vcpu(k, f, a)
  if (!k.c.Siblings.includes(f.target)) return // NULL, or its own, which nobody else changes
  if (k.c.TrylockSibling && !(yield* k.mutexes.trylock('trylock_sibling', f.target, 'translate'))) {
    f.status = 'EAGAIN'
    return
  }
  f.root = yield* k.mmu_root.at(f.target).load('kvm_mmu_get_root')
  yield* atomic('kvm_mmu_walk', 'walk_addr()', () => undefined)
  f.root = NONE
  if (k.c.TrylockSibling) yield* k.mutexes.unlock('unlock_sibling', f.target)
}

/** the fault handler as posted: the higher VTL's vCPU is told through its intercept_info */
function* hv_memory_fault(k: Vm, f: AskerFrame, a: Key): Step<void> {
  yield* kvm_hv_get_vtl_vcpu(k, f, a)
  const { target, dest: gpa } = f
  if (!k.c.Siblings.includes(target)) return
  yield* k.intercept_gpa.at(target).store('intercept_info_gpa', gpa, () => {
    for (const other of GPAS) if (k.fault.get(other) === 'slot') k.fault.set(other, 'lost')
    k.fault.set(gpa, 'slot')
  })
  yield* k.intercept_access.at(target).store('intercept_info_access', gpa)
  yield* k.vcpus.kvm_make_request(target)
  yield* k.vcpus.kvm_vcpu_kick(target)
}

/** the VMM queues the SynIC message of the fault */
function* vmm_queue_message(k: Vm, f: AskerFrame, vcpu: Key): Step<void> {
  const { dest: gpa } = f
  const full = yield* k.msg_type.at(vcpu).load('vmm_check_slot', (used) => {
    require(!used || !k.c.RetryOnEom, 'the slot is free')
    if (used) k.fault.set(gpa, 'lost')
  })
  if (full) return
  yield* k.msg_gpa.at(vcpu).store('vmm_msg_gpa', gpa)
  yield* k.msg_access.at(vcpu).store('vmm_msg_access', gpa)
  yield* k.msg_type.at(vcpu).release('vmm_msg_type', true, () => {
    k.fault.set(gpa, 'message')
  })
}

/** the reviewer's fourth rule: the kernel has exited to the VMM, which tells the higher VTL and wakes it */
function* vmm_memory_fault(k: Vm, f: AskerFrame, a: Key): Step<void> {
  const vcpu = a | (1 << k.groups.shift)
  const wake = (): Step<boolean> => k.wake.at(vcpu).xchg('vmm_wake', true)
  if (!k.c.QueueBeforeWake) yield* wake()
  yield* vmm_queue_message(k, f, vcpu)
  if (k.c.QueueBeforeWake) yield* wake()
}

// ---------------------------------------------------------------------------------------------------------------------
// A vCPU whose guest exits, and a device

/** What a guest or a device asks for, and the vCPUs that an interrupt is meant for. */
interface Ask {
  readonly kind: Request
  readonly dest: number
  readonly vtl: number
  readonly meant: IdSet
}

const ask = (kind: Request, dest = 0, vtl = NONE, meant: IdSet = idSet.empty): Ask => ({ kind, dest, vtl, meant })

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

/** physical destinations that a guest may write */
const destinations = ({ groups, c }: Vm): readonly number[] =>
  upTo(c.GroupBitsInDest ? groups.maxIds : 1 << groups.shift).filter(
    (dest) => c.SendsBroadcast || dest !== groups.broadcast,
  )

/** Masks of processors; an empty one stands for a hypercall with reserved bits. */
const PROCESSOR_MASKS = [1, 2, 3]

const asksOfDevice = (k: Vm): Ask[] => [
  ...(k.c.SendsMsi ? destinations(k).map((dest) => ask('msi', dest, NONE, k.groups.meantBy(dest, 0))) : []),
  ...(k.c.SendsGsi ? k.groups.ids.map((id) => ask('gsi', id, NONE, [id])) : []),
]

const asksOfVcpu = (k: Vm, a: Key): Ask[] => {
  const { groups, c } = k
  const group = groups.group(a)
  const vtls = upTo(groups.count + 1)
  const pv = (vtl: number): Ask[] =>
    PROCESSOR_MASKS.map((mask) =>
      ask('pv', mask, vtl, vtl > group ? idSet.empty : groups.members(vtl === NONE ? group : vtl, mask)),
    )
  return [
    ...(c.SendsPhysical ? destinations(k).map((d) => ask('physical', d, NONE, groups.meantBy(d, group))) : []),
    ...(c.SendsLogical ? PROCESSOR_MASKS.map((m) => ask('logical', m, NONE, groups.members(group, m))) : []),
    ...(c.SendsShorthand
      ? [
          ask('self', 0, NONE, [a]),
          ask('all', 0, NONE, groups.members(group)),
          ask('allbut', 0, NONE, idSet.without(groups.members(group), a)),
        ]
      : []),
    ...(c.SendsPv ? [ask('pv'), ...[NONE, ...upTo(groups.count)].flatMap(pv)] : []),
    ...(c.Looks ? vtls.map((vtl) => ask('lookup', 0, vtl)) : []),
    ...(c.WritesApicId ? [0, 1].map((id) => ask('write', id)) : []),
    ...(c.Translates ? vtls.map((vtl) => ask('translate', 0, vtl)) : []),
    ...(c.Faults && group === 0 ? GPAS.map((gpa) => ask('fault', gpa, 1)) : []),
  ]
}

/** what KVM and the VMM do for what was asked */
function* handle(k: Vm, f: AskerFrame, a: Key): Step<void> {
  switch (f.kind) {
    case 'physical':
    case 'logical':
    case 'self':
    case 'all':
    case 'allbut':
      yield* kvm_apic_send_ipi(k, f, a)
      if (k.c.Product) yield* namespace_send_ipi(k, f, a)
      return
    case 'msi':
      return yield* kvm_set_msi(k, f)
    case 'gsi':
      return yield* kvm_set_irq(k, f)
    case 'pv':
      return yield* kvm_hv_send_ipi(k, f, a)
    case 'lookup':
      return yield* kvm_hv_get_vtl_vcpu(k, f, a)
    case 'write':
      return yield* k.apicId(a).store('kvm_lapic_reg_write_id', f.dest)
    case 'translate':
      return yield* kvm_hv_translate(k, f, a)
    case 'fault':
      return yield* k.c.Namespace ? vmm_memory_fault(k, f, a) : hv_memory_fault(k, f, a)
    case 'none':
      return
  }
}

/** a vCPU's thread, from VM-exit to VM-entry; or a device that raises interrupts */
function* asker(k: Vm, f: AskerFrame, a: Key): Program {
  const asks = a === DEVICE ? asksOfDevice(k) : asksOfVcpu(k, a)
  for (;;) {
    const asked = yield* atomic<Ask, Ask>(
      'guest_exit',
      'VM-exit',
      (choice) => {
        require(a === DEVICE || idSet.has(k.online.peek(), a), 'the vCPU exists')
        if (choice.kind === 'fault') {
          require(k.fault.get(choice.dest) === 'none', 'an earlier fault there was handled')
          k.fault.set(choice.dest, 'raised')
        }
        k.intended.set(a, choice.meant)
        return choice
      },
      asks,
    )
    f.kind = asked.kind
    f.dest = asked.dest
    f.vtl = asked.vtl
    yield* handle(k, f, a)
    yield* k.memory.locked('guest_entry', 'VM-entry', () => {
      if (f.kind === 'fault' && k.c.RerunAfterHandled) require(k.fault.get(f.dest) === 'none', 'the fault was handled')
      if (a !== DEVICE) k.irr.set(a, false)
      for (const history of [k.intended, k.reached, k.ns_reached]) history.set(a, idSet.empty)
    })
    f.kind = 'none'
    f.dest = 0
    f.vtl = NONE
    f.target = NONE
    f.status = 'ok'
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// x86.c and hyperv.c: a sibling's own thread

/** kvm_hv_inject_intercept(): the fields of its intercept_info become a SynIC message, or #UD */
function* kvm_hv_inject_intercept(k: Vm, f: SiblingFrame, h: Key): Step<void> {
  f.info_gpa = yield* k.intercept_gpa.at(h).load('inject_intercept_gpa', (gpa) => {
    k.passOn(gpa, 'slot', 'read')
  })
  f.info_access = yield* k.intercept_access.at(h).load('inject_intercept_access')
  const { info_gpa, info_access } = f
  yield* k.memory.locked('synic_deliver_msg', 'synic_deliver_msg()', () => {
    const fresh = info_gpa !== 0 && k.fault.get(info_gpa) === 'read'
    if (k.msg_type.get(h)) {
      if (fresh) k.fault.set(info_gpa, 'lost')
      return
    }
    if (fresh) k.fault.set(info_gpa, 'message')
    k.msg_type.set(h, true)
    k.msg_gpa.set(h, info_gpa)
    k.msg_access.set(h, info_access)
  })
  f.info_gpa = 0
  f.info_access = 0
}

type GuestExit = 'message' | 'ipi' | 'halt' | 'busy'

/** what happens next to a guest that is not handling a message */
const guestExit = (k: Vm, h: Key, label: string, choices: readonly GuestExit[]): Step<GuestExit> =>
  atomic<GuestExit, GuestExit>(
    label,
    'VM-exit',
    (choice) => {
      if (choice === 'ipi') require(k.vcpus.ipi.get(h), 'an IPI has come')
      else require(k.msg_type.at(h).read() === (choice === 'message'), 'there is a message, or there is none')
      if (choice === 'ipi' || choice === 'halt') k.vcpus.takeIpi(h)
      return choice
    },
    choices,
  )

/** the guest: handles the message that is there, and then has nothing to do, or runs on until it is interrupted */
function* runGuest(k: Vm, f: SiblingFrame, h: Key): Step<void> {
  const message = k.msg_type.at(h)
  let handles = yield* message.load('vmentry')
  for (;;) {
    if (handles) {
      yield* k.memory.locked('guest_eom', 'wrmsr(HV_X64_MSR_EOM)', () => {
        k.passOn(k.msg_gpa.get(h), 'message', 'none')
        message.poke(false)
        k.msg_gpa.set(h, 0)
        k.msg_access.set(h, 0)
      })
    }
    let exit = yield* guestExit(k, h, 'vmexit', ['message', 'ipi', 'halt', 'busy'])
    if (exit === 'busy') exit = yield* guestExit(k, h, 'guest_busy', ['message', 'ipi'])
    if (exit === 'ipi' || exit === 'halt') {
      f.reason = exit
      return
    }
    handles = true
  }
}

/** vcpu_enter_guest(vcpu): true if the guest has halted or returned to the lower VTL */
function* vcpu_enter_guest(k: Vm, f: SiblingFrame, h: Key): Step<boolean> {
  if (yield* k.vcpus.kvm_request_pending(h)) {
    yield* k.vcpus.kvm_check_request(h)
    yield* kvm_hv_inject_intercept(k, f, h)
  }
  yield* k.vcpus.modeInGuest(h)
  if (yield* k.vcpus.kvm_vcpu_exit_request(h)) f.reason = 'abort'
  else yield* runGuest(k, f, h)
  const halted = f.reason === 'halt'
  yield* k.vcpus.modeOutside(h)
  f.reason = 'none'
  return halted
}

/** KVM_RUN as posted: the vCPU is halted in it until there is something for it */
function* vcpu_run(k: Vm, f: SiblingFrame, h: Key): Step<never> {
  for (;;) {
    yield* k.vcpus.kvm_vcpu_block(h, () => k.vcpus.requests.at(h).load('kvm_vcpu_check_block'))
    while (!(yield* vcpu_enter_guest(k, f, h)));
  }
}

/** KVM_RUN in the reviewer's design: until the guest returns to the lower VTL */
function* vcpu_run_vtl(k: Vm, f: SiblingFrame, h: Key): Step<void> {
  while (!(yield* vcpu_enter_guest(k, f, h)));
}

/** KVM_RUN of a guest that changes its page tables */
function* vcpu_run_mmu(k: Vm, h: Key): Step<void> {
  yield* k.mmu_root.at(h).update('kvm_mmu_load', (root) => 1 - root)
}

/** the thread of a vCPU that others look at or wake */
function* sibling(k: Vm, f: SiblingFrame, h: Key): Program {
  const { c } = k
  for (;;) {
    if (c.Namespace) {
      yield* k.memory.locked('vmm_wait_wake', 'pthread_cond_wait()', () => {
        require(c.Faults, 'somebody has a use for the vCPU')
        require(k.wake.get(h), 'the VMM wants the vCPU to run')
        k.wake.set(h, false)
      })
    }
    yield* k.mutexes.lock('KVM_RUN', h, 'run', () => {
      require(c.Faults || c.Translates, 'somebody has a use for the vCPU')
    })
    if (c.Translates) yield* vcpu_run_mmu(k, h)
    else yield* c.Namespace ? vcpu_run_vtl(k, f, h) : vcpu_run(k, f, h)
    yield* k.mutexes.unlock('vcpu_put', h)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// ioctls of the VM

const lockKvm = (k: Vm, label: string): Step<void> => k.kvm_lock.waitThenStore(label, (held) => !held, true)

function* unlockKvm(k: Vm, label: string): Step<void> {
  if (k.c.MutexUnlockIsMb) yield* k.kvm_lock.xchg(label, false)
  else yield* k.kvm_lock.release(label, false)
}

/** the body of KVM_SET_APIC_ID_GROUPS: the errno is left in f.ret */
function* set_apic_id_groups(k: Vm, f: IoctlFrame): Step<void> {
  if ((yield* k.created_vcpus.load('set_apic_id_groups_created')) !== 0) {
    f.ret = 'EINVAL'
    return
  }
  // copy_from_user() fails, n_bits is more than 32, or it is a number of bits to go on with
  f.ret = yield* atomic<Errno, Errno>('set_apic_id_groups_copy', 'copy_from_user()', (r) => r, [
    'EFAULT',
    'EINVAL',
    'ok',
  ])
  if (f.ret !== 'ok') return
  yield* k.apic_id_group_mask.store('set_apic_id_groups_mask', k.groups.mask)
  yield* k.apic_id_group_shift.store('set_apic_id_groups_shift', k.groups.shift)
}

/** a thread of the VMM that configures the groups, whenever it likes */
function* configurator(k: Vm, f: IoctlFrame): Program {
  for (;;) {
    yield* atomic('KVM_SET_APIC_ID_GROUPS', 'ioctl(KVM_SET_APIC_ID_GROUPS)', () => {
      require(k.c.Configures, 'the VMM configures the VM')
    })
    if (k.c.ConfigureLocked) yield* lockKvm(k, 'set_apic_id_groups_lock')
    yield* set_apic_id_groups(k, f)
    if (k.c.ConfigureLocked) yield* unlockKvm(k, 'set_apic_id_groups_unlock')
    yield* atomic('set_apic_id_groups_return', 'return', () => undefined)
    f.ret = 'ok'
  }
}

/** kvm->created_vcpus += by, under kvm->lock; it counts no more than there are ids, and one whose id is taken */
const countVcpu = (k: Vm, label: string, by: number): Step<void> =>
  k.created_vcpus.update(label, (n) => Math.min(Math.max(n + by, 0), k.groups.ids.length + 1))

/** kvm_vm_ioctl_create_vcpu(kvm, id) once the id is known to be small enough */
function* kvm_vm_ioctl_create_vcpu(k: Vm, f: CreatorFrame): Step<void> {
  yield* lockKvm(k, 'create_vcpu_lock')
  yield* countVcpu(k, 'create_vcpu_created', 1)
  yield* unlockKvm(k, 'create_vcpu_unlock')

  f.new_apic_id = f.new_id & ~(yield* k.apic_id_group_mask.load('kvm_create_lapic'))

  yield* lockKvm(k, 'create_vcpu_lock_again')
  const { new_id, new_apic_id } = f
  const exists = idSet.has(yield* k.online.load('create_vcpu_exists'), new_id)
  if (exists) {
    f.ret = 'EEXIST'
    f.new_id = NONE
    f.new_apic_id = NONE
    yield* countVcpu(k, 'create_vcpu_uncount', -1)
  } else {
    yield* k.memory.locked('create_vcpu_online', 'atomic_inc(&kvm->online_vcpus)', () => {
      k.online.poke(idSet.with(k.online.peek(), new_id))
      k.apicId(new_id).poke(new_apic_id)
    })
    f.new_id = NONE
    f.new_apic_id = NONE
  }
  yield* unlockKvm(k, 'create_vcpu_unlock_again')
}

/** a thread of the VMM that creates vCPUs */
function* creator(k: Vm, f: CreatorFrame): Program {
  for (;;) {
    const id = yield* atomic<Key, Key>(
      'KVM_CREATE_VCPU',
      'ioctl(KVM_CREATE_VCPU)',
      (choice) => {
        require(k.c.Configures, 'the VMM configures the VM')
        return choice
      },
      k.c.CreateIds,
    )
    if (id >= k.groups.maxIds) {
      f.ret = 'EINVAL'
    } else {
      f.new_id = id
      yield* kvm_vm_ioctl_create_vcpu(k, f)
    }
    yield* atomic('create_vcpu_return', 'return', () => undefined)
    f.ret = 'ok'
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The machine

const ASKER_STEPS = new Set([
  'guest_entry',
  'kvm_apic_send_ipi',
  'kvm_irq_delivery_to_apic_fast',
  'kvm_irq_delivery_to_apic',
  'kvm_set_msi',
  'kvm_set_irq',
  'kvm_hv_send_ipi',
  'vmm_send_ipi',
  'apic_accept_irq',
  'namespace_send_ipi',
  'namespace_accept_irq',
  'kvm_lapic_reg_write_id',
  'kvm_hv_translate',
  'kvm_apic_id',
  'kvm_apic_id_set_group_shift',
  'kvm_apic_id_set_group_mask',
  'kvm_get_vcpu_by_id',
  'trylock_sibling',
  'kvm_mmu_get_root',
  'kvm_mmu_walk',
  'unlock_sibling',
  'intercept_info_gpa',
  'intercept_info_access',
  'kvm_make_request',
  ...KICK_STEPS,
  'vmm_check_slot',
  'vmm_msg_gpa',
  'vmm_msg_access',
  'vmm_msg_type',
  'vmm_wake',
])

const SIBLING_STEPS = new Set([
  'vmm_wait_wake',
  'KVM_RUN',
  'kvm_mmu_load',
  ...BLOCK_STEPS,
  'kvm_vcpu_check_block',
  ...ENTRY_STEPS,
  'inject_intercept_gpa',
  'inject_intercept_access',
  'synic_deliver_msg',
  'vmentry',
  'guest_eom',
  'vmexit',
  'guest_busy',
  'vcpu_put',
])

/** One who asks for something, as properties see it. */
interface Asker {
  readonly id: Key
  readonly f: Observer<AskerFrame>
}

const isDone = ({ f }: Asker): boolean => f.at('guest_entry')

const isSubset = (set: IdSet, of: IdSet): boolean => set.every((id) => of.includes(id))

const isSame = (a: IdSet, b: IdSet): boolean => a.length === b.length && isSubset(a, b)

/** the vCPUs that an interrupt may reach, whatever it was meant for */
const mayReach = ({ groups }: Vm, { id, f }: Asker): IdSet => {
  switch (f.get('kind')) {
    case 'msi':
      return groups.members(0)
    case 'gsi':
      return [f.get('dest')]
    case 'pv':
    case 'physical':
    case 'logical':
    case 'self':
    case 'all':
    case 'allbut':
      return f.get('vtl') === NONE ? groups.members(groups.group(id)) : groups.ids
    case 'none':
    case 'lookup':
    case 'write':
    case 'translate':
    case 'fault':
      return idSet.empty
  }
}

/** The laws of what kvm_hv_get_vtl_vcpu() has returned: the vCPU of that VTL on the same processor, or NULL if there may be none. */
const lookupLaws = (k: Vm): readonly { clause: string; given: (a: Asker) => boolean; law: (a: Asker) => boolean }[] => {
  const mask = (): number => k.apic_id_group_mask.peek()
  const vtlOf = (vcpu: Key): number => (vcpu & mask()) >> k.apic_id_group_shift.peek()
  const found = ({ f }: Asker): Key => f.get('target')
  return [
    {
      clause: 'sibling',
      given: (a) => found(a) !== NONE,
      law: (a) =>
        vtlOf(found(a)) === a.f.get('vtl') &&
        (found(a) & ~mask()) === (a.id & ~mask()) &&
        idSet.has(k.online.peek(), found(a)),
    },
    {
      clause: 'present',
      given: ({ id, f }) => f.get('vtl') === vtlOf(id) || (!k.c.Configures && f.get('vtl') < k.groups.count),
      law: (a) => found(a) !== NONE,
    },
  ]
}

const invariants = (k: Vm, askers: readonly Asker[]): Invariant[] => {
  const { c, groups } = k
  const requesters = askers.filter(({ id }) => id !== DEVICE)
  const instance = (name: string, occurs: () => boolean, holds: () => boolean): InvariantInstance => ({
    name,
    occurs,
    holds: () => !occurs() || holds(),
  })
  /** For every vCPU that asks: wherever `occurs` is true, `holds` is. */
  const each = (
    occurs: (a: Asker) => boolean,
    holds: (a: Asker) => boolean,
    of: readonly Asker[] = requesters,
  ): InvariantInstance[] =>
    of.map((a) =>
      instance(
        `[${a.id}]`,
        () => occurs(a),
        () => holds(a),
      ),
    )
  const hasReached = (a: Asker): boolean => k.reached.get(a.id).length > 0
  const isKind = (a: Asker, kind: string): boolean => a.f.get('kind') === kind
  const named = (prefix: string, instances: readonly InvariantInstance[]): InvariantInstance[] =>
    instances.map((i) => ({ ...i, name: `.${prefix}${i.name}` }))
  return [
    { name: 'IsolationInv', instances: each(hasReached, (a) => isSubset(k.reached.get(a.id), mayReach(k, a)), askers) },
    {
      name: 'ExactlyOneInv',
      instances: [
        ...named(
          'unicast',
          each(
            (a) => isDone(a) && k.intended.get(a.id).length === 1,
            (a) => isSame(k.reached.get(a.id), k.intended.get(a.id)),
            askers,
          ),
        ),
        ...(c.Faults ? GPAS : []).map((gpa) =>
          instance(
            `.intercept[${gpa}]`,
            () => k.fault.get(gpa) !== 'none',
            () => !['lost', 'twice'].includes(k.fault.get(gpa)),
          ),
        ),
      ],
    },
    {
      name: 'LookupLawsInv',
      instances: lookupLaws(k).flatMap(({ clause, given, law }) =>
        named(
          clause,
          each((a) => isDone(a) && isKind(a, 'lookup') && given(a), law),
        ),
      ),
    },
    {
      name: 'SiblingStableInv',
      instances: each(
        (a) => a.f.at('kvm_mmu_walk'),
        (a) => k.mmu_root.get(a.f.get('target')) === a.f.get('root'),
      ),
    },
    {
      name: 'InterceptIntactInv',
      instances: (c.Faults ? c.Siblings : []).map((h) =>
        instance(
          `[${h}]`,
          () => k.msg_type.get(h),
          () => k.msg_gpa.get(h) === k.msg_access.get(h),
        ),
      ),
    },
    {
      name: 'HierarchyInv',
      instances: [
        ...named(
          'ipi',
          each(
            (a) => isKind(a, 'pv') && hasReached(a),
            ({ id }) => k.reached.get(id).every((target) => groups.group(target) <= groups.group(id)),
          ),
        ),
        ...named(
          'translation',
          each(
            (a) => a.f.get('root') !== NONE,
            ({ id, f }) => groups.group(f.get('target')) <= groups.group(id),
          ),
        ),
      ],
    },
    {
      name: 'AgreeInv',
      instances: each(isDone, (a) => isSame(k.reached.get(a.id), k.ns_reached.get(a.id))),
    },
  ]
}

/** A thread of a sibling, as properties see it. */
interface Runner {
  readonly id: Key
  readonly f: Observer<SiblingFrame>
}

const liveness = (k: Vm, askers: readonly Asker[], siblings: readonly Runner[]): LeadsTo[] => [
  {
    name: 'DeliveryProp',
    instances: askers.map(({ id }) => ({
      name: `[${id}]`,
      from: () => k.intended.get(id).length > 0,
      to: () => {
        const intended = k.intended.get(id)
        return intended.length > 0 && isSubset(intended, k.reached.get(id))
      },
    })),
  },
  {
    name: 'AnsweredProp',
    instances: askers
      .filter(({ id }) => id !== DEVICE)
      .map(({ id, f }) => ({
        name: `[${id}]`,
        from: () => f.get('kind') !== 'none',
        to: () => f.get('kind') === 'none',
      })),
  },
  {
    name: 'RunsProp',
    // where there are neither faults nor translations nobody calls KVM_RUN for a sibling
    instances: (k.c.Faults || k.c.Translates ? siblings : []).map(({ id, f }) => ({
      name: `[${id}]`,
      from: () => f.at('KVM_RUN'),
      to: () => f.at('kvm_vcpu_block_schedule', 'vmentry', 'vcpu_put'),
    })),
  },
  {
    name: 'FaultHandledProp',
    instances: GPAS.map((gpa) => ({
      name: `[${gpa}]`,
      from: () => k.fault.get(gpa) !== 'none',
      to: () => k.fault.get(gpa) === 'none',
    })),
  },
]

/** The machine for one set of constants. */
export const apicGroups = (c: ApicGroupsConstants): Machine => {
  const askers = askersIn(c)
  const askerIds = askers.map((a): ThreadId => [a === DEVICE ? 'device' : 'vcpu', a])
  const siblingIds = c.Siblings.map((h): ThreadId => ['sibling', h])
  const ids: ThreadId[] = [...askerIds, ...siblingIds, ['config', CONFIG], ['creator', CREATOR]]
  const k = new Vm(c, ids)
  const { ids: vcpus, maxIds, count } = k.groups
  const gpa = int(0, GPAS.length)
  const askerThreads = askers.map((a, i) =>
    thread<AskerFrame>({
      id: askerIds[i] ?? ['vcpu', a],
      frame: {
        kind: oneOfNames(...REQUESTS),
        dest: int(0, maxIds - 1),
        vtl: int(NONE, count),
        todo: setOf(vcpus),
        target: int(NONE, maxIds - 1),
        bits: int(0, maxIds),
        root: int(NONE, 1),
        status: oneOfNames(...STATUSES),
      },
      initial: { kind: 'none', dest: 0, vtl: NONE, todo: idSet.empty, target: NONE, bits: 0, root: NONE, status: 'ok' },
      program: (f) => asker(k, f, a),
    }),
  )
  const siblingThreads = c.Siblings.map((h) =>
    thread<SiblingFrame>({
      id: ['sibling', h],
      frame: { reason: oneOfNames(...REASONS), info_gpa: gpa, info_access: gpa },
      initial: { reason: 'none', info_gpa: 0, info_access: 0 },
      program: (f) => sibling(k, f, h),
    }),
  )
  const ret = oneOfNames(...ERRNOS)
  const newId = int(NONE, maxIds - 1)
  const configThread = thread<IoctlFrame>({
    id: ['config', CONFIG],
    frame: { ret },
    initial: { ret: 'ok' },
    program: (f) => configurator(k, f),
  })
  const creatorThread = thread<CreatorFrame>({
    id: ['creator', CREATOR],
    frame: { ret, new_id: newId, new_apic_id: newId },
    initial: { ret: 'ok', new_id: NONE, new_apic_id: NONE },
    program: (f) => creator(k, f),
  })
  const observed = askers.map((id, i): Asker => ({ id, f: new Observer(k.shared, i) }))
  const runners = c.Siblings.map((id, i): Runner => ({ id, f: new Observer(k.shared, askers.length + i) }))
  return {
    shared: k.shared,
    threads: [...askerThreads, ...siblingThreads, configThread, creatorThread],
    environment: k.memory.commits(),
    invariants: invariants(k, observed),
    liveness: liveness(k, observed, runners),
    fairness: [
      ...askerIds.map((id) => ({ thread: id, labels: ASKER_STEPS })),
      ...siblingIds.map((id) => ({ thread: id, labels: SIBLING_STEPS })),
      ...(c.Translates ? siblingIds : []).map((id) => ({
        thread: id,
        labels: new Set(['KVM_RUN']),
        strong: true as const,
      })),
      ...(c.Memory === 'SC' ? [] : ids.map((id) => ({ thread: id, labels: new Set([COMMIT]) }))),
    ],
  }
}
