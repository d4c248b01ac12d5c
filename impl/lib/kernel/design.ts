/**
 * The words that a machine is written in, for whoever writes one: constants, values and their domains, shared variables,
 * memory, the steps of programs, threads and properties.
 */

export * from './language/constants.ts'
export * from './language/domain.ts'
export * from './language/machine.ts'
export * from './language/op.ts'
export * from './language/shared.ts'
export * from './memory/buffer.ts'
export * from './memory/machine.ts'
export * from './memory/memory.ts'
export { tla } from './language/value.ts'
