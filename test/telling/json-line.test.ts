import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { conceal, ZdsError } from 'zds'
import { startJsonLog } from '../../src/cli/log/json-log.ts'
import { tell, warn } from '../../src/cli/output.ts'
import { explainFailure } from '../../src/cli/render/failure.ts'

const SECRET = 'a"secret of somebody'
const written: string[] = []

beforeAll(async () => {
  conceal(SECRET)
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  await startJsonLog('info')
})
afterAll(() => vi.restoreAllMocks())

const line = (): object => JSON.parse(written.at(-1) ?? '') as object // what the log has written

describe('a line of the JSON log', () => {
  it('has no known secret in any of its texts, whatever tells it', () => {
    tell([`of ${SECRET}`, 'and more'])
    expect(line()).toMatchObject({ level: 'info', event: 'said', msg: 'of ***\nand more' })
    warn(`of ${SECRET}`)
    expect(line()).toMatchObject({ level: 'warn', event: 'warning', msg: 'of ***' })
    const issues = [{ code: 'ENV_INVALID', where: 'TOKEN', message: `is ${SECRET}` }]
    expect(explainFailure(new ZdsError('ENV_INVALID', `not ${SECRET}`, { issues, hint: SECRET }))).toBe(1)
    expect(line()).toMatchObject({
      level: 'error',
      event: 'error',
      code: 'ENV_INVALID',
      exitCode: 1,
      msg: 'not ***',
      hint: '***',
      issues: [{ where: 'TOKEN', message: 'is ***' }],
    })
    expect(written.join('')).not.toContain('secret of somebody')
  })

  it('says of a refusal that it is one, and of a fault in code where it is', () => {
    explainFailure(new ZdsError('PLAN_EXPIRED', 'too old'))
    expect(line()).toMatchObject({ event: 'refused', code: 'PLAN_EXPIRED', exitCode: 5 })
    explainFailure(new Error('boom'))
    expect(line()).toMatchObject({
      event: 'error',
      code: 'INTERNAL',
      msg: 'boom',
      stack: expect.stringContaining('at '),
    })
  })

  it('can rewrite no terminal, and is one line', () => {
    tell(['a\u001B[2Jb\u009Bc\u202Ed'])
    expect(written.at(-1)).toMatch(/^[\x20-\x7E]+\n$/)
  })
})
