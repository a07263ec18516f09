import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { pipelineFor } from '../../../src/cli/create/pipeline.ts'
import { settingsIn } from '../../../src/cli/create/settings.ts'
import { textOf } from '../../docs/pages.ts'
import { githubSays, gitlabSays } from '../../support/ci/schemas.ts'

const settings = settingsIn(textOf('sync.config.ts'))
const gitlab = pipelineFor('gitlab', settings)
const github = pipelineFor('github', settings)

describe('zds ci gitlab', () => {
  test('is a pipeline by GitLab’s own schema, which would say so if it were none', async () => {
    expect(await gitlabSays(gitlab)).toBe('')
    expect(await gitlabSays(gitlab.replace('when: manual', 'when: sometimes'))).not.toBe('')
  }, 60_000)

  test('caches packages and nothing else, and keeps artifacts for a day', () => {
    const { default: common, ...jobs } = parse(gitlab) as {
      default: { cache: { paths: string[] } }
      [job: string]: object
    } // our own text
    expect(common.cache.paths).toEqual(['.npm/'])
    for (const job of Object.values(jobs))
      if ('artifacts' in job) expect(job.artifacts).toMatchObject({ access: 'developer', expire_in: '1 day' })
    for (const job of Object.values(jobs)) expect(job).not.toHaveProperty('cache')
  })

  test('one apply at a time, and nothing but reading for a merge request', () => {
    const jobs = parse(gitlab) as {
      [job: string]: { script?: string[]; resource_group?: string; environment?: { name: string } }
    } // our own text
    for (const { script = [], resource_group, environment } of Object.values(jobs)) {
      if (script.some((line) => line.includes('zds apply'))) expect(resource_group).toBe('zds')
      if (resource_group === undefined && script.length > 0) expect(script.join()).not.toContain('zds apply')
      if (environment?.name === 'zds-read') expect(script.join()).not.toContain('zds apply')
    }
  })
})

describe('zds ci github', () => {
  test('is a workflow by GitHub’s own parser, which would say so if it were none', async () => {
    expect(await githubSays(github)).toEqual([])
    expect(await githubSays(github.replace('runs-on', 'run-on'))).not.toEqual([])
  })

  test('runs every hour, and gives each job the variables of the configuration: secrets as secrets', () => {
    const { on, jobs } = parse(github) as {
      on: { schedule: object[] }
      jobs: { [name: string]: { env?: Record<string, string> } }
    } // our own text
    expect(on.schedule).toEqual([{ cron: '0 * * * *' }])
    const env = jobs['apply']?.env ?? {}
    expect(Object.keys(env)).toEqual([...settings.map(({ name }) => name), 'ZDS_PLAN_KEY'])
    for (const { name, secret } of settings) expect(env[name]).toBe(`\${{ ${secret ? 'secrets' : 'vars'}.${name} }}`)
  })

  test('one apply at a time; no job that runs the code of a pull request may write to it', () => {
    const { jobs } = parse(github) as {
      jobs: { [name: string]: { concurrency?: object; permissions?: object; steps: { run?: string; uses?: string }[] } }
    } // our own text
    for (const { concurrency, permissions, steps } of Object.values(jobs)) {
      const applies = steps.some(({ run = '' }) => run.includes('zds apply'))
      expect(concurrency).toEqual(applies ? { group: 'zds', 'cancel-in-progress': false } : undefined)
      if (permissions !== undefined) expect(steps.map(({ uses = '' }) => uses).join()).not.toContain('checkout')
    }
  })
})
