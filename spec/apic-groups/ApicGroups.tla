----------------------------- MODULE ApicGroups -----------------------------
(* One struct kvm_vcpu per processor and virtual trust level (VTL): who    *)
(* routes which interrupt, and who may touch whose vCPU.                   *)
(*                                                                         *)
(* Models arch/x86/kvm/hyperv.h (kvm_hv_get_vtl_vcpu) as in document 001:  *)
(* "[RFC 09/33] KVM: x86: hyper-v: Introduce per-VTL vcpu helpers",        *)
(* November 2023, not merged, with the review by Maxim Levitsky, and what  *)
(* it stands on: RFC 02 (APIC id groups: KVM_SET_APIC_ID_GROUPS,           *)
(* kvm_irq_delivery_to_apic_fast, kvm_apic_match_dest), RFC 06 (PV IPIs),  *)
(* RFC 30 to 32 (faults, translation). The rest (KVM_CREATE_VCPU, mode and *)
(* requests, SynIC messages) is Linux 6.12.                                *)
(*                                                                         *)
(* Twin: impl/apic-groups/ApicGroups.ts. Bounds and fairness:              *)
(* MCApicGroups.tla.                                                       *)
(*                                                                         *)
(* A vCPU's id is its VTL's group number above GroupShift bits, and its    *)
(* processor below. Two processors; of the ids of a group, all ones is the *)
(* physical broadcast, as 0xff is.                                         *)
(*                                                                         *)
(* Left out, and why no defect in question hides there:                    *)
(* - Vectors, priorities, IRR against PIR: an interrupt is delivered when  *)
(*   it is in the target's IRR. Which vCPUs' IRR is the question here.     *)
(* - Reads of LDRs and the APIC map while an IPI is routed: they do not    *)
(*   change in the worlds in which IPIs are sent. RFC 02 makes phys_map[]  *)
(*   from vcpu->vcpu_id (kvm_apic_id_and_group), for xAPIC ids too, so a   *)
(*   guest that writes its id moves no IPI; it is meant for a processor,   *)
(*   not for a name. Where what is read does change (configuration, a      *)
(*   guest that writes its id), the lookup reads each by itself.           *)
(* - The kick after an IPI: it is the one of poll-kick. Faults have it.    *)
(* - Two of the four fields of intercept_info stand for all of them.       *)
(* - kvm_hv_get_active_vtl's u8: 256 trust levels are needed for it.       *)
(* - Groups that are used for something else than VTLs.                    *)
EXTENDS KvmVcpu, VcpuMutex

CONSTANTS
    GroupShift,             \* bits of an id that are the processor's
    GroupBits,              \* bits above them that are the group's: n_bits of KVM_SET_APIC_ID_GROUPS
    Requesters,             \* vCPUs whose guests send, look up, translate, fault
    Siblings,               \* vCPUs whose own thread is in KVM_RUN meanwhile
    CreateIds,              \* ids that KVM_CREATE_VCPU is asked for
    \* Toggles: rules and ordering; as posted but where said.
    ClearFirst,             \* the sender's group replaces the group bits of a destination; posted: ORed to them
    BroadcastFirst,         \* a physical broadcast is recognised before that; not posted
    MaskExternal,           \* group bits in the destination of an MSI are cleared; not posted
    MatchCorrected,         \* kvm_apic_match_dest refuses other groups only; posted: all but group 0
    VtlReadFirst,           \* the target VTL of a PV IPI is read before it is used; not posted
    CheckHierarchy,         \* a guest may name its own VTL and lower ones only
    CheckVtlRange,          \* the lookup knows which VTLs there are; not posted
    LookupByVcpuId,         \* the lookup starts from the vCPU's id, not from the APIC id register
    TrylockSibling,         \* a sibling's state is accessed under its mutex, by trylock; not posted
    ConfigureLocked,        \* KVM_SET_APIC_ID_GROUPS takes kvm->lock; not posted
    RerunAfterHandled,      \* the VMM runs a vCPU that has faulted again after the fault was handled
    QueueBeforeWake,        \* the reviewer's: the VMM queues the message, then wakes the higher VTL
    RetryOnEom,             \* the reviewer's: a message that finds the slot full is queued after the next EOM
    \* Other designs altogether; FALSE but in those.
    Namespace,              \* the reviewer's four rules
    Product,                \* each IPI is routed by the reviewer's first rule as well, to compare
    \* The world: what guests, devices and the VMM do.
    SendsPhysical,          \* IPIs to a physical destination
    SendsBroadcast,         \* among them the broadcast
    GroupBitsInDest,        \* among destinations, those with group bits
    SendsLogical,           \* IPIs to a logical destination
    SendsShorthand,         \* self, all, all but self
    SendsMsi,               \* a device's MSI, with the address that the guest gave it
    SendsGsi,               \* a device's interrupt, with the route that the VMM gave it
    SendsPv,                \* HvCallSendSyntheticClusterIpi
    Looks,                  \* kvm_hv_get_vtl_vcpu is called with whatever VTL
    WritesApicId,           \* the guest writes its xAPIC id
    Translates,             \* HvCallTranslateVirtualAddress for another VTL
    Faults,                 \* accesses that the higher VTL has forbidden
    Configures              \* KVM_SET_APIC_ID_GROUPS and KVM_CREATE_VCPU, from two threads

ASSUME GroupShift = 2 /\ GroupBits \in {1, 2}

VARIABLES
    pc,                     \* per thread: the label of its next step
    \* shared memory; store_buffer is in Memory, mode, requests and the like in KvmVcpu, mutex in VcpuMutex
    apic_id_group_mask,     \* kvm->arch.apic_id_group_mask
    apic_id_group_shift,    \* kvm->arch.apic_id_group_shift
    created_vcpus,          \* kvm->created_vcpus
    online,                 \* the vCPUs that kvm_get_vcpu_by_id finds (kvm->vcpu_array)
    kvm_lock,               \* kvm->lock is held
    apic_id,                \* per vCPU: its APIC id register
    irr,                    \* per vCPU: its IRR has the interrupt
    mmu_root,               \* per sibling: the root of its MMU, as a version
    intercept_gpa,          \* per sibling: intercept_info, where the lower VTL has faulted; 0 nowhere
    intercept_access,       \* ... and the rest of that fault
    msg_type,               \* per sibling: its SynIC message slot is in use
    msg_gpa,                \* ... what the message says
    msg_access,
    wake,                   \* per sibling, of the VMM: it is to be run
    \* locals of who requests something
    kind,                   \* what it asks for
    dest,                   \* of an IPI: the destination; of a fault: where
    vtl,                    \* the VTL that it names; -1 none
    todo,                   \* vCPUs whose IRR has still to be set
    target,                 \* of a lookup: target_id, in the end whose vCPU it is; -1 none
    bits,                   \* of a lookup: the VTL, shifted
    root,                   \* the root of the sibling's MMU that it has read; -1 none
    status,                 \* what the call returns
    \* locals of a sibling's thread
    reason,                 \* why it left or did not enter the guest
    info_gpa,               \* what it has read of intercept_info
    info_access,
    \* locals of the VM ioctls
    ret,                    \* what the ioctl returns
    new_id,                 \* of KVM_CREATE_VCPU: the id; -1 none
    new_apic_id,            \* ... and what the APIC id register starts with
    \* history, read by properties only
    intended,               \* per requester: the vCPUs that its interrupt is meant for
    reached,                \* ... the vCPUs that it has reached
    ns_reached,             \* ... and would have by the reviewer's first rule
    fault                   \* per place of a fault: how far it has come

vars == <<pc, store_buffer, mode, requests, ipi, rcuwait, woken, mutex, apic_id_group_mask, apic_id_group_shift,
          created_vcpus, online, kvm_lock, apic_id, irr, mmu_root, intercept_gpa, intercept_access, msg_type, msg_gpa,
          msg_access, wake, kind, dest, vtl, todo, target, bits, root, status, reason, info_gpa, info_access, ret,
          new_id, new_apic_id, intended, reached, ns_reached, fault>>
vm_vars == <<apic_id_group_mask, apic_id_group_shift, created_vcpus, online, kvm_lock, apic_id>>
intercept_vars == <<intercept_gpa, intercept_access>>
message_vars == <<msg_type, msg_gpa, msg_access>>
request_vars == <<kind, dest, vtl, todo>>
lookup_vars == <<target, bits, root>>
sibling_vars == <<reason, info_gpa, info_access>>
ioctl_vars == <<ret, new_id, new_apic_id>>
history_vars == <<intended, reached, ns_reached, fault>>

-----------------------------------------------------------------------------
(* Ids as numbers                                                          *)

Unit == 4                               \* 1 << GroupShift
Groups == IF GroupBits = 1 THEN 2 ELSE 4
Mask == Unit * (Groups - 1)             \* GENMASK of the group bits
Processors == {0, 1}
BroadcastDest == Unit - 1
IdOf(p, g) == p + Unit * g
Ids == {IdOf(p, g) : p \in Processors, g \in 0..(Groups - 1)}
MaxIds == Unit * Groups                 \* KVM_MAX_VCPU_IDS
ProcessorOf(id) == id % Unit
GroupOf(id) == id \div Unit
OfGroup(g) == {id \in Ids : GroupOf(id) = g}

\* a | b for group numbers of two bits
OrBit(a, b) == IF a % 2 = 1 \/ b % 2 = 1 THEN 1 ELSE 0
OrGroups(a, b) == OrBit(a, b) + 2 * OrBit(a \div 2, b \div 2)
\* id & m, id & ~m and id << s, where m is Mask or not written yet, and so is s
MaskedBy(id, m) == IF m = 0 THEN 0 ELSE (id - (id % Unit)) % MaxIds
ClearedBy(id, m) == IF m = 0 THEN id ELSE id % Unit
ShiftedBy(id, s) == IF s = 0 THEN id ELSE id * Unit
UnshiftedBy(id, s) == IF s = 0 THEN id ELSE id \div Unit
\* id | b, where b is group bits only
OrInto(id, b) == (id % Unit) + Unit * OrGroups(id \div Unit, b \div Unit)

-----------------------------------------------------------------------------
Device == 99
Askers == Requesters \cup (IF SendsMsi \/ SendsGsi THEN {Device} ELSE {})
asker(a) == IF a = Device THEN <<"device", a>> ELSE <<"vcpu", a>>
sibling(h) == <<"sibling", h>>
config == <<"config", 0>>
creator == <<"creator", 1>>
Threads == {asker(a) : a \in Askers} \cup {sibling(h) : h \in Siblings} \cup {config, creator}

Labels == {
    "guest_exit", "kvm_apic_send_ipi", "kvm_irq_delivery_to_apic_fast", "kvm_irq_delivery_to_apic", "kvm_set_msi",
    "kvm_set_irq", "kvm_hv_send_ipi", "vmm_send_ipi", "apic_accept_irq", "namespace_send_ipi", "namespace_accept_irq",
    "guest_entry", "kvm_lapic_reg_write_id", "kvm_hv_translate", "kvm_apic_id", "kvm_apic_id_set_group_shift",
    "kvm_apic_id_set_group_mask", "kvm_get_vcpu_by_id", "trylock_sibling", "kvm_mmu_get_root", "kvm_mmu_walk",
    "unlock_sibling", "intercept_info_gpa", "intercept_info_access", "kvm_make_request", "rcuwait_wake_up_smp_mb",
    "rcuwait_wake_up", "wake_up_process", "kvm_vcpu_kick_mode", "smp_send_reschedule", "vmm_check_slot",
    "vmm_msg_gpa", "vmm_msg_access", "vmm_msg_type", "vmm_wake",
    "vmm_wait_wake", "KVM_RUN", "kvm_mmu_load", "prepare_to_rcuwait", "kvm_vcpu_check_block",
    "kvm_vcpu_block_schedule", "finish_rcuwait", "kvm_request_pending", "kvm_check_request", "inject_intercept_gpa",
    "inject_intercept_access", "synic_deliver_msg", "vcpu_enter_guest_mode_in_guest", "vcpu_enter_guest_smp_mb",
    "kvm_vcpu_exit_request_mode", "kvm_vcpu_exit_request_requests", "vmentry", "guest_eom", "vmexit",
    "guest_busy", "vcpu_enter_guest_mode_outside", "vcpu_put",
    "KVM_SET_APIC_ID_GROUPS", "set_apic_id_groups_lock", "set_apic_id_groups_created", "set_apic_id_groups_copy",
    "set_apic_id_groups_mask", "set_apic_id_groups_shift", "set_apic_id_groups_unlock", "set_apic_id_groups_return",
    "KVM_CREATE_VCPU", "create_vcpu_lock", "create_vcpu_created", "create_vcpu_unlock", "kvm_create_lapic",
    "create_vcpu_lock_again", "create_vcpu_exists", "create_vcpu_online", "create_vcpu_uncount",
    "create_vcpu_unlock_again", "create_vcpu_return"}

Kinds == {"none", "physical", "logical", "self", "all", "allbut", "msi", "gsi", "pv", "lookup", "write", "translate",
          "fault"}
Statuses == {"ok", "EAGAIN", "HV_STATUS_INVALID_HYPERCALL_INPUT", "HV_STATUS_ACCESS_DENIED"}
Reasons == {"none", "abort", "ipi", "halt"}
Errnos == {"ok", "EINVAL", "EFAULT", "EEXIST"}
FaultStates == {"none", "raised", "slot", "read", "message", "lost", "twice"}
Gpas == {1, 2}

TypeOK ==
    /\ MemoryTypeOK(Threads)
    /\ KvmTypeOK(Siblings, KvmModes)
    /\ MutexTypeOK(Siblings, {"run", "translate"})
    /\ pc \in [Threads -> Labels]
    /\ apic_id_group_mask \in {0, Mask}
    /\ apic_id_group_shift \in {0, GroupShift}
    /\ created_vcpus \in 0..(Cardinality(Ids) + 1)
    /\ online \in SUBSET Ids
    /\ kvm_lock \in BOOLEAN
    /\ apic_id \in [Ids -> 0..(MaxIds - 1)]
    /\ irr \in [Ids -> BOOLEAN]
    /\ mmu_root \in [Siblings -> {0, 1}]
    /\ intercept_gpa \in [Siblings -> 0..2]
    /\ intercept_access \in [Siblings -> 0..2]
    /\ msg_type \in [Siblings -> BOOLEAN]
    /\ msg_gpa \in [Siblings -> 0..2]
    /\ msg_access \in [Siblings -> 0..2]
    /\ wake \in [Siblings -> BOOLEAN]
    /\ kind \in [Askers -> Kinds]
    /\ dest \in [Askers -> 0..(MaxIds - 1)]
    /\ vtl \in [Askers -> -1..Groups]
    /\ todo \in [Askers -> SUBSET Ids]
    /\ target \in [Askers -> -1..(MaxIds - 1)]
    /\ bits \in [Askers -> 0..MaxIds]
    /\ root \in [Askers -> -1..1]
    /\ status \in [Askers -> Statuses]
    /\ reason \in [Siblings -> Reasons]
    /\ info_gpa \in [Siblings -> 0..2]
    /\ info_access \in [Siblings -> 0..2]
    /\ ret \in [{0, 1} -> Errnos]
    /\ new_id \in [{1} -> -1..(MaxIds - 1)]
    /\ new_apic_id \in [{1} -> -1..(MaxIds - 1)]
    /\ intended \in [Askers -> SUBSET Ids]
    /\ reached \in [Askers -> SUBSET Ids]
    /\ ns_reached \in [Askers -> SUBSET Ids]
    /\ fault \in [Gpas -> FaultStates]

Init ==
    /\ MemoryInit(Threads)
    /\ KvmInit(Siblings)
    /\ MutexInit(Siblings)
    /\ pc = [th \in Threads |->
                IF th[1] = "sibling" THEN (IF Namespace THEN "vmm_wait_wake" ELSE "KVM_RUN")
                ELSE IF th[1] = "config" THEN "KVM_SET_APIC_ID_GROUPS"
                ELSE IF th[1] = "creator" THEN "KVM_CREATE_VCPU"
                ELSE "guest_exit"]
    /\ apic_id_group_mask = (IF Configures THEN 0 ELSE Mask)
    /\ apic_id_group_shift = (IF Configures THEN 0 ELSE GroupShift)
    /\ created_vcpus = (IF Configures THEN 0 ELSE Cardinality(Ids))
    /\ online = (IF Configures THEN {} ELSE Ids)
    /\ kvm_lock = FALSE
    /\ apic_id = [id \in Ids |-> IF Configures THEN 0 ELSE ProcessorOf(id)]
    /\ irr = [id \in Ids |-> FALSE]
    /\ mmu_root = [h \in Siblings |-> 0]
    /\ intercept_gpa = [h \in Siblings |-> 0]
    /\ intercept_access = [h \in Siblings |-> 0]
    /\ msg_type = [h \in Siblings |-> FALSE]
    /\ msg_gpa = [h \in Siblings |-> 0]
    /\ msg_access = [h \in Siblings |-> 0]
    /\ wake = [h \in Siblings |-> FALSE]
    /\ kind = [a \in Askers |-> "none"]
    /\ dest = [a \in Askers |-> 0]
    /\ vtl = [a \in Askers |-> -1]
    /\ todo = [a \in Askers |-> {}]
    /\ target = [a \in Askers |-> -1]
    /\ bits = [a \in Askers |-> 0]
    /\ root = [a \in Askers |-> -1]
    /\ status = [a \in Askers |-> "ok"]
    /\ reason = [h \in Siblings |-> "none"]
    /\ info_gpa = [h \in Siblings |-> 0]
    /\ info_access = [h \in Siblings |-> 0]
    /\ ret = [i \in {0, 1} |-> "ok"]
    /\ new_id = [i \in {1} |-> -1]
    /\ new_apic_id = [i \in {1} |-> -1]
    /\ intended = [a \in Askers |-> {}]
    /\ reached = [a \in Askers |-> {}]
    /\ ns_reached = [a \in Askers |-> {}]
    /\ fault = [g \in Gpas |-> "none"]

Goto(th, label) == pc' = [pc EXCEPT ![th] = label]
At(th, label) == pc[th] = label

-----------------------------------------------------------------------------
(* What an interrupt is meant for, as the guest that sends it sees it: it  *)
(* knows the vCPUs of its own VTL, by processor                            *)

PhysicalMeant(g, d) ==
    IF d = BroadcastDest THEN OfGroup(g) ELSE IF d \in Processors THEN {IdOf(d, g)} ELSE {}
\* a flat logical destination: bit p is processor p
LogicalProcessors(d) == {p \in Processors : IF p = 0 THEN d % 2 = 1 ELSE (d \div 2) % 2 = 1}
LogicalMeant(g, d) == {IdOf(p, g) : p \in LogicalProcessors(d)}

\* What guest or device a asks for, and the label that it goes on at.
Ask(a, k, d, w, meant, label) ==
    /\ kind' = [kind EXCEPT ![a] = k]
    /\ dest' = [dest EXCEPT ![a] = d]
    /\ vtl' = [vtl EXCEPT ![a] = w]
    /\ intended' = [intended EXCEPT ![a] = meant]
    /\ Goto(asker(a), label)

Dests == {d \in (IF GroupBitsInDest THEN 0..(MaxIds - 1) ELSE 0..(Unit - 1)) :
            (IF SendsBroadcast THEN TRUE ELSE d # BroadcastDest)}
\* The lookup's first step: the patch's kvm_apic_id, or the vCPU's id, which is a constant.
LookupFirst == IF LookupByVcpuId THEN "kvm_apic_id_set_group_shift" ELSE "kvm_apic_id"
FaultFirst == IF ~Namespace THEN LookupFirst ELSE IF QueueBeforeWake THEN "vmm_check_slot" ELSE "vmm_wake"

\* A guest does something that makes it exit, or a device raises an interrupt. In the reviewer's
\* design devices have routes; as posted they have the destination that the guest gave them.
guest_exit(a) ==
    /\ At(asker(a), "guest_exit")
    /\ \/ /\ a # Device
          /\ a \in online
          /\ \/ /\ SendsPhysical
                /\ \E d \in Dests : Ask(a, "physical", d, -1, PhysicalMeant(GroupOf(a), d), "kvm_apic_send_ipi")
             \/ /\ SendsLogical
                /\ \E d \in 1..3 : Ask(a, "logical", d, -1, LogicalMeant(GroupOf(a), d), "kvm_apic_send_ipi")
             \/ SendsShorthand /\ Ask(a, "self", 0, -1, {a}, "kvm_apic_send_ipi")
             \/ SendsShorthand /\ Ask(a, "all", 0, -1, OfGroup(GroupOf(a)), "kvm_apic_send_ipi")
             \/ SendsShorthand /\ Ask(a, "allbut", 0, -1, OfGroup(GroupOf(a)) \ {a}, "kvm_apic_send_ipi")
             \/ /\ SendsPv
                /\ \E d \in 1..3, w \in -1..(Groups - 1) :
                    Ask(a, "pv", d, w,
                        IF w = -1 THEN LogicalMeant(GroupOf(a), d)
                        ELSE IF w > GroupOf(a) THEN {} ELSE LogicalMeant(w, d),
                        "kvm_hv_send_ipi")
             \/ SendsPv /\ Ask(a, "pv", 0, -1, {}, "kvm_hv_send_ipi")
             \/ Looks /\ \E w \in 0..Groups : Ask(a, "lookup", 0, w, {}, LookupFirst)
             \/ WritesApicId /\ \E d \in Processors : Ask(a, "write", d, -1, {}, "kvm_lapic_reg_write_id")
             \/ Translates /\ \E w \in 0..Groups : Ask(a, "translate", 0, w, {}, "kvm_hv_translate")
          /\ UNCHANGED fault
       \/ /\ a # Device
          /\ Faults
          /\ GroupOf(a) = 0
          /\ \E g \in Gpas :
                /\ fault[g] = "none"
                /\ fault' = [fault EXCEPT ![g] = "raised"]
                /\ Ask(a, "fault", g, 1, {}, FaultFirst)
       \/ /\ a = Device
          /\ \/ SendsMsi /\ \E d \in Dests : Ask(a, "msi", d, -1, PhysicalMeant(0, d), "kvm_set_msi")
             \/ SendsGsi /\ \E d \in Ids : Ask(a, "gsi", d, -1, {d}, "kvm_set_irq")
          /\ UNCHANGED fault
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, todo,
                   lookup_vars, status, sibling_vars, ioctl_vars, reached, ns_reached>>

\* The call has returned, or the interrupt is delivered; the vCPU enters its guest again and
\* takes what is in its IRR. A VMM that waits for it lets a fault be handled first.
guest_entry(a) ==
    /\ At(asker(a), "guest_entry")
    /\ locked(asker(a))
    /\ IF kind[a] = "fault" /\ RerunAfterHandled THEN fault[dest[a]] = "none" ELSE TRUE
    /\ irr' = (IF a = Device THEN irr ELSE [irr EXCEPT ![a] = FALSE])
    /\ kind' = [kind EXCEPT ![a] = "none"]
    /\ dest' = [dest EXCEPT ![a] = 0]
    /\ vtl' = [vtl EXCEPT ![a] = -1]
    /\ target' = [target EXCEPT ![a] = -1]
    /\ status' = [status EXCEPT ![a] = "ok"]
    /\ intended' = [intended EXCEPT ![a] = {}]
    /\ reached' = [reached EXCEPT ![a] = {}]
    /\ ns_reached' = [ns_reached EXCEPT ![a] = {}]
    /\ Goto(asker(a), "guest_exit")
    /\ UNCHANGED <<kvm_vars, mutex, vm_vars, mmu_root, intercept_vars, message_vars, wake, todo, bits, root,
                   sibling_vars, ioctl_vars, fault>>

-----------------------------------------------------------------------------
(* Interrupts                                                              *)

\* Where an interrupt goes on whose targets are S.
Deliver(a, S) ==
    /\ todo' = [todo EXCEPT ![a] = S]
    /\ Goto(asker(a), IF S # {} THEN "apic_accept_irq" ELSE IF Product THEN "namespace_send_ipi" ELSE "guest_entry")

\* The reviewer's first rule, "send it to the apic namespace to which the sender belongs".
NamespaceTargets(a) ==
    LET g == GroupOf(a)
        own == OfGroup(g)
    IN IF kind[a] = "self" THEN {a}
       ELSE IF kind[a] = "all" THEN own
       ELSE IF kind[a] = "allbut" THEN own \ {a}
       ELSE IF kind[a] = "logical" THEN {id \in own : ProcessorOf(id) \in LogicalProcessors(dest[a])}
       ELSE IF dest[a] = BroadcastDest THEN own
       ELSE {id \in own : ProcessorOf(id) = dest[a]}

\* RFC 02, kvm_apic_send_ipi: "kvm_apic_id_set_group" puts the sender's group into a physical
\* destination. With ClearFirst what is there goes first.
SetGroup(a, d) ==
    IF BroadcastFirst /\ d = BroadcastDest THEN d
    ELSE OrInto(IF ClearFirst THEN d % Unit ELSE d, Unit * GroupOf(a))

kvm_apic_send_ipi(a) ==
    /\ At(asker(a), "kvm_apic_send_ipi")
    /\ IF Namespace
       THEN Deliver(a, NamespaceTargets(a))
       ELSE /\ Goto(asker(a),
                    IF kind[a] = "self" THEN "kvm_irq_delivery_to_apic_fast"
                    ELSE IF kind[a] = "physical" /\ SetGroup(a, dest[a]) # BroadcastDest
                    THEN "kvm_irq_delivery_to_apic_fast"
                    ELSE "kvm_irq_delivery_to_apic")
            /\ UNCHANGED todo
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, kind,
                   dest, vtl, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* lapic.c, kvm_irq_delivery_to_apic_fast: the sender itself, or "map->phys_map[dest]".
kvm_irq_delivery_to_apic_fast(a) ==
    /\ At(asker(a), "kvm_irq_delivery_to_apic_fast")
    /\ Deliver(a, IF kind[a] = "self" THEN {a} ELSE {SetGroup(a, dest[a])} \cap Ids)
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, kind,
                   dest, vtl, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* RFC 02, kvm_apic_match_dest: does it refuse vCPU id? Posted: "the groups differ, or the
\* target's is not 0"; meant: with a source the groups differ, without one the target's is not 0.
Refuses(a, id) ==
    IF a = Device THEN GroupOf(id) # 0
    ELSE IF MatchCorrected THEN GroupOf(id) # GroupOf(a)
    ELSE GroupOf(id) # GroupOf(a) \/ GroupOf(id) # 0

Matches(a, id) ==
    IF kind[a] = "logical" THEN ProcessorOf(id) \in LogicalProcessors(dest[a])
    ELSE IF kind[a] = "allbut" THEN id # a
    ELSE TRUE

\* lapic.c, kvm_irq_delivery_to_apic: kvm_for_each_vcpu, kvm_apic_match_dest.
kvm_irq_delivery_to_apic(a) ==
    /\ At(asker(a), "kvm_irq_delivery_to_apic")
    /\ Deliver(a, {id \in Ids : ~Refuses(a, id) /\ Matches(a, id)})
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, kind,
                   dest, vtl, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* irq_comm.c, kvm_set_msi: the destination of the MSI's address, as it is.
kvm_set_msi(a) ==
    LET d == IF MaskExternal THEN dest[a] % Unit ELSE dest[a]
    IN /\ At(asker(a), "kvm_set_msi")
       /\ IF d = BroadcastDest
          THEN Goto(asker(a), "kvm_irq_delivery_to_apic") /\ UNCHANGED todo
          ELSE Deliver(a, {d} \cap Ids)
       /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, kind,
                      dest, vtl, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* The reviewer's second rule: "send it to the vCPU/VM which userspace configured it to send via
\* GSI mappings".
kvm_set_irq(a) ==
    /\ At(asker(a), "kvm_set_irq")
    /\ Deliver(a, {dest[a]})
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, kind,
                   dest, vtl, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* Hypercall or VMM: the PV IPI goes to VTL w, if the guest may name it.
SendTo(a, w) ==
    IF CheckHierarchy /\ w > GroupOf(a)
    THEN /\ status' = [status EXCEPT ![a] = "HV_STATUS_ACCESS_DENIED"]
         /\ Goto(asker(a), "guest_entry")
         /\ UNCHANGED todo
    ELSE Deliver(a, LogicalMeant(w, dest[a])) /\ UNCHANGED status

\* RFC 06, kvm_hv_send_ipi: reserved bits are refused (here: an empty mask stands for them). As
\* posted the target VTL is used before the guest's structure is read, and is anything. In the
\* reviewer's design, "if same VTL as the vCPU assigned VTL, deal with it the same as with regular
\* IPI, otherwise exit to the userspace".
kvm_hv_send_ipi(a) ==
    /\ At(asker(a), "kvm_hv_send_ipi")
    /\ LET own == IF vtl[a] = -1 THEN GroupOf(a) ELSE vtl[a]
       IN IF dest[a] = 0
          THEN /\ status' = [status EXCEPT ![a] = "HV_STATUS_INVALID_HYPERCALL_INPUT"]
               /\ Goto(asker(a), "guest_entry")
               /\ UNCHANGED todo
          ELSE IF Namespace /\ own # GroupOf(a)
          THEN Goto(asker(a), "vmm_send_ipi") /\ UNCHANGED <<todo, status>>
          ELSE IF VtlReadFirst \/ Namespace
          THEN SendTo(a, own)
          ELSE \E w \in 0..(Groups - 1) : Deliver(a, LogicalMeant(w, dest[a])) /\ UNCHANGED status
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, kind,
                   dest, vtl, lookup_vars, sibling_vars, ioctl_vars, history_vars>>

\* The VMM completes a PV IPI to another VTL, by KVM_SIGNAL_MSI to each vCPU.
vmm_send_ipi(a) ==
    /\ At(asker(a), "vmm_send_ipi")
    /\ SendTo(a, vtl[a])
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, kind,
                   dest, vtl, lookup_vars, sibling_vars, ioctl_vars, history_vars>>

\* lapic.c, __apic_accept_irq: the vector's bit in the IRR, a locked instruction.
apic_accept_irq(a) ==
    /\ At(asker(a), "apic_accept_irq")
    /\ locked(asker(a))
    /\ irr' = SET_BIT(irr, First(todo[a]))
    /\ reached' = [reached EXCEPT ![a] = @ \cup {First(todo[a])}]
    /\ Deliver(a, todo[a] \ {First(todo[a])})
    /\ UNCHANGED <<kvm_vars, mutex, vm_vars, mmu_root, intercept_vars, message_vars, wake, kind, dest, vtl,
                   lookup_vars, status, sibling_vars, ioctl_vars, intended, ns_reached, fault>>

\* Product: the same IPI by the reviewer's first rule, ...
namespace_send_ipi(a) ==
    LET S == NamespaceTargets(a)
    IN /\ At(asker(a), "namespace_send_ipi")
       /\ todo' = [todo EXCEPT ![a] = S]
       /\ Goto(asker(a), IF S = {} THEN "guest_entry" ELSE "namespace_accept_irq")
       /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, kind,
                      dest, vtl, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* ... and to whom it goes; only noted.
namespace_accept_irq(a) ==
    LET rest == todo[a] \ {First(todo[a])}
    IN /\ At(asker(a), "namespace_accept_irq")
       /\ ns_reached' = [ns_reached EXCEPT ![a] = @ \cup {First(todo[a])}]
       /\ todo' = [todo EXCEPT ![a] = rest]
       /\ Goto(asker(a), IF rest = {} THEN "guest_entry" ELSE "namespace_accept_irq")
       /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, kind,
                      dest, vtl, lookup_vars, status, sibling_vars, ioctl_vars, intended, reached, fault>>

-----------------------------------------------------------------------------
(* kvm_hv_get_vtl_vcpu, and who calls it                                   *)

\* lapic.c, kvm_lapic_reg_write: the guest writes its xAPIC id.
kvm_lapic_reg_write_id(a) ==
    /\ At(asker(a), "kvm_lapic_reg_write_id")
    /\ HasSlot(asker(a))
    /\ apic_id' = [apic_id EXCEPT ![a] = WRITE_ONCE(@, dest[a])]
    /\ store_buffer' = WITH_STORE(asker(a), <<"apic_id", a>>, dest[a])
    /\ Goto(asker(a), "guest_entry")
    /\ UNCHANGED <<kvm_vars, mutex, apic_id_group_mask, apic_id_group_shift, created_vcpus, online, kvm_lock, irr,
                   mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars, status, sibling_vars,
                   ioctl_vars, history_vars>>

\* RFC 32, HvCallTranslateVirtualAddress: a guest may name its own VTL and lower ones.
kvm_hv_translate(a) ==
    /\ At(asker(a), "kvm_hv_translate")
    /\ IF CheckHierarchy /\ vtl[a] > GroupOf(a)
       THEN /\ status' = [status EXCEPT ![a] = "HV_STATUS_ACCESS_DENIED"]
            /\ Goto(asker(a), "guest_entry")
       ELSE Goto(asker(a), LookupFirst) /\ UNCHANGED status
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, sibling_vars, ioctl_vars, history_vars>>

\* 001, kvm_hv_get_vtl_vcpu: "u32 target_id = kvm_apic_id(vcpu)", where that is the register.
kvm_apic_id(a) ==
    /\ At(asker(a), "kvm_apic_id")
    /\ target' = [target EXCEPT ![a] = READ_ONCE(asker(a), <<"apic_id", a>>, apic_id[a])]
    /\ Goto(asker(a), "kvm_apic_id_set_group_shift")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, bits, root, status, sibling_vars, ioctl_vars, history_vars>>

\* 001, kvm_hv_get_vtl_vcpu: "kvm_apic_id_set_group(kvm, vtl, &target_id)"; RFC 02: "(group <<
\* kvm->arch.apic_id_group_shift)", one load, ...
kvm_apic_id_set_group_shift(a) ==
    /\ At(asker(a), "kvm_apic_id_set_group_shift")
    /\ bits' = [bits EXCEPT ![a] =
                    ShiftedBy(vtl[a], READ_ONCE(asker(a), <<"apic_id_group_shift">>, apic_id_group_shift))]
    /\ Goto(asker(a), "kvm_apic_id_set_group_mask")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, target, root, status, sibling_vars, ioctl_vars, history_vars>>

\* Where the caller of kvm_hv_get_vtl_vcpu goes on that has found vCPU id, or NULL (-1). A VTL's
\* own state is its own: nobody else changes it while the thread is here.
Found(a, id) ==
    /\ target' = [target EXCEPT ![a] = id]
    /\ Goto(asker(a),
            IF kind[a] = "fault" THEN (IF id \in Siblings THEN "intercept_info_gpa" ELSE "guest_entry")
            ELSE IF kind[a] = "translate" /\ id \in Siblings
            THEN (IF TrylockSibling THEN "trylock_sibling" ELSE "kvm_mmu_get_root")
            ELSE "guest_entry")

\* ... "& kvm->arch.apic_id_group_mask", the second; then "if (vcpu->vcpu_id == target_id)
\* return vcpu". Not posted: a VTL that does not fit under the mask is none.
kvm_apic_id_set_group_mask(a) ==
    LET m == READ_ONCE(asker(a), <<"apic_id_group_mask">>, apic_id_group_mask)
        t == OrInto(IF LookupByVcpuId THEN ClearedBy(a, m) ELSE target[a], MaskedBy(bits[a], m))
    IN /\ At(asker(a), "kvm_apic_id_set_group_mask")
       /\ bits' = [bits EXCEPT ![a] = 0]
       /\ IF CheckVtlRange /\ MaskedBy(bits[a], m) # bits[a] THEN Found(a, -1)
          ELSE IF t = a THEN Found(a, a)
          ELSE Goto(asker(a), "kvm_get_vcpu_by_id") /\ target' = [target EXCEPT ![a] = t]
       /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                      request_vars, root, status, sibling_vars, ioctl_vars, history_vars>>

\* 001, kvm_hv_get_vtl_vcpu: "return kvm_get_vcpu_by_id(kvm, target_id)", NULL if there is none.
kvm_get_vcpu_by_id(a) ==
    /\ At(asker(a), "kvm_get_vcpu_by_id")
    /\ Found(a, IF target[a] \in READ_ONCE(asker(a), <<"online">>, online) THEN target[a] ELSE -1)
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, bits, root, status, sibling_vars, ioctl_vars, history_vars>>

\* Not posted: the sibling's mutex, which its KVM_RUN holds; the call is given up if it is taken.
trylock_sibling(a) ==
    /\ At(asker(a), "trylock_sibling")
    /\ mutex_trylock(asker(a), target[a], "translate")
    /\ IF mutex_found(asker(a), target[a]) = "free"
       THEN Goto(asker(a), "kvm_mmu_get_root") /\ UNCHANGED status
       ELSE /\ status' = [status EXCEPT ![a] = "EAGAIN"]
            /\ Goto(asker(a), "guest_entry")
    /\ UNCHANGED <<kvm_vars, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   sibling_vars, ioctl_vars, history_vars>>

\* RFC 32: the sibling's MMU is walked. First its root is read, ...
kvm_mmu_get_root(a) ==
    /\ At(asker(a), "kvm_mmu_get_root")
    /\ root' = [root EXCEPT ![a] = READ_ONCE(asker(a), <<"mmu_root", target[a]>>, mmu_root[target[a]])]
    /\ Goto(asker(a), "kvm_mmu_walk")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, target, bits, status, sibling_vars, ioctl_vars, history_vars>>

\* ... then what hangs on it.
kvm_mmu_walk(a) ==
    /\ At(asker(a), "kvm_mmu_walk")
    /\ root' = [root EXCEPT ![a] = -1]
    /\ Goto(asker(a), IF TrylockSibling THEN "unlock_sibling" ELSE "guest_entry")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, target, bits, status, sibling_vars, ioctl_vars, history_vars>>

unlock_sibling(a) ==
    /\ At(asker(a), "unlock_sibling")
    /\ mutex_unlock(asker(a), target[a])
    /\ Goto(asker(a), "guest_entry")
    /\ UNCHANGED <<kvm_vars, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

-----------------------------------------------------------------------------
(* A fault of the lower VTL: as posted, through the sibling's slot         *)

\* RFC 30, the fault handler: "target->intercept_info.gpa = ...". A fault that was still in the
\* slot is gone.
intercept_info_gpa(a) ==
    LET h == target[a]
    IN /\ At(asker(a), "intercept_info_gpa")
       /\ HasSlot(asker(a))
       /\ intercept_gpa' = [intercept_gpa EXCEPT ![h] = WRITE_ONCE(@, dest[a])]
       /\ store_buffer' = WITH_STORE(asker(a), <<"intercept_gpa", h>>, dest[a])
       /\ fault' = [g \in Gpas |->
                        IF g = dest[a] THEN "slot" ELSE IF fault[g] = "slot" THEN "lost" ELSE fault[g]]
       /\ Goto(asker(a), "intercept_info_access")
       /\ UNCHANGED <<kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_access, message_vars, wake, request_vars,
                      lookup_vars, status, sibling_vars, ioctl_vars, intended, reached, ns_reached>>

\* RFC 30: the other fields.
intercept_info_access(a) ==
    LET h == target[a]
    IN /\ At(asker(a), "intercept_info_access")
       /\ HasSlot(asker(a))
       /\ intercept_access' = [intercept_access EXCEPT ![h] = WRITE_ONCE(@, dest[a])]
       /\ store_buffer' = WITH_STORE(asker(a), <<"intercept_access", h>>, dest[a])
       /\ Goto(asker(a), "kvm_make_request")
       /\ UNCHANGED <<kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_gpa, message_vars, wake, request_vars,
                      lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* RFC 30: "kvm_make_request(KVM_REQ_HV_INJECT_INTERCEPT, target)".
kvm_make_request(a) ==
    /\ At(asker(a), "kvm_make_request")
    /\ set_request(asker(a), target[a])
    /\ Goto(asker(a), IF WakeUpMb THEN "rcuwait_wake_up_smp_mb" ELSE "rcuwait_wake_up")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* kernel/exit.c, rcuwait_wake_up, from kvm_vcpu_kick: "smp_mb()".
rcuwait_wake_up_smp_mb(a) ==
    /\ At(asker(a), "rcuwait_wake_up_smp_mb")
    /\ kvm_smp_mb(asker(a))
    /\ Goto(asker(a), "rcuwait_wake_up")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* kernel/exit.c, rcuwait_wake_up: "task = rcu_dereference(w->task)".
rcuwait_wake_up(a) ==
    /\ At(asker(a), "rcuwait_wake_up")
    /\ Goto(asker(a), IF rcuwait_task(asker(a), target[a]) THEN "wake_up_process" ELSE "kvm_vcpu_kick_mode")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* kernel/exit.c, rcuwait_wake_up: "wake_up_process(task)"; kvm_vcpu_kick returns. The lower VTL
\* exits to the VMM with -EFAULT, which runs it again.
wake_up_process(a) ==
    /\ At(asker(a), "wake_up_process")
    /\ wake_task(asker(a), target[a])
    /\ Goto(asker(a), "guest_entry")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_kick: "cmpxchg(&vcpu->mode, IN_GUEST_MODE, EXITING_GUEST_MODE)".
kvm_vcpu_kick_mode(a) ==
    /\ At(asker(a), "kvm_vcpu_kick_mode")
    /\ cmpxchg_mode(asker(a), target[a])
    /\ Goto(asker(a),
            IF found_mode(asker(a), target[a]) = "IN_GUEST_MODE" THEN "smp_send_reschedule" ELSE "guest_entry")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_kick: "smp_send_reschedule(cpu)".
smp_send_reschedule(a) ==
    /\ At(asker(a), "smp_send_reschedule")
    /\ send_ipi(asker(a), target[a])
    /\ Goto(asker(a), "guest_entry")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

-----------------------------------------------------------------------------
(* ... and as the reviewer has it: the kernel exits, and the VMM, on the   *)
(* thread of the vCPU that has faulted, queues the SynIC message and wakes *)
(* the higher VTL of that processor                                        *)

HigherVtl(a) == IdOf(ProcessorOf(a), 1)
AfterMessage == IF QueueBeforeWake THEN "vmm_wake" ELSE "guest_entry"

\* Is the slot of the SINT in use? Then the message has to wait for the EOM, or is dropped.
vmm_check_slot(a) ==
    LET full == READ_ONCE(asker(a), <<"msg_type", HigherVtl(a)>>, msg_type[HigherVtl(a)])
    IN /\ At(asker(a), "vmm_check_slot")
       /\ IF full
          THEN /\ ~RetryOnEom
               /\ fault' = [fault EXCEPT ![dest[a]] = "lost"]
               /\ Goto(asker(a), AfterMessage)
          ELSE Goto(asker(a), "vmm_msg_gpa") /\ UNCHANGED fault
       /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                      request_vars, lookup_vars, status, sibling_vars, ioctl_vars, intended, reached, ns_reached>>

\* The message is written, ...
vmm_msg_gpa(a) ==
    LET h == HigherVtl(a)
    IN /\ At(asker(a), "vmm_msg_gpa")
       /\ HasSlot(asker(a))
       /\ msg_gpa' = [msg_gpa EXCEPT ![h] = WRITE_ONCE(@, dest[a])]
       /\ store_buffer' = WITH_STORE(asker(a), <<"msg_gpa", h>>, dest[a])
       /\ Goto(asker(a), "vmm_msg_access")
       /\ UNCHANGED <<kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, msg_type, msg_access, wake,
                      request_vars, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

vmm_msg_access(a) ==
    LET h == HigherVtl(a)
    IN /\ At(asker(a), "vmm_msg_access")
       /\ HasSlot(asker(a))
       /\ msg_access' = [msg_access EXCEPT ![h] = WRITE_ONCE(@, dest[a])]
       /\ store_buffer' = WITH_STORE(asker(a), <<"msg_access", h>>, dest[a])
       /\ Goto(asker(a), "vmm_msg_type")
       /\ UNCHANGED <<kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, msg_type, msg_gpa, wake, request_vars,
                      lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* ... and its type last, which makes it one: a release.
vmm_msg_type(a) ==
    LET h == HigherVtl(a)
    IN /\ At(asker(a), "vmm_msg_type")
       /\ HasSlotsForRelease(asker(a))
       /\ msg_type' = [msg_type EXCEPT ![h] = WRITE_ONCE(@, TRUE)]
       /\ store_buffer' = WITH_RELEASE(asker(a), <<"msg_type", h>>, TRUE)
       /\ fault' = [fault EXCEPT ![dest[a]] = "message"]
       /\ Goto(asker(a), AfterMessage)
       /\ UNCHANGED <<kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, msg_gpa, msg_access, wake,
                      request_vars, lookup_vars, status, sibling_vars, ioctl_vars, intended, reached, ns_reached>>

\* The VMM wakes the thread of the higher VTL's vCPU: system calls, so a full barrier.
vmm_wake(a) ==
    /\ At(asker(a), "vmm_wake")
    /\ locked(asker(a))
    /\ wake' = SET_BIT(wake, HigherVtl(a))
    /\ Goto(asker(a), IF QueueBeforeWake THEN "guest_entry" ELSE "vmm_check_slot")
    /\ UNCHANGED <<kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

-----------------------------------------------------------------------------
(* A sibling's own thread                                                  *)

Reason(h, r) == reason' = [reason EXCEPT ![h] = r]

\* The reviewer's design: the thread waits in userspace until the VMM wants the VTL to run.
vmm_wait_wake(h) ==
    /\ At(sibling(h), "vmm_wait_wake")
    /\ Faults
    /\ locked(sibling(h))
    /\ wake[h]
    /\ wake' = CLEAR_BIT(wake, h)
    /\ Goto(sibling(h), "KVM_RUN")
    /\ UNCHANGED <<kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_ioctl: KVM_RUN takes vcpu->mutex. As posted the higher VTL is halted in
\* KVM_RUN until there is something for it.
KVM_RUN(h) ==
    /\ At(sibling(h), "KVM_RUN")
    /\ Faults \/ Translates
    /\ mutex_lock(sibling(h), h, "run")
    /\ Goto(sibling(h), IF Translates THEN "kvm_mmu_load"
                        ELSE IF Namespace THEN "kvm_request_pending" ELSE "prepare_to_rcuwait")
    /\ UNCHANGED <<kvm_vars, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* mmu.c, kvm_mmu_load: the guest has changed its page tables; a new root, and the old one is freed.
kvm_mmu_load(h) ==
    LET x == 1 - READ_ONCE(sibling(h), <<"mmu_root", h>>, mmu_root[h])
    IN /\ At(sibling(h), "kvm_mmu_load")
       /\ HasSlot(sibling(h))
       /\ mmu_root' = [mmu_root EXCEPT ![h] = WRITE_ONCE(@, x)]
       /\ store_buffer' = WITH_STORE(sibling(h), <<"mmu_root", h>>, x)
       /\ Goto(sibling(h), "vcpu_put")
       /\ UNCHANGED <<kvm_vars, mutex, vm_vars, irr, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                      status, sibling_vars, ioctl_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_block: prepare_to_rcuwait, set_current_state.
prepare_to_rcuwait(h) ==
    /\ At(sibling(h), "prepare_to_rcuwait")
    /\ rcuwait_publish(sibling(h), h)
    /\ Goto(sibling(h), "kvm_vcpu_check_block")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_check_block: kvm_arch_vcpu_runnable, the request makes it so.
kvm_vcpu_check_block(h) ==
    /\ At(sibling(h), "kvm_vcpu_check_block")
    /\ Goto(sibling(h), IF request_pending(sibling(h), h) THEN "finish_rcuwait" ELSE "kvm_vcpu_block_schedule")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_block: schedule.
kvm_vcpu_block_schedule(h) ==
    /\ At(sibling(h), "kvm_vcpu_block_schedule")
    /\ rcuwait_sleep(sibling(h), h)
    /\ Goto(sibling(h), "kvm_vcpu_check_block")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_block: finish_rcuwait.
finish_rcuwait(h) ==
    /\ At(sibling(h), "finish_rcuwait")
    /\ rcuwait_unpublish(sibling(h), h)
    /\ Goto(sibling(h), "kvm_request_pending")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* x86.c, vcpu_enter_guest: "if (kvm_request_pending(vcpu))".
kvm_request_pending(h) ==
    /\ At(sibling(h), "kvm_request_pending")
    /\ Goto(sibling(h),
            IF request_pending(sibling(h), h) THEN "kvm_check_request" ELSE "vcpu_enter_guest_mode_in_guest")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* RFC 31, vcpu_enter_guest: "if (kvm_check_request(KVM_REQ_HV_INJECT_INTERCEPT, vcpu))".
kvm_check_request(h) ==
    /\ At(sibling(h), "kvm_check_request")
    /\ clear_request(sibling(h), h)
    /\ Goto(sibling(h), "inject_intercept_gpa")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* RFC 31, kvm_hv_inject_intercept: the fields of vcpu->intercept_info are read.
inject_intercept_gpa(h) ==
    LET g == READ_ONCE(sibling(h), <<"intercept_gpa", h>>, intercept_gpa[h])
    IN /\ At(sibling(h), "inject_intercept_gpa")
       /\ info_gpa' = [info_gpa EXCEPT ![h] = g]
       /\ fault' = [fault EXCEPT ![g] = IF @ = "slot" THEN "read" ELSE IF @ = "lost" THEN "lost" ELSE "twice"]
       /\ Goto(sibling(h), "inject_intercept_access")
       /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                      request_vars, lookup_vars, status, reason, info_access, ioctl_vars, intended, reached,
                      ns_reached>>

inject_intercept_access(h) ==
    /\ At(sibling(h), "inject_intercept_access")
    /\ info_access' = [info_access EXCEPT ![h] =
                            READ_ONCE(sibling(h), <<"intercept_access", h>>, intercept_access[h])]
    /\ Goto(sibling(h), "synic_deliver_msg")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, reason, info_gpa, ioctl_vars, history_vars>>

\* hyperv.c, synic_deliver_msg, into the vCPU's own page, whose guest does not run; it fails if
\* the slot is in use, and RFC 31 then queues #UD.
synic_deliver_msg(h) ==
    LET g == info_gpa[h]
    IN /\ At(sibling(h), "synic_deliver_msg")
       /\ locked(sibling(h))
       /\ IF msg_type[h]
          THEN /\ fault' = [fault EXCEPT ![g] = IF @ = "read" THEN "lost" ELSE @]
               /\ UNCHANGED message_vars
          ELSE /\ fault' = [fault EXCEPT ![g] = IF @ = "read" THEN "message" ELSE @]
               /\ msg_type' = [msg_type EXCEPT ![h] = TRUE]
               /\ msg_gpa' = [msg_gpa EXCEPT ![h] = g]
               /\ msg_access' = [msg_access EXCEPT ![h] = info_access[h]]
       /\ info_gpa' = [info_gpa EXCEPT ![h] = 0]
       /\ info_access' = [info_access EXCEPT ![h] = 0]
       /\ Goto(sibling(h), "vcpu_enter_guest_mode_in_guest")
       /\ UNCHANGED <<kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, wake, request_vars, lookup_vars,
                      status, reason, ioctl_vars, intended, reached, ns_reached>>

\* x86.c, vcpu_enter_guest: "smp_store_release(&vcpu->mode, IN_GUEST_MODE)".
vcpu_enter_guest_mode_in_guest(h) ==
    /\ At(sibling(h), "vcpu_enter_guest_mode_in_guest")
    /\ mode_in_guest(sibling(h), h)
    /\ Goto(sibling(h), IF EntryMb THEN "vcpu_enter_guest_smp_mb" ELSE "kvm_vcpu_exit_request_mode")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* x86.c, vcpu_enter_guest: smp_mb__after_srcu_read_unlock.
vcpu_enter_guest_smp_mb(h) ==
    /\ At(sibling(h), "vcpu_enter_guest_smp_mb")
    /\ kvm_smp_mb(sibling(h))
    /\ Goto(sibling(h), "kvm_vcpu_exit_request_mode")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

\* x86.c, kvm_vcpu_exit_request: "vcpu->mode == EXITING_GUEST_MODE", ...
kvm_vcpu_exit_request_mode(h) ==
    /\ At(sibling(h), "kvm_vcpu_exit_request_mode")
    /\ IF exiting_guest_mode(sibling(h), h)
       THEN Goto(sibling(h), "vcpu_enter_guest_mode_outside") /\ Reason(h, "abort")
       ELSE Goto(sibling(h), "kvm_vcpu_exit_request_requests") /\ UNCHANGED reason
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, info_gpa, info_access, ioctl_vars, history_vars>>

\* ... "|| kvm_request_pending(vcpu)".
kvm_vcpu_exit_request_requests(h) ==
    /\ At(sibling(h), "kvm_vcpu_exit_request_requests")
    /\ IF request_pending(sibling(h), h)
       THEN Goto(sibling(h), "vcpu_enter_guest_mode_outside") /\ Reason(h, "abort")
       ELSE Goto(sibling(h), "vmentry") /\ UNCHANGED reason
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, info_gpa, info_access, ioctl_vars, history_vars>>

\* VM-entry: the SINT's interrupt, if there is a message.
vmentry(h) ==
    /\ At(sibling(h), "vmentry")
    /\ Goto(sibling(h), IF READ_ONCE(sibling(h), <<"msg_type", h>>, msg_type[h]) THEN "guest_eom" ELSE "vmexit")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* The guest handles the message, frees the slot and writes HV_X64_MSR_EOM.
guest_eom(h) ==
    LET g == msg_gpa[h]
    IN /\ At(sibling(h), "guest_eom")
       /\ locked(sibling(h))
       /\ fault' = [fault EXCEPT ![g] = IF @ = "message" THEN "none" ELSE IF @ = "lost" THEN "lost" ELSE "twice"]
       /\ msg_type' = [msg_type EXCEPT ![h] = FALSE]
       /\ msg_gpa' = [msg_gpa EXCEPT ![h] = 0]
       /\ msg_access' = [msg_access EXCEPT ![h] = 0]
       /\ Goto(sibling(h), "vmexit")
       /\ UNCHANGED <<kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, wake, request_vars, lookup_vars,
                      status, sibling_vars, ioctl_vars, intended, reached, ns_reached>>

\* An IPI makes the guest exit.
Interrupted(h) ==
    /\ ipi[h]
    /\ take_ipi(sibling(h), h)
    /\ Reason(h, "ipi")
    /\ Goto(sibling(h), "vcpu_enter_guest_mode_outside")

\* The higher VTL has nothing left to do and halts, or returns to the lower VTL; or it has, and
\* goes on; or an IPI makes it exit; or a message comes meanwhile, with its interrupt.
vmexit(h) ==
    LET message == READ_ONCE(sibling(h), <<"msg_type", h>>, msg_type[h])
    IN /\ At(sibling(h), "vmexit")
       /\ \/ /\ message
             /\ Goto(sibling(h), "guest_eom")
             /\ UNCHANGED <<store_buffer, kvm_vars, reason>>
          \/ /\ ~message
             /\ take_ipi(sibling(h), h)
             /\ Reason(h, "halt")
             /\ Goto(sibling(h), "vcpu_enter_guest_mode_outside")
          \/ /\ ~message
             /\ Goto(sibling(h), "guest_busy")
             /\ UNCHANGED <<store_buffer, kvm_vars, reason>>
          \/ Interrupted(h)
       /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                      status, info_gpa, info_access, ioctl_vars, history_vars>>

\* Its guest runs for as long as it likes: until an IPI makes it exit, or a message's interrupt
\* comes.
guest_busy(h) ==
    /\ At(sibling(h), "guest_busy")
    /\ \/ /\ READ_ONCE(sibling(h), <<"msg_type", h>>, msg_type[h])
          /\ Goto(sibling(h), "guest_eom")
          /\ UNCHANGED <<store_buffer, kvm_vars, reason>>
       \/ Interrupted(h)
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, info_gpa, info_access, ioctl_vars, history_vars>>

\* x86.c, vcpu_enter_guest: "vcpu->mode = OUTSIDE_GUEST_MODE"; then round again, or the vCPU
\* blocks, or a VTL return takes it to the VMM.
vcpu_enter_guest_mode_outside(h) ==
    /\ At(sibling(h), "vcpu_enter_guest_mode_outside")
    /\ mode_outside(sibling(h), h)
    /\ Goto(sibling(h), IF reason[h] # "halt" THEN "kvm_request_pending"
                        ELSE IF Namespace THEN "vcpu_put" ELSE "prepare_to_rcuwait")
    /\ Reason(h, "none")
    /\ UNCHANGED <<mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, info_gpa, info_access, ioctl_vars, history_vars>>

\* kvm_main.c, kvm_vcpu_ioctl: KVM_RUN returns and releases vcpu->mutex.
vcpu_put(h) ==
    /\ At(sibling(h), "vcpu_put")
    /\ mutex_unlock(sibling(h), h)
    /\ Goto(sibling(h), IF Namespace THEN "vmm_wait_wake" ELSE "KVM_RUN")
    /\ UNCHANGED <<kvm_vars, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars,
                   status, sibling_vars, ioctl_vars, history_vars>>

-----------------------------------------------------------------------------
(* KVM_SET_APIC_ID_GROUPS, an ioctl of the VM                              *)

ConfigDone == IF ConfigureLocked THEN "set_apic_id_groups_unlock" ELSE "set_apic_id_groups_return"
Returns(i, e) == ret' = [ret EXCEPT ![i] = e]

\* The VMM calls it, or not.
KVM_SET_APIC_ID_GROUPS ==
    /\ At(config, "KVM_SET_APIC_ID_GROUPS")
    /\ Configures
    /\ Goto(config, IF ConfigureLocked THEN "set_apic_id_groups_lock" ELSE "set_apic_id_groups_created")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

\* kvm->lock is taken by th, which goes on at label.
LockKvm(th, label) ==
    /\ locked(th)
    /\ ~kvm_lock
    /\ kvm_lock' = TRUE
    /\ Goto(th, label)
    /\ UNCHANGED <<kvm_vars, mutex, apic_id_group_mask, apic_id_group_shift, created_vcpus, online, apic_id, irr,
                   mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars, status, sibling_vars,
                   ioctl_vars, history_vars>>

\* mutex_unlock(&kvm->lock), a locked instruction on x86; MutexUnlockIsMb.
UnlockKvm(th, label) ==
    /\ IF MutexUnlockIsMb
       THEN locked(th) /\ kvm_lock' = FALSE
       ELSE /\ HasSlotsForRelease(th)
            /\ kvm_lock' = WRITE_ONCE(kvm_lock, FALSE)
            /\ store_buffer' = WITH_RELEASE(th, <<"kvm_lock">>, FALSE)
    /\ Goto(th, label)
    /\ UNCHANGED <<kvm_vars, mutex, apic_id_group_mask, apic_id_group_shift, created_vcpus, online, apic_id, irr,
                   mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars, status, sibling_vars,
                   ioctl_vars, history_vars>>

\* Not posted: "mutex_lock(&kvm->lock)".
set_apic_id_groups_lock ==
    /\ At(config, "set_apic_id_groups_lock")
    /\ LockKvm(config, "set_apic_id_groups_created")

\* RFC 02, kvm_arch_vm_ioctl: "if (kvm->created_vcpus) return -EINVAL".
set_apic_id_groups_created ==
    /\ At(config, "set_apic_id_groups_created")
    /\ IF READ_ONCE(config, <<"created_vcpus">>, created_vcpus) # 0
       THEN Returns(0, "EINVAL") /\ Goto(config, ConfigDone)
       ELSE Goto(config, "set_apic_id_groups_copy") /\ UNCHANGED ret
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, new_id, new_apic_id, history_vars>>

\* RFC 02: copy_from_user fails, -EFAULT; "n_bits > 32", -EINVAL; or it is a number to go on with.
set_apic_id_groups_copy ==
    /\ At(config, "set_apic_id_groups_copy")
    /\ \/ Returns(0, "EFAULT") /\ Goto(config, ConfigDone)
       \/ Returns(0, "EINVAL") /\ Goto(config, ConfigDone)
       \/ Goto(config, "set_apic_id_groups_mask") /\ UNCHANGED ret
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, new_id, new_apic_id, history_vars>>

\* RFC 02: "kvm->arch.apic_id_group_mask = GENMASK(31, 32 - n_bits)".
set_apic_id_groups_mask ==
    /\ At(config, "set_apic_id_groups_mask")
    /\ HasSlot(config)
    /\ apic_id_group_mask' = WRITE_ONCE(apic_id_group_mask, Mask)
    /\ store_buffer' = WITH_STORE(config, <<"apic_id_group_mask">>, Mask)
    /\ Goto(config, "set_apic_id_groups_shift")
    /\ UNCHANGED <<kvm_vars, mutex, apic_id_group_shift, created_vcpus, online, kvm_lock, apic_id, irr, mmu_root,
                   intercept_vars, message_vars, wake, request_vars, lookup_vars, status, sibling_vars, ioctl_vars,
                   history_vars>>

\* RFC 02: "kvm->arch.apic_id_group_shift = 32 - n_bits".
set_apic_id_groups_shift ==
    /\ At(config, "set_apic_id_groups_shift")
    /\ HasSlot(config)
    /\ apic_id_group_shift' = WRITE_ONCE(apic_id_group_shift, GroupShift)
    /\ store_buffer' = WITH_STORE(config, <<"apic_id_group_shift">>, GroupShift)
    /\ Goto(config, ConfigDone)
    /\ UNCHANGED <<kvm_vars, mutex, apic_id_group_mask, created_vcpus, online, kvm_lock, apic_id, irr, mmu_root,
                   intercept_vars, message_vars, wake, request_vars, lookup_vars, status, sibling_vars, ioctl_vars,
                   history_vars>>

\* Not posted: "mutex_unlock(&kvm->lock)".
set_apic_id_groups_unlock ==
    /\ At(config, "set_apic_id_groups_unlock")
    /\ UnlockKvm(config, "set_apic_id_groups_return")

\* The ioctl returns.
set_apic_id_groups_return ==
    /\ At(config, "set_apic_id_groups_return")
    /\ Returns(0, "ok")
    /\ Goto(config, "KVM_SET_APIC_ID_GROUPS")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, new_id, new_apic_id, history_vars>>

-----------------------------------------------------------------------------
(* KVM_CREATE_VCPU, kvm_vm_ioctl_create_vcpu of kvm_main.c                 *)

\* "if (id >= KVM_MAX_VCPU_IDS) return -EINVAL".
KVM_CREATE_VCPU ==
    /\ At(creator, "KVM_CREATE_VCPU")
    /\ Configures
    /\ \E id \in CreateIds :
        IF id >= MaxIds
        THEN Returns(1, "EINVAL") /\ Goto(creator, "create_vcpu_return") /\ UNCHANGED new_id
        ELSE new_id' = [new_id EXCEPT ![1] = id] /\ Goto(creator, "create_vcpu_lock") /\ UNCHANGED ret
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, new_apic_id, history_vars>>

\* "mutex_lock(&kvm->lock)".
create_vcpu_lock ==
    /\ At(creator, "create_vcpu_lock")
    /\ LockKvm(creator, "create_vcpu_created")

\* created_vcpus becomes what it is, plus n.
CountVcpu(n, label) ==
    LET x == READ_ONCE(creator, <<"created_vcpus">>, created_vcpus) + n
    IN /\ HasSlot(creator)
       /\ created_vcpus' = WRITE_ONCE(created_vcpus, x)
       /\ store_buffer' = WITH_STORE(creator, <<"created_vcpus">>, x)
       /\ Goto(creator, label)
       /\ UNCHANGED <<kvm_vars, mutex, apic_id_group_mask, apic_id_group_shift, online, kvm_lock, apic_id, irr,
                      mmu_root, intercept_vars, message_vars, wake, request_vars, lookup_vars, status, sibling_vars,
                      ioctl_vars, history_vars>>

\* "kvm->created_vcpus++".
create_vcpu_created ==
    /\ At(creator, "create_vcpu_created")
    /\ CountVcpu(1, "create_vcpu_unlock")

\* "mutex_unlock(&kvm->lock)".
create_vcpu_unlock ==
    /\ At(creator, "create_vcpu_unlock")
    /\ UnlockKvm(creator, "kvm_create_lapic")

\* kvm_arch_vcpu_create, kvm_create_lapic; RFC 02: the APIC id register is the id without its
\* group bits. The vCPU is not known to anybody yet.
kvm_create_lapic ==
    /\ At(creator, "kvm_create_lapic")
    /\ new_apic_id' = [new_apic_id EXCEPT ![1] =
                        ClearedBy(new_id[1], READ_ONCE(creator, <<"apic_id_group_mask">>, apic_id_group_mask))]
    /\ Goto(creator, "create_vcpu_lock_again")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, ret, new_id, history_vars>>

\* "mutex_lock(&kvm->lock)".
create_vcpu_lock_again ==
    /\ At(creator, "create_vcpu_lock_again")
    /\ LockKvm(creator, "create_vcpu_exists")

\* "if (kvm_get_vcpu_by_id(kvm, id)) r = -EEXIST".
create_vcpu_exists ==
    /\ At(creator, "create_vcpu_exists")
    /\ IF new_id[1] \in READ_ONCE(creator, <<"online">>, online)
       THEN /\ Returns(1, "EEXIST")
            /\ new_id' = [new_id EXCEPT ![1] = -1]
            /\ new_apic_id' = [new_apic_id EXCEPT ![1] = -1]
            /\ Goto(creator, "create_vcpu_uncount")
       ELSE Goto(creator, "create_vcpu_online") /\ UNCHANGED <<ret, new_id, new_apic_id>>
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, history_vars>>

\* "smp_wmb(); atomic_inc(&kvm->online_vcpus)": a locked instruction; with it the vCPU's own
\* state is there for all.
create_vcpu_online ==
    /\ At(creator, "create_vcpu_online")
    /\ locked(creator)
    /\ online' = online \cup {new_id[1]}
    /\ apic_id' = [apic_id EXCEPT ![new_id[1]] = new_apic_id[1]]
    /\ new_id' = [new_id EXCEPT ![1] = -1]
    /\ new_apic_id' = [new_apic_id EXCEPT ![1] = -1]
    /\ Goto(creator, "create_vcpu_unlock_again")
    /\ UNCHANGED <<kvm_vars, mutex, apic_id_group_mask, apic_id_group_shift, created_vcpus, kvm_lock, irr, mmu_root,
                   intercept_vars, message_vars, wake, request_vars, lookup_vars, status, sibling_vars, ret,
                   history_vars>>

\* "kvm->created_vcpus--", for which the kernel takes the lock once more.
create_vcpu_uncount ==
    /\ At(creator, "create_vcpu_uncount")
    /\ CountVcpu(-1, "create_vcpu_unlock_again")

\* "mutex_unlock(&kvm->lock)".
create_vcpu_unlock_again ==
    /\ At(creator, "create_vcpu_unlock_again")
    /\ UnlockKvm(creator, "create_vcpu_return")

\* The ioctl returns.
create_vcpu_return ==
    /\ At(creator, "create_vcpu_return")
    /\ Returns(1, "ok")
    /\ Goto(creator, "KVM_CREATE_VCPU")
    /\ UNCHANGED <<store_buffer, kvm_vars, mutex, vm_vars, irr, mmu_root, intercept_vars, message_vars, wake,
                   request_vars, lookup_vars, status, sibling_vars, new_id, new_apic_id, history_vars>>

-----------------------------------------------------------------------------
\* The memory: a store of thread th that is still in its buffer becomes visible.
commit(th) ==
    /\ \E i \in Committable(th) :
        LET e == store_buffer[th][i]
        IN /\ store_buffer' = WITHOUT_STORE(th, i)
           /\ KVM_COMMITTED(e)
           /\ MUTEX_COMMITTED(e)
           /\ apic_id_group_mask' = COMMITTED(<<"apic_id_group_mask">>, apic_id_group_mask, e)
           /\ apic_id_group_shift' = COMMITTED(<<"apic_id_group_shift">>, apic_id_group_shift, e)
           /\ created_vcpus' = COMMITTED(<<"created_vcpus">>, created_vcpus, e)
           /\ kvm_lock' = COMMITTED(<<"kvm_lock">>, kvm_lock, e)
           /\ apic_id' = [id \in Ids |-> COMMITTED(<<"apic_id", id>>, apic_id[id], e)]
           /\ mmu_root' = [h \in Siblings |-> COMMITTED(<<"mmu_root", h>>, mmu_root[h], e)]
           /\ intercept_gpa' = [h \in Siblings |-> COMMITTED(<<"intercept_gpa", h>>, intercept_gpa[h], e)]
           /\ intercept_access' = [h \in Siblings |-> COMMITTED(<<"intercept_access", h>>, intercept_access[h], e)]
           /\ msg_type' = [h \in Siblings |-> COMMITTED(<<"msg_type", h>>, msg_type[h], e)]
           /\ msg_gpa' = [h \in Siblings |-> COMMITTED(<<"msg_gpa", h>>, msg_gpa[h], e)]
           /\ msg_access' = [h \in Siblings |-> COMMITTED(<<"msg_access", h>>, msg_access[h], e)]
    /\ UNCHANGED <<pc, online, irr, wake, request_vars, lookup_vars, status, sibling_vars, ioctl_vars, history_vars>>

-----------------------------------------------------------------------------
\* What KVM and the VMM do for a request that was made.
AskerStep(a) ==
    \/ guest_entry(a)
    \/ kvm_apic_send_ipi(a)
    \/ kvm_irq_delivery_to_apic_fast(a)
    \/ kvm_irq_delivery_to_apic(a)
    \/ kvm_set_msi(a)
    \/ kvm_set_irq(a)
    \/ kvm_hv_send_ipi(a)
    \/ vmm_send_ipi(a)
    \/ apic_accept_irq(a)
    \/ namespace_send_ipi(a)
    \/ namespace_accept_irq(a)
    \/ kvm_lapic_reg_write_id(a)
    \/ kvm_hv_translate(a)
    \/ kvm_apic_id(a)
    \/ kvm_apic_id_set_group_shift(a)
    \/ kvm_apic_id_set_group_mask(a)
    \/ kvm_get_vcpu_by_id(a)
    \/ trylock_sibling(a)
    \/ kvm_mmu_get_root(a)
    \/ kvm_mmu_walk(a)
    \/ unlock_sibling(a)
    \/ intercept_info_gpa(a)
    \/ intercept_info_access(a)
    \/ kvm_make_request(a)
    \/ rcuwait_wake_up_smp_mb(a)
    \/ rcuwait_wake_up(a)
    \/ wake_up_process(a)
    \/ kvm_vcpu_kick_mode(a)
    \/ smp_send_reschedule(a)
    \/ vmm_check_slot(a)
    \/ vmm_msg_gpa(a)
    \/ vmm_msg_access(a)
    \/ vmm_msg_type(a)
    \/ vmm_wake(a)

SiblingStep(h) ==
    \/ vmm_wait_wake(h)
    \/ KVM_RUN(h)
    \/ kvm_mmu_load(h)
    \/ prepare_to_rcuwait(h)
    \/ kvm_vcpu_check_block(h)
    \/ kvm_vcpu_block_schedule(h)
    \/ finish_rcuwait(h)
    \/ kvm_request_pending(h)
    \/ kvm_check_request(h)
    \/ inject_intercept_gpa(h)
    \/ inject_intercept_access(h)
    \/ synic_deliver_msg(h)
    \/ vcpu_enter_guest_mode_in_guest(h)
    \/ vcpu_enter_guest_smp_mb(h)
    \/ kvm_vcpu_exit_request_mode(h)
    \/ kvm_vcpu_exit_request_requests(h)
    \/ vmentry(h)
    \/ guest_eom(h)
    \/ vmexit(h)
    \/ guest_busy(h)
    \/ vcpu_enter_guest_mode_outside(h)
    \/ vcpu_put(h)

ConfigStep ==
    \/ KVM_SET_APIC_ID_GROUPS
    \/ set_apic_id_groups_lock
    \/ set_apic_id_groups_created
    \/ set_apic_id_groups_copy
    \/ set_apic_id_groups_mask
    \/ set_apic_id_groups_shift
    \/ set_apic_id_groups_unlock
    \/ set_apic_id_groups_return

CreatorStep ==
    \/ KVM_CREATE_VCPU
    \/ create_vcpu_lock
    \/ create_vcpu_created
    \/ create_vcpu_unlock
    \/ kvm_create_lapic
    \/ create_vcpu_lock_again
    \/ create_vcpu_exists
    \/ create_vcpu_online
    \/ create_vcpu_uncount
    \/ create_vcpu_unlock_again
    \/ create_vcpu_return

Next ==
    \/ \E a \in Askers : guest_exit(a) \/ AskerStep(a)
    \/ \E h \in Siblings : SiblingStep(h)
    \/ ConfigStep
    \/ CreatorStep
    \/ \E th \in Threads : commit(th)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Invariants                                                              *)

