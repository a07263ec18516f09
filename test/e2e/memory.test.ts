import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

/** Far below what the objects of such a plan take, and its document as one text. */
const MEGABYTES = 64
const CREATES = 15_000

const directory = mkdtempSync(join(tmpdir(), 'zds-memory-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const inLittle = (part: 'plan' | 'show' | 'apply') =>
  promisify(execFile)(process.execPath, [
    `--max-old-space-size=${MEGABYTES}`,
    'bench/memory.ts',
    part,
    directory,
    String(CREATES),
  ])

test('a plan of many creates is made, written, read, shown and carried out in less memory than it would take', async () => {
  expect((await inLittle('plan')).stdout).toMatch(/^plan /)
  expect(statSync(join(directory, 'plan.json')).size).toBeGreaterThan(40_000_000)
  expect((await inLittle('show')).stdout).toMatch(/^show /)
  expect((await inLittle('apply')).stdout).toMatch(/^apply /)
}, 900_000)
