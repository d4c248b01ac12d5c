-------------------------- MODULE VtlWakeupOccurs ---------------------------
(* What each property of VtlWakeup speaks of, by instance: one of which no *)
(* state has it says nothing. `FooOccurs` belongs to FooInv or FooProp; of *)
(* p ~> q it is p, where p ~> q is asked only if r holds for good p /\ r.  *)
EXTENDS VtlWakeup

OneVtlInGuestOccurs == \E v \in VTLs : guest[v] /\ VTLs # {v}
InactiveNeverRunsOccurs == [v \in VTLs |-> guest[v]]
WakeupHasCauseOccurs == [v \in VTLs |-> At(vcpu(v), "kvm_vcpu_ioctl_run_unlock") /\ reason[v] = "wakeup"]
IfIgnoredOccurs == [v \in VTLs |-> IsInactive(v) /\ ~guest_mode[v]]
InactiveNotNestedOccurs == [v \in VTLs |-> mp_state[v] = "HV_INACTIVE_VTL"]
RunnableOnlyAloneOccurs ==
    [v \in VTLs |-> At(vcpu(v), "kvm_arch_vcpu_ioctl_set_mpstate") /\ arg[v] = "RUNNABLE"]
HaltSurvivesOccurs == [v \in VTLs |-> guest[v]]
WakeupReportedOccurs ==
    [k \in {"irq", "NMI", "sticky", "INIT", "SIPI"} |-> Waits(1) /\ IsWakeEvent(1, k)]
InterruptTakenOccurs == SourcesIdle /\ irr[1] /\ gif[1] /\ ~shadow[1]
LowerVtlRunsOccurs == [v \in VTLs \ {1} |-> SourcesIdle /\ At(vcpu(v), "vmm_wait_resume")]
NoWakeupLoopOccurs == SourcesIdle /\ wakeups[1] = 2
=============================================================================
