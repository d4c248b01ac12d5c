/**
 * `lockstep/live`: the programs of a machine on real threads. It starts none: whoever has two calls `playRounds` on both, over
 * memory that they share, and reads the rounds' logs afterwards.
 *
 * @module lockstep/live
 */

export type { Decision, LiveDesign, LiveScenario } from '../lib/protocol/live-scenario.ts'
export type { LiveThread } from '../lib/live/program.ts'
export { liveThread } from '../lib/live/program.ts'
export type { Runner } from '../lib/live/generate.ts'
export { BALLAST_SIZE, generate, runnerOf } from '../lib/live/generate.ts'
export { interpreterOf } from '../lib/live/interpret.ts'
export type { Arena, Play, Shape } from '../lib/live/rounds.ts'
export { Abandoned, arena, finalsWidth, LOG, nextRandom, playRounds } from '../lib/live/rounds.ts'
export type { Lane, LoggedMachine, LoggedStep, Observation } from '../lib/live/log.ts'
export { packed, roundLog, roundText, stepsOf } from '../lib/live/log.ts'
