import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { checkout } from '../../scripts/build.ts'
import { consumer, emptyDirectory, installed, type Consumer } from './consumer.ts'

const OWN = process.versions.node.replace(/\..*/, '')
/** The next Node, as npm has it for some systems. */
const NEXT = { major: '26', name: `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}` }

let here: Consumer
let elsewhere: Consumer
let sandbox: ChildProcess | undefined

beforeAll(async () => {
  const { optionalFor, dependencies } = checkout()
  const parts = [...new Set(Object.values(optionalFor).flat())]
  elsewhere = emptyDirectory()
  here = await consumer(...parts.map((name) => `${name}@${dependencies[name]}`))
  await installed(elsewhere, `${NEXT.name}@${NEXT.major}.10.0`)
  cpSync(join(here.directory, 'node_modules/zds/reference'), here.directory, { recursive: true })
})
afterEach(() => {
  sandbox?.kill('SIGTERM')
  for (const left of ['.env', '.zds']) rmSync(join(here.directory, left), { recursive: true, force: true })
})
afterAll(() => {
  here.remove()
  elsewhere.remove()
})

function nodeOf(major: string): string {
  if (major === OWN) return process.execPath
  return join(elsewhere.directory, 'node_modules', NEXT.name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
}

describe.each([OWN, NEXT.major])('the reference configuration as it comes with the package, on Node %s', (major) => {
  it('is planned and applied on the sandbox of the package, and the next plan is empty', async () => {
    const node = nodeOf(major)
    const zds = (...args: string[]) => here.zds(args, {}, node)
    const program = join(here.directory, 'node_modules/zds/bin/zds.js')
    const options = ['--accounts', '60', '--write-env', '.env']
    sandbox = spawn(node, [program, 'sandbox', ...options], { cwd: here.directory, stdio: 'ignore' })
    await vi.waitFor(() => expect(existsSync(join(here.directory, '.env'))).toBe(true), 30_000)

    expect((await zds('--version')).stdout).toContain(`on Node ${major}.`)
    expect((await zds('graph')).stdout).toContain('apply:us-gov-users')
    const plan = await zds('plan', '--detailed-exitcode', '--out', 'plan.json')
    expect(plan, plan.stderr).toMatchObject({ code: 2 })
    const applied = await zds('apply', 'plan.json')
    expect(applied, applied.stderr).toMatchObject({ code: 0 })
    const again = await zds('plan', '--detailed-exitcode')
    expect(again, again.stdout).toMatchObject({ code: 0 })
  })
})
