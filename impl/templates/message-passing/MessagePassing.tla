--------------------------- MODULE MessagePassing ---------------------------
(* A producer writes a message and sets a flag; a consumer waits for the   *)
(* flag and reads the message. Documentation/memory-barriers.txt, "SMP     *)
(* BARRIER PAIRING", has the pattern.                                      *)
(*                                                                         *)
(* Left out, and why it changes no verdict here:                           *)
(* - smp_rmb or smp_load_acquire of the consumer: loads are done in order  *)
(*   in all three memory models. Real generic code needs one of the two.   *)
(* - A second message: it would need an answer first, which is a message   *)
(*   the other way.                                                        *)
EXTENDS Memory

CONSTANTS
    DataFirst,              \* the message is written before the flag is set
    WriteMb,                \* smp_wmb between the two stores
    Release                 \* the flag is set by smp_store_release

VARIABLES
    pc,                     \* per thread: the label of its next step
    data,                   \* the message
    flag,                   \* it is there
    seen                    \* local of the consumer: the message that it has read

vars == <<pc, store_buffer, data, flag, seen>>

producer == <<"producer", 0>>
consumer == <<"consumer", 1>>
Threads == {producer, consumer}
Labels == {"write_data", "write_barrier", "set_flag", "sent", "wait_for_flag", "read_data", "received"}
Messages == {"old", "new"}
FirstStore == IF DataFirst THEN "write_data" ELSE "set_flag"
SecondStore == IF DataFirst THEN "set_flag" ELSE "write_data"

TypeOK ==
    /\ MemoryTypeOK(Threads)
    /\ pc \in [Threads -> Labels]
    /\ data \in Messages
    /\ flag \in BOOLEAN
    /\ seen \in [{1} -> Messages]

Init ==
    /\ MemoryInit(Threads)
    /\ pc = [th \in Threads |-> IF th = producer THEN FirstStore ELSE "wait_for_flag"]
    /\ data = "old"
    /\ flag = FALSE
    /\ seen = [c \in {1} |-> "old"]

At(th, label) == pc[th] = label
Goto(th, label) == pc' = [pc EXCEPT ![th] = label]
\* After a store of the producer's.
After(label) == IF label = SecondStore THEN "sent" ELSE IF WriteMb THEN "write_barrier" ELSE SecondStore

write_data ==
    /\ At(producer, "write_data")
    /\ HasSlot(producer)
    /\ data' = WRITE_ONCE(data, "new")
    /\ store_buffer' = WITH_STORE(producer, <<"data">>, "new")
    /\ Goto(producer, After("write_data"))
    /\ UNCHANGED <<flag, seen>>
write_barrier ==
    /\ At(producer, "write_barrier")
    /\ HasSlotForMark(producer)
    /\ store_buffer' = WITH_MARK(producer)
    /\ Goto(producer, SecondStore)
    /\ UNCHANGED <<data, flag, seen>>
set_flag ==
    /\ At(producer, "set_flag")
    /\ IF Release THEN HasSlotsForRelease(producer) ELSE HasSlot(producer)
    /\ flag' = WRITE_ONCE(flag, TRUE)
    /\ store_buffer' = IF Release THEN WITH_RELEASE(producer, <<"flag">>, TRUE)
                       ELSE WITH_STORE(producer, <<"flag">>, TRUE)
    /\ Goto(producer, After("set_flag"))
    /\ UNCHANGED <<data, seen>>

wait_for_flag ==
    /\ At(consumer, "wait_for_flag")
    /\ Goto(consumer, IF READ_ONCE(consumer, <<"flag">>, flag) THEN "read_data" ELSE "wait_for_flag")
    /\ UNCHANGED <<store_buffer, data, flag, seen>>
read_data ==
    /\ At(consumer, "read_data")
    /\ seen' = [seen EXCEPT ![1] = READ_ONCE(consumer, <<"data">>, data)]
    /\ Goto(consumer, "received")
    /\ UNCHANGED <<store_buffer, data, flag>>

\* A store that waits in the thread's buffer becomes visible: the oldest, under PSO the oldest of any location.
commit(th) ==
    \E i \in Committable(th) :
        /\ data' = COMMITTED(<<"data">>, data, store_buffer[th][i])
        /\ flag' = COMMITTED(<<"flag">>, flag, store_buffer[th][i])
        /\ store_buffer' = WITHOUT_STORE(th, i)
        /\ UNCHANGED <<pc, seen>>

Next ==
    \/ write_data
    \/ write_barrier
    \/ set_flag
    \/ wait_for_flag
    \/ read_data
    \/ \E th \in Threads : commit(th)

Spec == Init /\ [][Next]_vars

\* Each thread goes on as long as it can, and every store becomes visible in the end.
Fairness == \A th \in Threads : WF_vars(Next /\ pc'[th] # pc[th]) /\ WF_vars(commit(th))

\* Who has seen the flag reads the new message.
NewMessageInv == At(consumer, "received") => seen[1] = "new"

\* Once the flag is set, the new message is received.
MessageArrivesProp == flag ~> (At(consumer, "received") /\ seen[1] = "new")
=============================================================================
