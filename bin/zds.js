#!/usr/bin/env node
// Plain JavaScript and no imports before the check: an old Node must be able to read this file and
// say what is wrong.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 14)) {
  process.stderr.write(
    `zds needs Node 24.14 or newer; this is ${process.versions.node}. In a checkout, \`npm ci\` installs one: use \`npx zds\` or \`npm run zds --\`.\n`,
  )
  process.exit(1)
}
const { enableCompileCache } = await import('node:module')
enableCompileCache?.()
const { main } = await import('../src/cli/main.ts')
await main(process.argv)
