#!/usr/bin/env node
// The command line. The code is built from TypeScript; in a checkout that was not built yet, build it first.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const built = new URL('../dist/scripts/supervisor.js', import.meta.url)
if (!existsSync(fileURLToPath(built))) {
  const { build } = await import('../scripts/bootstrap.mjs')
  await build()
}
const { supervise } = await import(built.href)
supervise(process.argv.slice(2))
