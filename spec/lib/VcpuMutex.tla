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

\* ... or thread th, which waits for it, is killed, and the ioctl returns -EINTR.
mutex_lock_killed(th, v) ==
    /\ drained(th)
    /\ UNCHANGED store_buffer
    /\ mutex[v] # "free"
    /\ UNCHANGED mutex

\* kernel/locking/mutex.c, mutex_unlock().
mutex_unlock(th, v) ==
    IF MutexUnlockIsMb
    THEN /\ drained(th)
         /\ UNCHANGED store_buffer
         /\ mutex' = [mutex EXCEPT ![v] = "free"]
    ELSE /\ HasSlotsForRelease(th)
         /\ mutex' = [mutex EXCEPT ![v] = WRITE_ONCE(@, "free")]
         /\ store_buffer' = WITH_RELEASE(th, <<"mutex", v>>, "free")

MUTEX_COMMITTED(e) == mutex' = [v \in DOMAIN mutex |-> COMMITTED(<<"mutex", v>>, mutex[v], e)]
=============================================================================
