/** `lockstep/blocks`: what the kernel synchronises by, for protocols of any kind; `lockstep` has it too. */

export * from '../lib/blocks/index.ts'
