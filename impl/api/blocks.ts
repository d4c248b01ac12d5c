/**
 * `lockstep/blocks`: what the kernel synchronises by, for protocols of any kind; `lockstep` has it too.
 *
 * @module lockstep/blocks
 */

export * from '../lib/blocks/index.ts'
