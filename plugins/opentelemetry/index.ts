import { unescape } from 'node:querystring'
import { conceal, env, messageOf, notInstalled, type Observer } from 'zds'

/**
 * Traces each run, its stages and their requests: names, numbers and codes, and nothing of a record
 * or a host (OPS-08). It is set up by the variables that OpenTelemetry names, and loads nothing
 * where they name no collector. One that is down is a warning.
 */
export function openTelemetry(): Observer {
  const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'].map((name) => env(name))
  const disabled = env('OTEL_SDK_DISABLED', 'false')
  const headers = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'].map((name) => env(name))
  return {
    kind: 'observer',
    listen: async (warn) => {
      if (disabled.peek() === 'true' || endpoints.every((one) => one.peek() === undefined)) return async () => undefined
      for (const value of headers.flatMap((one) => valuesIn(one.peek() ?? ''))) conceal(value)
      const { startTracing } = await import('./tracing.ts').catch(notInstalled)
      const stop = startTracing()
      return () => stop().catch((error: unknown) => warn(`traces did not go through: ${messageOf(error)}`))
    },
  }
}

/**
 * The values in `name=value,name=value`, which hold the keys of collectors, as they are written and as
 * they are sent. Names are ordinary words, like `tenant`, and stay readable.
 */
const valuesIn = (headers: string): string[] =>
  headers.split(',').flatMap((one) => {
    const value = one.slice(one.indexOf('=') + 1)
    return [value, unescape(value)]
  })