\* Whom an interrupt of asker a may reach: an IPI or a PV IPI that names no VTL the sender's own
\* VTL; an interrupt of a device VTL 0, or the vCPU that the VMM routed it to.
MayReach(a) ==
    IF kind[a] = "gsi" THEN {dest[a]}
    ELSE IF kind[a] = "msi" THEN OfGroup(0)
    ELSE IF kind[a] = "pv" /\ vtl[a] # -1 THEN Ids
    ELSE IF a = Device THEN {} ELSE OfGroup(GroupOf(a))

IsolationInv == \A a \in Askers : reached[a] \subseteq MayReach(a)

\* Once it is done, an interrupt that was meant for one vCPU has reached that one and no other.
\* No intercept is lost, none handled twice.
ExactlyOneInv ==
    /\ Unicast:: (\A a \in Askers :
        At(asker(a), "guest_entry") /\ Cardinality(intended[a]) = 1 => reached[a] = intended[a])
    /\ Intercept:: \A g \in Gpas : fault[g] \notin {"lost", "twice"}

\* The group of a vCPU by what is configured now.
GroupNow(id) == UnshiftedBy(MaskedBy(id, apic_id_group_mask), apic_id_group_shift)

\* Is id a vCPU of VTL w, on the processor of vCPU a?
IsSibling(id, a, w) ==
    /\ id \in online
    /\ GroupNow(id) = w
    /\ ClearedBy(id, apic_id_group_mask) = ClearedBy(a, apic_id_group_mask)

