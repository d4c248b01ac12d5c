------------------------------ MODULE Refcount ------------------------------
(* Reference counts: whoever has one keeps the object, and whoever gives   *)
(* back the last frees it.                                                 *)
(*                                                                         *)
(* Models, of Linux 6.12: include/linux/refcount.h (refcount_read,         *)
(* refcount_inc, refcount_inc_not_zero, refcount_dec,                      *)
(* refcount_dec_and_test) and lib/refcount.c (refcount_warn_saturate).     *)
(*                                                                         *)
(* r is the count, th the thread; Max stands for INT_MAX. The operations   *)
(* are read-modify-writes, which all threads see at once. Of their orders, *)
(* a release is that the thread's earlier stores are visible before. The   *)
(* acquire after refcount_dec_and_test has found the last one, and the     *)
(* control dependency after refcount_inc_not_zero, order later accesses:   *)
(* these are after it here anyway (see Memory), so that no model breaks    *)
(* without them.                                                           *)
(*                                                                         *)
(* Fewer steps than in C: the operation that finds a misuse and            *)
(* refcount_warn_saturate are one; in between, others see a count that is  *)
(* one off.                                                                *)
(*                                                                         *)
(* Left out: refcount_set (the count begins with what the protocol says),  *)
(* adding or taking more than one, refcount_dec_and_lock and _mutex_lock,  *)
(* refcount_dec_if_one, refcount_dec_not_one.                              *)
(*                                                                         *)
(* Twin: impl/lib/blocks/refcount.ts. Used by: test/fixtures/blocks/ref.   *)
EXTENDS Memory

CONSTANTS
    RefcountMb,             \* each operation that changes the count is a locked instruction, as on
                            \* x86: a full barrier
    RefcountRelease         \* refcount_dec and refcount_dec_and_test are releases

VARIABLE
    refs                    \* per count: r->refs, or REFCOUNT_SATURATED

REFCOUNT_SATURATED == -1

RefcountTypeOK(counts, Max) == refs \in [counts -> (0..Max) \cup {REFCOUNT_SATURATED}]

RefcountInit(counts, n) == refs = [r \in counts |-> n]

OneMore(n, Max) == IF n \in 0..(Max - 1) THEN n + 1 ELSE REFCOUNT_SATURATED

\* refcount.h, refcount_read: "atomic_read(&r->refs)". No store of it is ever buffered.
ref_read(r) == refs[r]

\* refcount.h, __refcount_add: "atomic_fetch_add_relaxed(i, &r->refs)"; "if (unlikely(!old))
\* refcount_warn_saturate(r, REFCOUNT_ADD_UAF)".
ref_inc(th, r, Max) ==
    /\ IF RefcountMb THEN drained(th) ELSE TRUE
    /\ refs' = [refs EXCEPT ![r] = IF @ = 0 THEN REFCOUNT_SATURATED ELSE OneMore(@, Max)]
    /\ UNCHANGED store_buffer

\* refcount.h, __refcount_add_not_zero: "if (!old) break".
ref_is_zero(r) == refs[r] = 0

\* refcount.h, __refcount_add_not_zero: "atomic_try_cmpxchg_relaxed(&r->refs, &old, old + i)".
ref_inc_not_zero(th, r, Max) ==
    IF ref_is_zero(r) THEN UNCHANGED <<store_buffer, refs>>
    ELSE /\ IF RefcountMb THEN drained(th) ELSE TRUE
         /\ refs' = [refs EXCEPT ![r] = OneMore(@, Max)]
         /\ UNCHANGED store_buffer

ref_release(th) == IF RefcountMb \/ RefcountRelease THEN drained(th) ELSE TRUE

\* refcount.h, __refcount_dec: "atomic_fetch_sub_release(1, &r->refs)"; "if (unlikely(old <= 1))
\* refcount_warn_saturate(r, REFCOUNT_DEC_LEAK)".
ref_dec(th, r) ==
    /\ ref_release(th)
    /\ refs' = [refs EXCEPT ![r] = IF @ > 1 THEN @ - 1 ELSE REFCOUNT_SATURATED]
    /\ UNCHANGED store_buffer

\* What refcount_dec_and_test returns.
ref_is_last(r) == refs[r] = 1

\* refcount.h, __refcount_sub_and_test: "atomic_fetch_sub_release(i, &r->refs)"; if there was none,
\* "refcount_warn_saturate(r, REFCOUNT_SUB_UAF)".
ref_dec_and_test(th, r) ==
    /\ ref_release(th)
    /\ refs' = [refs EXCEPT ![r] = IF @ > 0 THEN @ - 1 ELSE REFCOUNT_SATURATED]
    /\ UNCHANGED store_buffer
=============================================================================
