import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { instancePipeline, parentPipeline, pipelineFor } from '../../../src/cli/create/pipeline.ts'
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
    const artifacts = Object.values(jobs).flatMap((job) => ('artifacts' in job ? [job.artifacts] : []))
    expect(artifacts).toHaveLength(4)
    for (const one of artifacts) expect(one).toMatchObject({ access: 'developer', expire_in: '1 day' })
    expect(Object.values(jobs).filter((job) => 'cache' in job)).toEqual([])
  })

  test('one apply at a time, and none with the environment of merge requests', () => {
    const jobs = parse(gitlab) as {
      [job: string]: { script?: string[]; resource_group?: string; environment?: { name: string } }
    } // our own text
    const applies = Object.values(jobs).filter(({ script = [] }) => script.join().includes('zds apply'))
    expect(applies.map(({ resource_group, environment }) => [resource_group, environment?.name])).toEqual([
      ['zds', 'zds/apply'],
      ['zds', 'zds/approval'],
    ])
  })
})

test('whatever applies waits for somebody at a workstation, who has the lock for a moment', () => {
  const child = instancePipeline({ instance: 'a', syncs: ['a'] })
  const applies = [gitlab, github, child].flatMap((text) => text.match(/.*zds (?:apply|stage "apply).*/g) ?? [])
  expect(applies).toHaveLength(5)
  for (const line of applies) expect(line).toContain('--lock-timeout 600')
})

describe('a pipeline for each instance', () => {
  test.each(['a: b', 'x #1', 'Acme "HQ"', '$& more'])(
    'is not named after %s, which would be no name there',
    (instance) => {
      for (const make of [instancePipeline, (one: Parameters<typeof instancePipeline>[0]) => parentPipeline([one])])
        expect(() => make({ instance, syncs: ['a'] })).toThrow(
          expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error,
        )
    },
  )

  test('is of its syncs, whatever it is called', () => {
    const { apply } = parse(instancePipeline({ instance: 'SYNCS', syncs: ['a', 'b'] })) as {
      apply: { resource_group: string; script: string[] }
    } // our own text
    expect(apply.resource_group).toBe('zds-SYNCS')
    expect(apply.script.join()).toContain('for sync in a b; do')
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

  test('has the variables in whichever quotes, each with its default', () => {
    const code = `env("A_URL"), secret(\`A_TOKEN\`), env(\n  'FILE',\n  "it's data/plans.yaml",\n)`
    const found = settingsIn(code)
    expect(found).toEqual([
      { name: 'A_URL', secret: false },
      { name: 'A_TOKEN', secret: true },
      { name: 'FILE', secret: false, fallback: "it's data/plans.yaml" },
    ])
    expect(pipelineFor('github', found)).toContain('A_TOKEN: ${{ secrets.A_TOKEN }}')
  })

  test('one apply at a time; no job that runs the code of a pull request may write to it', () => {
    const { jobs } = parse(github) as {
      jobs: { [name: string]: { concurrency?: object; permissions?: object; steps: { run?: string; uses?: string }[] } }
    } // our own text
    const all = Object.values(jobs)
    const applies = all.filter(({ steps }) => steps.some(({ run = '' }) => run.includes('zds apply')))
    const once = { group: 'zds', 'cancel-in-progress': false }
    expect(applies.map(({ concurrency }) => concurrency)).toEqual([once, once])
    const writing = all.filter(({ permissions }) => permissions !== undefined)
    const used = writing.flatMap(({ steps }) => steps.map(({ uses = '' }) => uses))
    expect(used.filter((one) => one !== '')).toEqual(['actions/download-artifact@v4'])
  })
})
