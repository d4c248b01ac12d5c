/** Near names, for text from outside; they are in the kernel, whose own errors name some too. */

export { near } from '../kernel/near.ts'
