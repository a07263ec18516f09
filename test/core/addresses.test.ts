import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { foldAddress } from 'zds'

it.each([
  ['Ann@Example.COM', 'ann@example.com'],
  ['  ann@example.com\n', 'ann@example.com'],
  ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
  ['ann@BÜCHER.example', 'ann@xn--bcher-kva.example'],
  ['ann@xn--bcher-kva.example', 'ann@xn--bcher-kva.example'],
  ['ann@bu\u0308cher.example', 'ann@xn--bcher-kva.example'],
  ['björn@example.com', 'björn@example.com'],
  ['"a@b"@example.com', '"a@b"@example.com'],
  ['ann@not a domain', 'ann@not a domain'],
  ['ann', 'ann'],
  ['BÜCHER', 'bücher'],
  ['', ''],
])('%j is compared as %s', (address, folded) => {
  expect(foldAddress(address)).toBe(folded)
})

it('folding twice is folding once', () => {
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), fc.string()), (address) => {
      expect(foldAddress(foldAddress(address))).toBe(foldAddress(address))
    }),
  )
})
