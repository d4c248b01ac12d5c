------------------------------ MODULE Seqcount ------------------------------
(* Sequence counts: a writer makes the count odd while it writes, and a    *)
(* reader tries again if it was, or has changed.                           *)
(*                                                                         *)
(* Models, of Linux 6.12: include/linux/seqlock.h (write_seqcount_begin    *)
(* and _end, read_seqcount_begin, read_seqcount_retry).                    *)
(*                                                                         *)
(* s is the count, th the thread, r a reader. The count wraps after Wraps  *)
(* stores, in C after 2^32. The smp_rmb of the reader orders loads, which  *)
(* are done in order here (see Memory), so that no model breaks without    *)
(* it.                                                                     *)
(*                                                                         *)
(* Left out: the lock by which writers exclude each other (seqlock_t),     *)
(* latched counts, raw_ and __ variants.                                   *)
(*                                                                         *)
(* Twin: impl/lib/blocks/seqcount.ts. Used by: test/fixtures/blocks/seq.   *)
EXTENDS Memory

CONSTANT
    SeqcountWmb             \* the smp_wmb after the first store of the count, and before the second

VARIABLES
    sequence,               \* per count: s->sequence
    read_seq                \* per reader: the count with which it began, or 0

seqcount_vars == <<sequence, read_seq>>

SeqcountTypeOK(counts, readers, Wraps) ==
    /\ sequence \in [counts -> 0..(Wraps - 1)]
    /\ read_seq \in [readers -> 0..(Wraps - 1)]

SeqcountInit(counts, readers) ==
    /\ sequence = [s \in counts |-> 0]
    /\ read_seq = [r \in readers |-> 0]

seq_seen(th, s) == READ_ONCE(th, <<"sequence", s>>, sequence[s])

\* seqlock.h, do_raw_write_seqcount_begin and _end: "s->sequence++".
seq_increment(th, s, Wraps) ==
    LET next == (seq_seen(th, s) + 1) % Wraps
    IN /\ HasSlot(th)
       /\ sequence' = [sequence EXCEPT ![s] = WRITE_ONCE(@, next)]
       /\ store_buffer' = WITH_STORE(th, <<"sequence", s>>, next)
       /\ UNCHANGED read_seq

\* seqlock.h, do_raw_write_seqcount_begin and _end: "smp_wmb()".
seq_smp_wmb(th) ==
    /\ HasSlotForMark(th)
    /\ store_buffer' = WITH_MARK(th)
    /\ UNCHANGED seqcount_vars

\* seqlock.h, __read_seqcount_begin: "while (unlikely((__seq = seqprop_sequence(s)) & 1))".
seq_is_odd(th, s) == seq_seen(th, s) % 2 = 1

seq_begin(th, r, s) ==
    /\ read_seq' = [read_seq EXCEPT ![r] = IF seq_is_odd(th, s) THEN @ ELSE seq_seen(th, s)]
    /\ UNCHANGED <<store_buffer, sequence>>

\* seqlock.h, do___read_seqcount_retry: "READ_ONCE(s->sequence) != start".
seq_has_changed(th, r, s) == seq_seen(th, s) # read_seq[r]

seq_retry(r) ==
    /\ read_seq' = [read_seq EXCEPT ![r] = 0]
    /\ UNCHANGED <<store_buffer, sequence>>

\* The memory: what the counts are once entry e of a store buffer has become visible.
SEQCOUNT_COMMITTED(e) ==
    /\ sequence' = [s \in DOMAIN sequence |-> COMMITTED(<<"sequence", s>>, sequence[s], e)]
    /\ UNCHANGED read_seq
=============================================================================
