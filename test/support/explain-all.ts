/**
 * Explains keys, one after the other, from what the last run in this directory has gathered, and
 * prints what came of each as a line of JSON: in a Node of its own, as `load-in.ts` is.
 */
import { createInterface } from 'node:readline'
import { load, openEngine } from 'zds'

const { config, fingerprint } = await load(process.cwd())
const engine = await openEngine({ config, fingerprint, directory: '.zds' })
for await (const asked of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await engine.explain({ asked }, { from: 'last' }))}\n`)
}
await engine.close()
