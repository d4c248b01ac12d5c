------------------------------ MODULE Seqlock ------------------------------
(* A sequence counter, include/linux/seqlock.h: a writer counts before and *)
(* after it changes two words, and a reader reads both again if the count  *)
(* was odd or has changed.                                                 *)
(*                                                                         *)
(* Left out, and why it changes no verdict here:                           *)
(* - The lock among writers: there is one writer.                          *)
(* - smp_rmb of the reader (read_seqcount_begin, read_seqcount_retry):     *)
(*   loads are done in order in all three memory models.                   *)
(* - A second change: the reader compares the count with the one that it   *)
(*   has seen, and what it does after a change it does after each. That    *)
(*   the count wraps around while one reader reads is seqlock.h's own      *)
(*   exception.                                                            *)
EXTENDS Memory

CONSTANTS
    BeginWmb,               \* the smp_wmb in write_seqcount_begin, after the count
    EndWmb,                 \* the smp_wmb in write_seqcount_end, before the count
    WriteEnd,               \* the writer calls write_seqcount_end
    Retry                   \* the reader calls read_seqcount_retry

VARIABLES
    pc,                     \* per thread: the label of its next step
    sequence,               \* s->sequence: odd while the writer is at it
    data_a,                 \* the two words that belong together,
    data_b,                 \* by the version that they are of
    seq,                    \* locals of the reader: the count it began with,
    a,                      \* what it has read
    b

shared == <<sequence, data_a, data_b>>
locals == <<seq, a, b>>
vars == <<pc, store_buffer, sequence, data_a, data_b, seq, a, b>>

writer == <<"writer", 0>>
reader == <<"reader", 1>>
Threads == {writer, reader}
Labels == {"write_seqcount_begin", "write_seqcount_begin_wmb", "write_a", "write_b", "write_seqcount_end_wmb",
           "write_seqcount_end", "written", "read_seqcount_begin", "read_a", "read_b", "read_seqcount_retry", "read"}

TypeOK ==
    /\ MemoryTypeOK(Threads)
    /\ pc \in [Threads -> Labels]
    /\ sequence \in 0..3 /\ data_a \in 0..1 /\ data_b \in 0..1
    /\ seq \in [{1} -> 0..3] /\ a \in [{1} -> 0..1] /\ b \in [{1} -> 0..1]

Init ==
    /\ MemoryInit(Threads)
    /\ pc = [th \in Threads |-> IF th = writer THEN "write_seqcount_begin" ELSE "read_seqcount_begin"]
    /\ sequence = 0 /\ data_a = 0 /\ data_b = 0
    /\ seq = [r \in {1} |-> 0] /\ a = [r \in {1} |-> 0] /\ b = [r \in {1} |-> 0]

At(th, label) == pc[th] = label
Goto(th, label) == pc' = [pc EXCEPT ![th] = label]
\* s->sequence++
Count ==
    LET next == (READ_ONCE(writer, <<"sequence">>, sequence) + 1) % 4
    IN /\ HasSlot(writer)
       /\ sequence' = WRITE_ONCE(sequence, next)
       /\ store_buffer' = WITH_STORE(writer, <<"sequence">>, next)
       /\ UNCHANGED <<data_a, data_b, locals>>
Wmb == HasSlotForMark(writer) /\ store_buffer' = WITH_MARK(writer) /\ UNCHANGED <<shared, locals>>

write_seqcount_begin ==
    /\ At(writer, "write_seqcount_begin")
    /\ Count
    /\ Goto(writer, IF BeginWmb THEN "write_seqcount_begin_wmb" ELSE "write_a")
write_seqcount_begin_wmb == At(writer, "write_seqcount_begin_wmb") /\ Wmb /\ Goto(writer, "write_a")
write_a ==
    /\ At(writer, "write_a")
    /\ HasSlot(writer)
    /\ data_a' = WRITE_ONCE(data_a, 1)
    /\ store_buffer' = WITH_STORE(writer, <<"data_a">>, 1)
    /\ Goto(writer, "write_b")
    /\ UNCHANGED <<sequence, data_b, locals>>
write_b ==
    /\ At(writer, "write_b")
    /\ HasSlot(writer)
    /\ data_b' = WRITE_ONCE(data_b, 1)
    /\ store_buffer' = WITH_STORE(writer, <<"data_b">>, 1)
    /\ Goto(writer, IF ~WriteEnd THEN "written" ELSE IF EndWmb THEN "write_seqcount_end_wmb" ELSE "write_seqcount_end")
    /\ UNCHANGED <<sequence, data_a, locals>>
write_seqcount_end_wmb == At(writer, "write_seqcount_end_wmb") /\ Wmb /\ Goto(writer, "write_seqcount_end")
write_seqcount_end == At(writer, "write_seqcount_end") /\ Count /\ Goto(writer, "written")

read_seqcount_begin ==
    /\ At(reader, "read_seqcount_begin")
    /\ seq' = [seq EXCEPT ![1] = READ_ONCE(reader, <<"sequence">>, sequence)]
    /\ Goto(reader, IF seq'[1] % 2 = 1 THEN "read_seqcount_begin" ELSE "read_a")
    /\ UNCHANGED <<store_buffer, shared, a, b>>
read_a ==
    /\ At(reader, "read_a")
    /\ a' = [a EXCEPT ![1] = READ_ONCE(reader, <<"data_a">>, data_a)]
    /\ Goto(reader, "read_b")
    /\ UNCHANGED <<store_buffer, shared, seq, b>>
read_b ==
    /\ At(reader, "read_b")
    /\ b' = [b EXCEPT ![1] = READ_ONCE(reader, <<"data_b">>, data_b)]
    /\ Goto(reader, IF Retry THEN "read_seqcount_retry" ELSE "read")
    /\ UNCHANGED <<store_buffer, shared, seq, a>>
read_seqcount_retry ==
    /\ At(reader, "read_seqcount_retry")
    /\ Goto(reader, IF READ_ONCE(reader, <<"sequence">>, sequence) = seq[1] THEN "read" ELSE "read_seqcount_begin")
    /\ UNCHANGED <<store_buffer, shared, locals>>

\* A store that waits in the thread's buffer becomes visible: the oldest, under PSO the oldest of any location.
commit(th) ==
    \E i \in Committable(th) :
        /\ sequence' = COMMITTED(<<"sequence">>, sequence, store_buffer[th][i])
        /\ data_a' = COMMITTED(<<"data_a">>, data_a, store_buffer[th][i])
        /\ data_b' = COMMITTED(<<"data_b">>, data_b, store_buffer[th][i])
        /\ store_buffer' = WITHOUT_STORE(th, i)
        /\ UNCHANGED <<pc, locals>>

Next ==
    \/ write_seqcount_begin
    \/ write_seqcount_begin_wmb
    \/ write_a
    \/ write_b
    \/ write_seqcount_end_wmb
    \/ write_seqcount_end
    \/ read_seqcount_begin
    \/ read_a
    \/ read_b
    \/ read_seqcount_retry
    \/ \E th \in Threads : commit(th)

Spec == Init /\ [][Next]_vars

\* Each thread goes on as long as it can, and every store becomes visible in the end.
Fairness == \A th \in Threads : WF_vars(Next /\ pc'[th] # pc[th]) /\ WF_vars(commit(th))

\* What the reader returns is of one version.
OneVersionInv == At(reader, "read") => a[1] = b[1]

\* Once the writer has finished, the reader returns.
ReaderReturnsProp == At(writer, "written") ~> At(reader, "read")
=============================================================================
