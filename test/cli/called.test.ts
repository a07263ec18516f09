import { describe, expect, test } from 'vitest'
import { asCalled } from '../../src/cli/called.ts'

const HINT = 'Look at it (zds show plan.json --all). If it is right: zds apply plan.json'

describe('a hint', () => {
  test.each([
    [{}, 'zds'],
    [{ npm_command: 'exec', npm_lifecycle_event: 'npx' }, 'npx zds'],
    [{ npm_command: 'run-script', npm_lifecycle_event: 'zds' }, 'npm run zds --'],
    // A script of the project's own calls zds by its name.
    [{ npm_command: 'run-script', npm_lifecycle_event: 'nightly' }, 'zds'],
  ])('names the command as it was called: %o', (env, called) => {
    expect(asCalled(HINT, env)).toBe(
      `Look at it (${called} show plan.json --all). If it is right: ${called} apply plan.json`,
    )
  })

  test('reads what this command read, where it is a command to copy', () => {
    const hint = 'zds graph lists them. Look at it:\n  zds show plan.json --all\nIf it is right:\n  zds apply'
    const args = ['plan', '--env', 'other.env', '--all', '--config=my configs/sync.config.ts']
    const read = '--env other.env --config "my configs/sync.config.ts"'
    expect(asCalled(hint, { npm_command: 'exec' }, args)).toBe(
      `npx zds graph lists them. Look at it:\n  npx zds show ${read} plan.json --all\nIf it is right:\n  npx zds apply ${read}`,
    )
    expect(asCalled(hint, {}, ['plan'])).toBe(hint)
  })

  test('is left where it speaks of a path or of zds itself', () => {
    const env = { npm_command: 'exec' }
    for (const hint of ['See .zds below', '/opt/zds plan', 'Make a new one with this zds: it reads version 1'])
      expect(asCalled(hint, env)).toBe(hint)
  })
})
