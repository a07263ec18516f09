import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { withSandbox } from 'zds/testing'

const ROOT = join(import.meta.dirname, '../..')

/** What `node --test` says of a file, in a process that vitest has no part in. */
const byNode = (broken: boolean): Promise<string> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], ...(broken && { BROKEN: '1' }) }
    const file = join(ROOT, 'test/testing/by-node.ts')
    execFile(process.execPath, ['--test', '--test-reporter', 'tap', file], { env }, (_, stdout) => resolve(stdout))
  })

it('laws are tests of node:test too, and one that does not hold fails alone', async () => {
  const [sound, broken] = await Promise.all([byNode(false), byNode(true)])
  expect(sound).toMatch(/^# pass 11$/m)
  expect(sound).toMatch(/^# fail 0$/m)
  expect(broken).toMatch(/^# pass 10$/m)
  expect(broken).toMatch(/^not ok \d+ - numbers: announces as many rows as come, or none \(SAFE-02\)$/m)
})

it('a sandbox is there for the work that it is lent to, and closed however that ends', async () => {
  let url = ''
  const work = withSandbox({ world: { salesforce: {}, zendesk: {} } }, async ({ slack }) => {
    url = slack.url
    expect((await fetch(`${url}/api/auth.test`)).status).toBe(200)
    throw new Error('enough')
  })
  await expect(work).rejects.toThrow('enough')
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})