\* kvm_hv_get_vtl_vcpu(vcpu, vtl) has returned the vCPU of that VTL and the same processor, or
\* NULL; not NULL for the VTL of the vCPU itself, nor for any other whose vCPU was created: a
\* sibling may be created later. VTL and processor name one vCPU, so that it follows: the vCPU
\* itself for its own VTL and for no other, NULL for a VTL that there is not, and
\* get(get(v, w), u) = get(v, u).
LookupLawsInv ==
    \A a \in Requesters :
        At(asker(a), "guest_entry") /\ kind[a] = "lookup" =>
            /\ Sibling(a):: (target[a] # -1 => IsSibling(target[a], a, vtl[a]))
            /\ Present(a):: (vtl[a] = GroupNow(a) \/ (~Configures /\ vtl[a] < Groups) => target[a] # -1)

\* The root of a sibling's MMU is the one that was read for as long as it is walked.
SiblingStableInv ==
    \A a \in Requesters : At(asker(a), "kvm_mmu_walk") => root[a] = mmu_root[target[a]]

\* A message is about one fault.
InterceptIntactInv == \A h \in Siblings : msg_type[h] => msg_gpa[h] = msg_access[h]

\* A guest reaches its own VTL and lower ones only, by a PV IPI or by translation.
HierarchyInv ==
    \A a \in Requesters :
        /\ Ipi(a):: (kind[a] = "pv" => (\A id \in reached[a] : GroupOf(id) <= GroupOf(a)))
        /\ Translation(a):: (root[a] # -1 => GroupOf(target[a]) <= GroupOf(a))

\* Product: both ways of routing have reached the same vCPUs.
AgreeInv == \A a \in Requesters : At(asker(a), "guest_entry") => reached[a] = ns_reached[a]

-----------------------------------------------------------------------------
(* Temporal properties. Fairness, next to what needs it: weak fairness of  *)
(* what KVM and the VMM do for a request that was made (DeliveryProp,      *)
(* AnsweredProp, FaultHandledProp), of the higher VTL's thread             *)
(* (FaultHandledProp, RunsProp), and every store becomes visible in the    *)
(* end. Who waits for a vCPU's mutex gets it in the end, however often     *)
(* somebody else tries it: kernel/locking/mutex.c hands it over            *)
(* (RunsProp). The higher VTL's guest handles a message that it is told    *)
(* of; it need not halt or return. No guest need make a request, and the   *)
(* VMM no ioctl of the VM.                                                 *)

Fairness ==
    /\ \A a \in Askers : WF_vars(AskerStep(a))
    /\ \A h \in Siblings : WF_vars(SiblingStep(h))
    /\ \A h \in (IF Translates THEN Siblings ELSE {}) : SF_vars(KVM_RUN(h))
    /\ \A th \in Threads : WF_vars(commit(th))

\* Every interrupt that was sent reaches all that it is meant for.
DeliveryProp ==
    \A a \in Askers : (intended[a] # {}) ~> (intended[a] # {} /\ intended[a] \subseteq reached[a])

\* What a guest asks for is done or refused, and the guest runs again.
AnsweredProp == \A a \in Requesters : (kind[a] # "none") ~> (kind[a] = "none")

\* KVM_RUN gets the vCPU's mutex, whoever else tries it, and comes to something: the vCPU sleeps
\* until it has something to do, its guest is entered, or the call is over. No more: a VTL that has
\* nothing to do stays in KVM_RUN by design, and so does a guest that runs on. Where there are
\* neither faults nor translations nobody calls KVM_RUN for a sibling.
Runners == IF Faults \/ Translates THEN Siblings ELSE {}
RunsProp ==
    \A h \in Runners :
        At(sibling(h), "KVM_RUN") ~> pc[sibling(h)] \in {"kvm_vcpu_block_schedule", "vmentry", "vcpu_put"}

\* Every fault is handled by the higher VTL.
FaultHandledProp == \A g \in Gpas : (fault[g] # "none") ~> (fault[g] = "none")
=============================================================================
