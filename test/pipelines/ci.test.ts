import { globSync, readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import type { Sandbox } from 'zds/sandbox'
import { expectRefusal, scratch, writesTo } from '../cli/scratch.ts'
import type { Host, Variables } from '../support/ci/checkout.ts'
import { runGithub } from '../support/ci/github.ts'
import { runGitlab } from '../support/ci/gitlab.ts'
import { gitlabSays } from '../support/ci/schemas.ts'
import { GITLAB, isReassigned, reassign, scene } from '../support/ci/scene.ts'

/** What jobs left may be seen by whoever sees the project: no name of a customer, no secret. */
function expectSealed({ artifacts }: Host, sandbox: Sandbox, secrets: Variables): void {
  const names = (sandbox.salesforce.tables['Account'] ?? []).map(({ Name: name }) =>
    typeof name === 'string' ? name : 'no name',
  )
  const left = globSync('**/*', { cwd: artifacts }).filter((path) => statSync(join(artifacts, path)).isFile())
  expect(left.length).toBeGreaterThan(0)
  for (const path of left) {
    const content = readFileSync(join(artifacts, path), 'utf8')
    expect(
      names.filter((name) => content.includes(name)),
      path,
    ).toEqual([])
    for (const name of Object.keys(secrets).filter((one) => /SECRET|TOKEN|KEY/.test(one)))
      expect(content, `${name} in ${path}`).not.toContain(secrets[name])
  }
}

/** An address that takes what is posted to it. */
async function listener() {
  const posted: { readonly path: string; readonly body: string }[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request)
    posted.push({ path: request.url ?? '', body: new URLSearchParams(body).get('body') ?? body })
    response.end('{}')
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { posted, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } // it listens on a port
}

test('GitLab: a plan beyond its limits changes nothing until somebody starts the gate; the next pipeline finds nothing to do', async () => {
  const { pipeline, host, sandbox, apply } = await scene('gitlab')
  const environments = { 'zds/apply': apply, 'zds/approval': apply }
  const predefined = { ...GITLAB, CI_PIPELINE_SOURCE: 'schedule' }
  reassign(sandbox)

  const refused = await runGitlab(pipeline, { host, predefined, environments })
  expect([...refused].map(([job, { code }]) => [job, code])).toEqual([
    ['plan', 0],
    ['apply', 3],
  ])
  expect(writesTo(sandbox)).toEqual([])
  expectSealed(host, sandbox, apply)

  const approved = await runGitlab(pipeline, { host, predefined, environments, started: ['apply-approved'] })
  expect([...approved].map(([job, { code }]) => [job, code])).toEqual([
    ['plan', 0],
    ['apply', 3],
    ['apply-approved', 0],
  ])
  expect(isReassigned(sandbox)).toBe(true)
  expectSealed(host, sandbox, apply)

  const before = writesTo(sandbox).length
  const next = await runGitlab(pipeline, { host, predefined, environments })
  expect([...next].map(([job, { code }]) => [job, code])).toEqual([
    ['plan', 0],
    ['apply', 0],
  ])
  expect(writesTo(sandbox)).toHaveLength(before)
})

test('GitLab: a merge request gets a plan in numbers as a comment, with credentials that only read', async () => {
  const { pipeline, host, sandbox } = await scene('gitlab')
  const { posted, url } = await listener()
  const environments = { 'zds-read': { ...sandbox.env, COMMENT_TOKEN: 'comments' } }
  const request = { CI_API_V4_URL: url, CI_PROJECT_ID: '7', CI_MERGE_REQUEST_IID: '12' }
  const predefined = { ...request, CI_PIPELINE_SOURCE: 'merge_request_event', CI_DEFAULT_BRANCH: 'main' }
  const ran = await runGitlab(pipeline, { host, predefined, environments })
  expect([...ran].map(([job, { code, output }]) => [job, code, code === 0 || output])).toEqual([
    ['plan-merge-request', 0, true],
  ])
  expect(posted.map(({ path }) => path)).toEqual(['/projects/7/merge_requests/12/notes'])
  expect(globSync('*/terraform/*.json', { cwd: host.artifacts }).length).toBeGreaterThan(1)
  expect(posted[0]?.body).toMatch(/^```\nPlan as of .*\n[^]*\nglobal +\d+ +\d+ /)
  expect(writesTo(sandbox)).toEqual([])
  expectSealed(host, sandbox, sandbox.env)
})

test('GitLab: a child pipeline for each instance carries out its part, within the limits of the whole plan', async () => {
  const { stdout: main } = await scratch({}).zds('ci', 'gitlab', '--children')
  const children = await Promise.all(
    ['global', 'us-gov'].map(async (name) => {
      const { stdout } = await scratch({}).zds('ci', 'gitlab', '--instance', name)
      expect(await gitlabSays(stdout)).toBe('')
      return [`.gitlab/zds-${name}.yml`, stdout] as const
    }),
  )
  const files = { '.gitlab-ci.yml': main, ...Object.fromEntries(children) }
  const { pipeline, host, sandbox, apply } = await scene('gitlab', files)
  const environments = { 'zds/apply': apply, 'zds/approval': apply }
  const predefined = { ...GITLAB, CI_PIPELINE_SOURCE: 'schedule' }
  const codes = async (started: readonly string[] = []) =>
    [...(await runGitlab(pipeline, { host, predefined, environments, started }))].map(([job, { code }]) => [job, code])
  reassign(sandbox)

  const refused = [
    ['plan', 0],
    ['apply-global/apply', 3],
    ['apply-us-gov/apply', 3],
  ]
  expect(await codes()).toEqual(refused)
  expect(writesTo(sandbox)).toEqual([])
  expectSealed(host, sandbox, apply)

  expect(await codes(['apply-global/apply-approved', 'apply-us-gov/apply-approved'])).toEqual([
    ['plan', 0],
    ['apply-global/apply', 3],
    ['apply-global/apply-approved', 0],
    ['apply-us-gov/apply', 3],
    ['apply-us-gov/apply-approved', 0],
  ])
  expect(isReassigned(sandbox)).toBe(true)
  expectSealed(host, sandbox, apply)

  const before = writesTo(sandbox).length
  expect(await codes()).toEqual([
    ['plan', 0],
    ['apply-global/apply', 0],
    ['apply-us-gov/apply', 0],
  ])
  expect(writesTo(sandbox)).toHaveLength(before)
})

test.each([
  [['github', '--children'], /Only GitLab has child pipelines/],
  [['gitlab', '--instance', 'usgov'], /There is no instance usgov\n.*Did you mean us-gov\?/],
  [['gitlab', '--children', '--instance', 'global'], /cannot be used with option '--children'/],
])('zds ci %j is refused, and prints no pipeline', async (args, said) => {
  const result = await scratch({}).zds('ci', ...args)
  expectRefusal(result, 'USAGE')
  expect(result.stderr).toMatch(said)
})

test('GitLab: no other pipeline runs anything', async () => {
  const { pipeline, host } = await scene('gitlab')
  const predefined = { ...GITLAB, CI_PIPELINE_SOURCE: 'push' }
  expect((await runGitlab(pipeline, { host, predefined, environments: {} })).size).toBe(0)
})

const GITHUB = { repository: 'zds/test', server_url: 'https://github.example', run_id: '9' }

test('GitHub: a plan beyond its limits waits for a reviewer, and is applied by its digest; the next run finds nothing to do', async () => {
  const { pipeline, host, sandbox, apply } = await scene('github')
  const run = {
    host,
    github: { ...GITHUB, event_name: 'schedule' },
    environments: { 'zds-apply': apply },
    gates: ['zds-approval'],
  }
  reassign(sandbox)

  const refused = await runGithub(pipeline, run)
  expect([...refused].map(([job, { code, output }]) => [job, code, code === 0 || output])).toEqual([
    ['plan', 0, true],
    ['apply', 0, true],
  ])
  expect(refused.get('apply')?.outputs).toEqual({ 'beyond-limits': 'true' })
  expect(writesTo(sandbox)).toEqual([])
  expectSealed(host, sandbox, apply)

  const approved = await runGithub(pipeline, { ...run, reviewed: ['zds-approval'] })
  expect([...approved.keys()]).toEqual(['plan', 'apply', 'approval', 'apply-approved'])
  expect(approved.get('apply-approved')).toMatchObject({ code: 0 })
  expect(approved.get('approval')?.outputs['digest']).toMatch(/^[0-9a-f]{64}$/)
  expect(isReassigned(sandbox)).toBe(true)
  expectSealed(host, sandbox, apply)

  const before = writesTo(sandbox).length
  const next = await runGithub(pipeline, run)
  expect([...next].map(([job, { code }]) => [job, code])).toEqual([
    ['plan', 0],
    ['apply', 0],
  ])
  expect(next.get('apply')?.outputs).toEqual({ 'beyond-limits': '' })
  expect(writesTo(sandbox)).toHaveLength(before)
})

test('GitHub: a pull request gets a plan in numbers as a comment; one from a fork runs nothing', async () => {
  const { pipeline, host, sandbox } = await scene('github')
  const { posted, url } = await listener()
  const from = (full_name: string) => ({
    ...GITHUB,
    event_name: 'pull_request',
    event: { pull_request: { number: 12, head: { repo: { full_name } } } },
  })
  const of = (id: number, login: string, body: string) => ({ id, user: { login }, body })
  const bot = 'github-actions[bot]'
  const others = [[of(1, 'ada', '<!-- zds -->'), of(2, bot, 'Coverage')], [of(3, bot, 'Coverage')]]
  const listing = (pages: object): string => `cat <<'END'\n${JSON.stringify(pages)}\nEND`
  const prelude = (pages: object): string => `gh() {
    [ "$1" = api ] && [ "$GH_TOKEN" = token ] || return 1
    case "$*" in
      "api --paginate --slurp repos/zds/test/issues/12/comments") ${listing(pages)}
      ;;
      *" repos/zds/test/issues/"*" --field body=@zds-plan.md")
        curl -sSf --data-urlencode body@zds-plan.md "${url}/$(echo "$*" | tr -cd 'A-Z0-9')" ;;
      *) return 1 ;;
    esac
  }`
  const run = { host, environments: { 'zds-read': sandbox.env }, prelude: prelude(others) }
  const ran = await runGithub(pipeline, { ...run, github: from('zds/test') })
  expect([...ran].map(([job, { code, output }]) => [job, code, code === 0 || output])).toEqual([
    ['plan-pull-request', 0, true],
    ['comment', 0, true],
  ])
  expect(posted[0]?.body).toMatch(/^<!-- zds -->\n```\nPlan as of .*\n[^]*\nglobal +\d+ +\d+ /)
  const again = { ...run, prelude: prelude([...others, [of(4, bot, posted[0]?.body ?? '')]]) }
  expect((await runGithub(pipeline, { ...again, github: from('zds/test') })).get('comment')?.code).toBe(0)
  expect(posted.map(({ path }) => path)).toEqual(['/12', '/PATCH4'])
  expect(writesTo(sandbox)).toEqual([])
  expect((await runGithub(pipeline, { ...run, github: from('stranger/test') })).size).toBe(0)
})
