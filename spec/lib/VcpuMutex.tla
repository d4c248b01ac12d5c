----------------------------- MODULE VcpuMutex ------------------------------
(* vcpu->mutex, which kvm_vcpu_ioctl (virt/kvm/kvm_main.c, Linux 6.12)     *)
(* takes killably for the whole of every ioctl of the vCPU: KVM_RUN holds  *)
(* it while it is in the guest and while it is blocked, so that any other  *)
(* ioctl on the vCPU waits until KVM_RUN returns.                          *)
(*                                                                         *)
(* Twin: impl/lib/kvm/mutex.ts.                                            *)
EXTENDS Memory

CONSTANT
    MutexUnlockIsMb         \* mutex_unlock is a locked cmpxchg, as on x86; all that is promised
                            \* is a release

VARIABLE
    mutex                   \* per vCPU: "free", or what its holder is doing

MutexTypeOK(vcpus, holders) == mutex \in [vcpus -> {"free"} \cup holders]

MutexInit(vcpus) == mutex = [v \in vcpus |-> "free"]

\* kernel/locking/mutex.c, mutex_lock_killable(): taken by thread th, which is about to do what
\* holder says.
mutex_lock(th, v, holder) ==
    /\ drained(th)
    /\ UNCHANGED store_buffer
    /\ mutex[v] = "free"
    /\ mutex' = [mutex EXCEPT ![v] = holder]

\* ... or it is not taken: the thread has been killed while it waited, or kvm_vcpu_ioctl has said
\* no before. Somebody else has it where held is TRUE.
mutex_not_taken(th, v, held) ==
    /\ drained(th)
    /\ UNCHANGED store_buffer
    /\ IF held THEN mutex[v] # "free" ELSE TRUE
    /\ UNCHANGED mutex

\* What mutex_trylock finds: "free", or what the holder is doing.
mutex_found(th, v) == READ_ONCE(th, <<"mutex", v>>, mutex[v])

\* kernel/locking/mutex.c, mutex_trylock(): a cmpxchg of the owner; one that fails takes nothing and
\* is a load.
mutex_trylock(th, v, holder) ==
    /\ UNCHANGED store_buffer
    /\ IF mutex_found(th, v) = "free"
       THEN drained(th) /\ mutex' = [mutex EXCEPT ![v] = holder]
       ELSE UNCHANGED mutex

\* kernel/locking/mutex.c, mutex_unlock().
mutex_unlock(th, v) ==
    IF MutexUnlockIsMb
    THEN /\ drained(th)
         /\ UNCHANGED store_buffer
         /\ mutex' = [mutex EXCEPT ![v] = "free"]
    ELSE /\ HasSlotsForRelease(th)
         /\ mutex' = [mutex EXCEPT ![v] = WRITE_ONCE(@, "free")]
         /\ store_buffer' = WITH_RELEASE(th, <<"mutex", v>>, "free")

\* The same by a thread that has stored nothing since its last full barrier, e.g. the one after
\* VM-exit: the step is the moment when the unlock becomes visible.
mutex_unlock_mb(th, v) ==
    /\ drained(th)
    /\ UNCHANGED store_buffer
    /\ mutex' = [mutex EXCEPT ![v] = "free"]

\* The memory: what mutex is once entry e of a store buffer has become visible.
MUTEX_COMMITTED(e) == mutex' = [v \in DOMAIN mutex |-> COMMITTED(<<"mutex", v>>, mutex[v], e)]
=============================================================================
