import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { startSandbox, type Fault, type Sandbox } from 'zds/sandbox'
import { deadUrl, ok, serverOf } from '../support/server.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project } from '../support/zds.ts'

let open: { sandbox: Sandbox; here: Project } | undefined
afterEach(async () => {
  open?.here.remove()
  await open?.sandbox.close()
  open = undefined
})

/** The reference configuration with the observer that traces. */
async function started(env: { [name: string]: string }, faults: readonly Fault[] = []) {
  const { world, expected, environment } = sampleWorld('plain')
  const sandbox = await startSandbox({ world, faults })
  const here = project({ ...sandbox.env, ...environment, ...env })
  const file = join(here.directory, 'sync.config.ts')
  const text = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    `import { openTelemetry } from 'zds/opentelemetry'\n${text.replace('    slack,\n', '    slack,\n    telemetry: openTelemetry(),\n')}`,
  )
  open = { sandbox, here }
  return { sandbox, zds: (...args: string[]) => here.zds(...args, '--as-of', expected.asOf) }
}

type Value = { readonly stringValue?: string; readonly intValue?: number }
type Attributes = readonly { readonly key: string; readonly value: Value }[]
type SpanLine = {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: Attributes
  readonly status: { readonly code: number; readonly message?: string }
}
type Export = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Attributes }
    readonly scopeSpans: readonly { readonly spans: readonly SpanLine[] }[]
  }[]
}

const spansIn = (bodies: readonly string[]) =>
  bodies
    .flatMap((body) => (JSON.parse(body) as Export).resourceSpans) // OTLP as JSON
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
const valueOf = ({ attributes }: SpanLine, name: string) => {
  const { stringValue, intValue } = attributes.find(({ key }) => key === name)?.value ?? {}
  return stringValue ?? intValue
}

describe('zds/opentelemetry', () => {
  test('a run, its stages and their requests reach a collector, each under what it belongs to (OPS-08)', async () => {
    const collector = await serverOf(...Array.from({ length: 9 }, () => ok({})))
    const { sandbox, zds } = await started({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=s3cr3t-of-collector',
      OTEL_SERVICE_NAME: 'zds-hourly',
    })
    expect(await zds('apply', '--yes')).toMatchObject({ code: 0 })
    expect(collector.received.every(({ headers }) => headers['x-key'] === 's3cr3t-of-collector')).toBe(true)
    const bodies = collector.received.map(({ body }) => body)
    expect(bodies.join('')).toContain('"zds-hourly"')

    const spans = spansIn(bodies)
    const byId = new Map(spans.map((span) => [span.spanId, span]))
    const parentOf = (span: SpanLine) => byId.get(span.parentSpanId ?? '')?.name
    const named = (name: string) => spans.find((span) => span.name === name)
    expect(spans.filter(({ name }) => name.startsWith('zds ')).map(parentOf)).toEqual([undefined, undefined])
    const compare = named('compare:global')
    expect(compare && [parentOf(compare), valueOf(compare, 'zds.create'), valueOf(compare, 'zds.update')]).toEqual([
      'zds plan',
      7,
      26,
    ])
    const requests = spans.filter((span) => valueOf(span, 'http.request.method') !== undefined)
    const told = sandbox.requests.filter(({ service }) => service !== 'slack')
    expect(requests.filter((span) => valueOf(span, 'peer.service') !== 'slack')).toHaveLength(told.length)
    const jobs = requests.filter(({ name }) => name === 'PUT /api/v2/organizations/update_many.json')
    expect(new Set(jobs.map(parentOf))).toEqual(new Set(['apply:global', 'apply:us-gov', 'apply:partners']))
    for (const span of jobs) expect(parentOf(span)).toMatch(new RegExp(`${valueOf(span, 'peer.service')}|partners`))
    expect(bodies.join('')).not.toMatch(/127\.0\.0\.1|localhost|@agency|001PL|s3cr3t/)
    expect((await zds('plan', '--detailed-exitcode')).code).toBe(0)
  })

  test('a stage that fails says so by its code; a collector that is down is a warning', async () => {
    const broken: Fault = {
      service: 'us_gov',
      path: '/organizations/show_many?ids=',
      kind: 'status',
      status: 422,
      times: 0,
    }
    const collector = await serverOf(...Array.from({ length: 9 }, () => ok({})))
    const failing = await started({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, [broken])
    expect((await failing.zds('apply', '--yes')).code).toBe(1)
    const stage = spansIn(collector.received.map(({ body }) => body)).find(({ name }) => name === 'apply:us-gov')
    expect(stage?.status).toEqual({ code: 2, message: 'HTTP_REFUSED' })
    open?.here.remove()
    await open?.sandbox.close()

    const { zds } = await started({ OTEL_EXPORTER_OTLP_ENDPOINT: await deadUrl() })
    const { code, stderr } = await zds('plan')
    expect(code).toBe(0)
    expect(stderr).toContain('Warning: telemetry: traces did not go through: ')
  })

  test('nothing is loaded or sent where no collector is named', async () => {
    const { zds } = await started({})
    const { code, stderr } = await zds('plan')
    expect(code).toBe(0)
    expect(stderr).not.toContain('telemetry')
  })
})
