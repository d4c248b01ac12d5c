----------------------------- MODULE CArithmetic -----------------------------
(* C's integers and pointers, for specifications that are made of C files. *)
(*                                                                         *)
(* Models, of ISO C 2018: 6.2.5 and 6.3.1.3 (a value becomes one of        *)
(* another type by wrapping around, as gcc does for signed types too),     *)
(* 6.5.5 (division truncates toward zero), 6.5.7 (shifts; gcc's >> of a    *)
(* negative number keeps its sign), 6.5.10 to 6.5.12 (bits, two's          *)
(* complement).                                                            *)
(*                                                                         *)
(* A pointer is a string, "&wq.head"; NULL is 0; a local that nobody has   *)
(* set, or needs any more, is "?". TLC has integers of 32 bits only: where *)
(* a value of C is none of these, Wrap says so and TLC stops.              *)
(*                                                                         *)
(* Twin: impl/lib/c/program/value.ts, evaluate.ts. Used by: the modules of *)
(* `lockstep spec FILE.c`.                                                 *)
EXTENDS Integers, Sequences, TLC

-----------------------------------------------------------------------------
(* Integers                                                                *)

\* The integer as a type of so many bits has it.
Wrap(bits, signed, x) ==
    IF bits < 32
    THEN LET n == x % (2^bits)
         IN  IF signed /\ n >= 2^(bits - 1) THEN n - 2^bits ELSE n
    ELSE IF signed \/ x >= 0 THEN x
    ELSE IF Assert(FALSE, "an unsigned integer beyond 2147483647, which TLC does not have") THEN x ELSE x

u8(x) == Wrap(8, FALSE, x)
s8(x) == Wrap(8, TRUE, x)
u16(x) == Wrap(16, FALSE, x)
s16(x) == Wrap(16, TRUE, x)
u32(x) == Wrap(32, FALSE, x)
s32(x) == Wrap(32, TRUE, x)
u64(x) == Wrap(64, FALSE, x)
s64(x) == Wrap(64, TRUE, x)

\* A condition as C has it.
AsInt(condition) == IF condition THEN 1 ELSE 0

Magnitude(x) == IF x < 0 THEN -x ELSE x

\* a / b and a % b: toward zero; the remainder has the sign of a.
Div(a, b) ==
    LET q == Magnitude(a) \div Magnitude(b)
    IN  IF (a < 0) = (b < 0) THEN q ELSE -q
Rem(a, b) == a - b * Div(a, b)

Not(x) == -1 - x

\* Bit by bit, the last bit first: -1 is all ones.
RECURSIVE And(_, _)
And(a, b) ==
    IF a = 0 \/ b = 0 THEN 0
    ELSE IF a = -1 THEN b
    ELSE IF b = -1 THEN a
    ELSE 2 * And(a \div 2, b \div 2) + (a % 2) * (b % 2)

Or(a, b) == Not(And(Not(a), Not(b)))
Xor(a, b) == Or(a, b) - And(a, b)

\* By how much: 0 up to one less than the type has bits.
Shl(x, n) == IF x = 0 THEN 0 ELSE x * 2^n

RECURSIVE Shr(_, _)
Shr(x, n) == IF n = 0 \/ x = 0 \/ x = -1 THEN x ELSE Shr(x \div 2, n - 1)

-----------------------------------------------------------------------------
(* Pointers                                                                *)

UNSET == "?"

\* TLC compares no string with an integer: how both are written is compared.
Same(a, b) == ToString(a) = ToString(b)

IsUnset(v) == Same(v, UNSET)
IsPointer(v) == SubSeq(ToString(v), 1, 1) = "\""
IsNull(v) == Same(v, 0)
IsTrue(v) == ~Same(v, 0)

\* An address in an integer: what leaves it as it is, or makes nothing of it, has a meaning.
Combines(operator, a, b) ==
    \/ Same(a, b) /\ operator \in {"^", "-", "&", "|"}
    \/ IsNull(b) /\ operator \in {"+", "-", "|", "^", "<<", ">>", "&"}
    \/ IsNull(a) /\ operator \in {"+", "|", "^", "&"}

Combined(operator, a, b) ==
    CASE Same(a, b) /\ operator \in {"^", "-"} -> 0
      [] Same(a, b) -> a
      [] operator = "&" -> 0
      [] IsNull(b) -> a
      [] OTHER -> b
=============================================================================
