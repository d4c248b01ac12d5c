---------------------------- MODULE LitmusTests ----------------------------
(* The classic litmus tests as data: both the specification and the        *)
(* machine read this file. Named as herd names them; where each comes from *)
(* and what the literature says of it is in README.md.                     *)
(*                                                                         *)
(* threads: one program per thread, P0 first. A step is one of             *)
(*   <<"W", location, value>>            WRITE_ONCE(location, value)       *)
(*   <<"R", location, register>>         register = READ_ONCE(location)    *)
(*   <<"X", location, value, register>>  register = xchg(location, value)  *)
(*   <<"mb">>, <<"wmb">>                 smp_mb(), smp_wmb()               *)
(* Locations are x, y and z, registers r0 and r1 of each thread; all start *)
(* at 0. outcome: what must all be so at the end for the test to have been *)
(* observed; <<thread, register, value>> or <<location, value>>.           *)

Tests == <<
    [name |-> "sb",
     threads |-> << << <<"W", "x", 1>>, <<"R", "y", "r0">> >>,
                   << <<"W", "y", 1>>, <<"R", "x", "r0">> >> >>,
     outcome |-> << <<0, "r0", 0>>, <<1, "r0", 0>> >>],

    [name |-> "sb+mbs",
     threads |-> << << <<"W", "x", 1>>, <<"mb">>, <<"R", "y", "r0">> >>,
                   << <<"W", "y", 1>>, <<"mb">>, <<"R", "x", "r0">> >> >>,
     outcome |-> << <<0, "r0", 0>>, <<1, "r0", 0>> >>],

    [name |-> "sb+mb+po",
     threads |-> << << <<"W", "x", 1>>, <<"mb">>, <<"R", "y", "r0">> >>,
                   << <<"W", "y", 1>>, <<"R", "x", "r0">> >> >>,
     outcome |-> << <<0, "r0", 0>>, <<1, "r0", 0>> >>],

    [name |-> "sb+rmws",
     threads |-> << << <<"X", "x", 1, "r1">>, <<"R", "y", "r0">> >>,
                   << <<"X", "y", 1, "r1">>, <<"R", "x", "r0">> >> >>,
     outcome |-> << <<0, "r0", 0>>, <<1, "r0", 0>> >>],

    [name |-> "sb+rmw+po",
     threads |-> << << <<"X", "x", 1, "r1">>, <<"R", "y", "r0">> >>,
                   << <<"W", "y", 1>>, <<"R", "x", "r0">> >> >>,
     outcome |-> << <<0, "r0", 0>>, <<1, "r0", 0>> >>],

    [name |-> "mp",
     threads |-> << << <<"W", "x", 1>>, <<"W", "y", 1>> >>,
                   << <<"R", "y", "r0">>, <<"R", "x", "r1">> >> >>,
     outcome |-> << <<1, "r0", 1>>, <<1, "r1", 0>> >>],

    [name |-> "mp+wmb+po",
     threads |-> << << <<"W", "x", 1>>, <<"wmb">>, <<"W", "y", 1>> >>,
                   << <<"R", "y", "r0">>, <<"R", "x", "r1">> >> >>,
     outcome |-> << <<1, "r0", 1>>, <<1, "r1", 0>> >>],

    [name |-> "lb",
     threads |-> << << <<"R", "x", "r0">>, <<"W", "y", 1>> >>,
                   << <<"R", "y", "r0">>, <<"W", "x", 1>> >> >>,
     outcome |-> << <<0, "r0", 1>>, <<1, "r0", 1>> >>],

    [name |-> "s",
     threads |-> << << <<"W", "x", 2>>, <<"W", "y", 1>> >>,
                   << <<"R", "y", "r0">>, <<"W", "x", 1>> >> >>,
     outcome |-> << <<1, "r0", 1>>, <<"x", 2>> >>],

    [name |-> "s+wmb+po",
     threads |-> << << <<"W", "x", 2>>, <<"wmb">>, <<"W", "y", 1>> >>,
                   << <<"R", "y", "r0">>, <<"W", "x", 1>> >> >>,
     outcome |-> << <<1, "r0", 1>>, <<"x", 2>> >>],

    [name |-> "r",
     threads |-> << << <<"W", "x", 1>>, <<"W", "y", 1>> >>,
                   << <<"W", "y", 2>>, <<"R", "x", "r0">> >> >>,
     outcome |-> << <<"y", 2>>, <<1, "r0", 0>> >>],

    [name |-> "r+mbs",
     threads |-> << << <<"W", "x", 1>>, <<"mb">>, <<"W", "y", 1>> >>,
                   << <<"W", "y", 2>>, <<"mb">>, <<"R", "x", "r0">> >> >>,
     outcome |-> << <<"y", 2>>, <<1, "r0", 0>> >>],

    [name |-> "r+po+mb",
     threads |-> << << <<"W", "x", 1>>, <<"W", "y", 1>> >>,
                   << <<"W", "y", 2>>, <<"mb">>, <<"R", "x", "r0">> >> >>,
     outcome |-> << <<"y", 2>>, <<1, "r0", 0>> >>],

    [name |-> "2+2w",
     threads |-> << << <<"W", "x", 1>>, <<"W", "y", 2>> >>,
                   << <<"W", "y", 1>>, <<"W", "x", 2>> >> >>,
     outcome |-> << <<"x", 1>>, <<"y", 1>> >>],

    [name |-> "2+2w+wmbs",
     threads |-> << << <<"W", "x", 1>>, <<"wmb">>, <<"W", "y", 2>> >>,
                   << <<"W", "y", 1>>, <<"wmb">>, <<"W", "x", 2>> >> >>,
     outcome |-> << <<"x", 1>>, <<"y", 1>> >>],

    [name |-> "iriw",
     threads |-> << << <<"W", "x", 1>> >>,
                   << <<"R", "x", "r0">>, <<"R", "y", "r1">> >>,
                   << <<"W", "y", 1>> >>,
                   << <<"R", "y", "r0">>, <<"R", "x", "r1">> >> >>,
     outcome |-> << <<1, "r0", 1>>, <<1, "r1", 0>>, <<3, "r0", 1>>, <<3, "r1", 0>> >>],

    [name |-> "wrc",
     threads |-> << << <<"W", "x", 1>> >>,
                   << <<"R", "x", "r0">>, <<"W", "y", 1>> >>,
                   << <<"R", "y", "r0">>, <<"R", "x", "r1">> >> >>,
     outcome |-> << <<1, "r0", 1>>, <<2, "r0", 1>>, <<2, "r1", 0>> >>],

    [name |-> "isa2",
     threads |-> << << <<"W", "x", 1>>, <<"W", "y", 1>> >>,
                   << <<"R", "y", "r0">>, <<"W", "z", 1>> >>,
                   << <<"R", "z", "r0">>, <<"R", "x", "r1">> >> >>,
     outcome |-> << <<1, "r0", 1>>, <<2, "r0", 1>>, <<2, "r1", 0>> >>],

    [name |-> "rwc",
     threads |-> << << <<"W", "x", 1>> >>,
                   << <<"R", "x", "r0">>, <<"R", "y", "r1">> >>,
                   << <<"W", "y", 1>>, <<"R", "x", "r0">> >> >>,
     outcome |-> << <<1, "r0", 1>>, <<1, "r1", 0>>, <<2, "r0", 0>> >>],

    [name |-> "rwc+po+mb",
     threads |-> << << <<"W", "x", 1>> >>,
                   << <<"R", "x", "r0">>, <<"R", "y", "r1">> >>,
                   << <<"W", "y", 1>>, <<"mb">>, <<"R", "x", "r0">> >> >>,
     outcome |-> << <<1, "r0", 1>>, <<1, "r1", 0>>, <<2, "r0", 0>> >>],

    [name |-> "corr",
     threads |-> << << <<"W", "x", 1>> >>,
                   << <<"R", "x", "r0">>, <<"R", "x", "r1">> >> >>,
     outcome |-> << <<1, "r0", 1>>, <<1, "r1", 0>> >>],

    [name |-> "mp+coww+wmbs+po",
     threads |-> << << <<"W", "x", 1>>, <<"W", "x", 2>>, <<"wmb">>, <<"wmb">>, <<"W", "y", 1>> >>,
                   << <<"R", "y", "r0">>, <<"R", "x", "r1">> >> >>,
     outcome |-> << <<1, "r0", 1>>, <<1, "r1", 1>> >>]
>>
=============================================================================
