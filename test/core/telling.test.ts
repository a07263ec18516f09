import { describe, expect, it } from 'vitest'
import { approveCommand, jobUrl, retryCommand } from 'zds'
import { fakeClock } from 'zds/testing'
import { assemble } from '../../src/core/plan/plan.ts'

describe('the CI job that this is', () => {
  const GITHUB = { GITHUB_SERVER_URL: 'https://github.example', GITHUB_REPOSITORY: 'ops/sync', GITHUB_RUN_ID: '7' }

  it.each([
    [{ CI_JOB_URL: 'https://gitlab.example/1', ...GITHUB }, 'https://gitlab.example/1'],
    [{ CI_JOB_URL: '', ...GITHUB }, 'https://github.example/ops/sync/actions/runs/7'],
    [{ BUILD_URL: 'https://jenkins.example/2' }, 'https://jenkins.example/2'],
    [{ BUILDKITE_BUILD_URL: 'https://buildkite.example/3' }, 'https://buildkite.example/3'],
    [{}, undefined],
  ])('%j: %s', (environment, url) => {
    expect(jobUrl(environment)).toBe(url)
  })

  it.each(Object.keys(GITHUB))('is none of GitHub without %s', (name) => {
    expect(jobUrl({ ...GITHUB, [name]: '' })).toBeUndefined()
  })
})

describe('what a person can type', () => {
  const clock = fakeClock()
  const plan = { ...assemble([], 'config', clock), digest: `0123456789ab${'c'.repeat(52)}` }

  it('approves exactly this plan, with its day where that is not today', () => {
    expect(approveCommand(plan, { clock })).toBe('zds apply --approve 0123456789ab')
    expect(approveCommand({ ...plan, asOf: '2026-01-01' }, { clock })).toBe(
      'zds apply --approve 0123456789ab --as-of 2026-01-01',
    )
  })

  it('approves an undo as the plan that it is made as', () => {
    expect(approveCommand({ ...plan, undoes: 'run-1', asOf: '2026-01-01' }, { clock })).toBe(
      'zds undo run-1 --out undo.json && zds apply undo.json --approve 0123456789ab',
    )
  })

  it('plans what a run did not get done', () => {
    expect(retryCommand('run-1')).toBe('zds plan --failed-from run-1')
  })
})
