import { expect, test, vi } from 'vitest'
import { redact } from 'zds'
import { openTelemetry } from 'zds/opentelemetry'
import { observerLaws, testLaws, testRun } from 'zds/testing'

testLaws(
  test,
  'traces',
  observerLaws(async () => ({ observer: openTelemetry(), run: testRun })),
)

test('what stands behind the names of headers is a secret, also as it is sent; the names are words', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:9')
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'Authorization=Basic%20Y29sbGVjdG9y=,tenant=s3cr3t,x-key=50%of')
  try {
    const stop = await openTelemetry().listen?.(() => undefined)
    await stop?.()
    expect(redact('Authorization of a tenant by x-key')).toBe('Authorization of a tenant by x-key')
    expect(redact('Basic%20Y29sbGVjdG9y=, Basic Y29sbGVjdG9y=, s3cr3t')).toBe('***, ***, ***')
  } finally {
    vi.unstubAllEnvs()
  }
})
