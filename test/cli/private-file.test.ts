import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writePrivately } from '../../src/cli/private-file.ts'
import { localState } from '../../src/core/state/local.ts'
import { strangeness } from '../../src/core/state/private.ts'

let folder: string
let at: (name: string) => string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zds-private-'))
  at = (name) => join(folder, name)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const modeOf = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8)

describe('a file of --out (OPS-08)', () => {
  test('is for its owner only, also where others could read it before, and stands alone', async () => {
    writeFileSync(at('plan.json'), 'old')
    chmodSync(at('plan.json'), 0o644)
    await writePrivately(at('plan.json'), 'new')
    expect([readFileSync(at('plan.json'), 'utf8'), modeOf(at('plan.json'))]).toEqual(['new', '600'])
    expect(readdirSync(folder)).toEqual(['plan.json'])
  })

  test.each(['/dev/null', '/dev/full'])('that is %s is refused, and left as it is', async (device) => {
    const before = modeOf(device)
    await expect(writePrivately(device, 'a plan')).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(`${device} is no ordinary file`) as string,
    })
    expect([modeOf(device), statSync(device).isCharacterDevice()]).toEqual([before, true])
  })

  test('that is a pipe is refused, and not waited for', async () => {
    execFileSync('sh', ['-c', 'mkfifo "$0"', at('pipe')])
    await expect(writePrivately(at('pipe'), 'a plan')).rejects.toMatchObject({ code: 'USAGE' })
    expect(lstatSync(at('pipe')).isFIFO()).toBe(true)
  })

  test('that is a link is refused, whether it leads anywhere or not, and what it leads to is as it was', async () => {
    writeFileSync(at('other'), 'of somebody')
    symlinkSync(at('other'), at('link'))
    symlinkSync(at('nowhere'), at('dangling'))
    for (const name of ['link', 'dangling'])
      await expect(writePrivately(at(name), 'a plan')).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('is a link') as string,
      })
    expect(readFileSync(at('other'), 'utf8')).toBe('of somebody')
    expect(readdirSync(folder).toSorted()).toEqual(['dangling', 'link', 'other'])
  })

  test('is whole, or what it was: a full disk costs the new plan, not the old one', () => {
    writeFileSync(at('plan.json'), 'the old plan')
    const module = pathToFileURL(join(import.meta.dirname, '../../src/cli/private-file.ts'))
    const script = `import(${JSON.stringify(module)}).then((m) => m.writePrivately(process.argv[1], 'x'.repeat(1e6))).catch((error) => { console.log(error.code); process.exit(7) })`
    // A limit on the size of files stands for a disk that fills.
    const shell = 'ulimit -f 100; exec "$0" --input-type=module -e "$1" "$2"'
    const end = spawnSync('sh', ['-c', shell, process.execPath, script, at('plan.json')], { encoding: 'utf8' })
    expect(end, end.stderr).toMatchObject({ status: 7, stdout: 'EFBIG\n' })
    expect(readFileSync(at('plan.json'), 'utf8')).toBe('the old plan')
    expect(readdirSync(folder)).toEqual(['plan.json'])
  })

  test('of another user is none of ours', () => {
    writeFileSync(at('file'), '')
    const found = lstatSync(at('file'))
    expect(strangeness(found, 'file')).toBeUndefined()
    found.uid += 1
    expect(strangeness(found, 'file')).toBe('belongs to another user')
  })
})

describe('what a state keeps on the disk (OPS-08)', () => {
  test('is for its owner only, whatever was there', async () => {
    mkdirSync(at('.zds/runs'), { recursive: true })
    await localState(at('.zds')).close()
    for (const path of ['.zds', '.zds/runs']) chmodSync(at(path), 0o777)
    for (const path of ['.zds/state.db']) chmodSync(at(path), 0o666)
    const state = localState(at('.zds'))
    await state.artifacts('run-1').write('gather:accounts', [1])
    const files = ['.zds/state.db', '.zds/state.db-wal', '.zds/runs/run-1/gather.accounts.ndjson.zst']
    expect(['.zds', '.zds/runs', '.zds/runs/run-1', ...files].map((path) => modeOf(at(path)))).toEqual([
      '700',
      '700',
      '700',
      ...files.map(() => '600'),
    ])
    await state.close()
  })

  test.each(['.zds', '.zds/runs', '.zds/state.db', '.zds/state.db-wal'])('is not kept where %s is a link', (name) => {
    mkdirSync(at('elsewhere'))
    if (name !== '.zds') mkdirSync(at('.zds'))
    symlinkSync(at('elsewhere'), at(name))
    expect(() => localState(at('.zds'))).toThrow(expect.objectContaining({ code: 'STATE_INVALID' }) as Error)
    expect(() => localState(at('.zds'))).toThrow(`${at(name)} is a link`)
    expect([readdirSync(at('elsewhere')), modeOf(at('elsewhere'))]).toEqual([[], '755'])
  })

  test('is not kept in a file', () => {
    writeFileSync(at('.zds'), '')
    expect(() => localState(at('.zds'))).toThrow('.zds is no ordinary directory')
  })
})
