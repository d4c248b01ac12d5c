import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // TLC and the explorer share two cores: files run two at a time
    maxWorkers: 2,
    // for what hangs: a machine that is three times slower than today's is no failure
    testTimeout: 400_000,
    hookTimeout: 400_000,
  },
})
