#!/usr/bin/env node
// Plain JavaScript and no imports before the check: an old Node must be able to read this file and
// say what is wrong.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 14)) {
  process.stderr.write(
    `zds needs Node 24.14 or newer; this is ${process.versions.node} (${process.execPath}). In a checkout of zds, \`npm ci\` installs one: use \`npx zds\` or \`npm run zds --\`.\n`,
  )
  process.exit(1)
}
// Without a listener Node would open its inspector, to every user of the machine.
process.on('SIGUSR1', () => undefined)
const { keepCompiled } = await import('../src/cli/compiled.js')
keepCompiled()
const { main } = await import('../src/cli/main.ts')
await main(process.argv)
