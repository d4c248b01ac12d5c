#!/usr/bin/env node
// The command line. The code is built from TypeScript; in a checkout that was not built yet, build it first.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const built = new URL('../dist/scripts/cli.js', import.meta.url)
if (!existsSync(fileURLToPath(built))) {
  const { build } = await import('../scripts/bootstrap.mjs')
  build()
}
const { main } = await import(built.href)
await main(process.argv.slice(2))
