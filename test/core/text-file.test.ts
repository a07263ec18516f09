import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { collect, readText, ZdsError } from 'zds'
import { textOf, textParts } from '../../src/core/text-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'zds-text-'))
afterAll(() => rmSync(folder, { recursive: true }))

function problemsOf(bytes: Buffer): string[] {
  try {
    textOf(bytes, 'f.yaml')
    return []
  } catch (error) {
    if (!(error instanceof ZdsError && error.code === 'FILE_INVALID' && error.hint?.includes('UTF-8'))) throw error
    return error.issues.map(({ where, message }) => `${where} ${message}`)
  }
}

describe('a file of people', () => {
  it.runIf(existsSync('/dev/zero'))('ends: a device that does not is no such file', async () => {
    await expect(readText('/dev/zero')).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: '/dev/zero has more than 500 MB',
    })
  })

  it('is UTF-8, with a byte order mark or without', () => {
    expect(textOf(Buffer.from('\uFEFFBjörn\r\n'), 'f')).toBe('Björn\r\n')
    expect(textOf(Buffer.from('Björn 🦊'), 'f')).toBe('Björn 🦊')
    expect(textOf(Buffer.alloc(0), 'f')).toBe('')
  })

  it('whatever it holds, as UTF-8 it is read as it was written', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((some) => !some.includes('\0') && !some.startsWith('\uFEFF'))
    fc.assert(
      fc.property(text, (some) => {
        expect(textOf(Buffer.from(some), 'f')).toBe(some)
      }),
    )
  })

  it.each<[string, Buffer, string[]]>([
    [
      'Latin-1',
      Buffer.from('one\nBjörn\nthree\nJosé', 'latin1'),
      [
        'f.yaml:2 is not written in UTF-8: it looks like Latin-1 (ISO 8859-1)',
        'f.yaml:4 is not written in UTF-8: it looks like Latin-1 (ISO 8859-1)',
      ],
    ],
    ['Windows-1252', Buffer.from([0x93, 0x61, 0x94]), ['f.yaml:1 is not written in UTF-8: it looks like Windows-1252']],
    ['UTF-16', Buffer.from('\uFEFFa: 1\n', 'utf16le'), ['f.yaml is written in UTF-16, not in UTF-8']],
    [
      'UTF-16, big-endian',
      Buffer.from('\uFEFFa: 1\n', 'utf16le').swap16(),
      ['f.yaml is written in UTF-16, not in UTF-8'],
    ],
    [
      'UTF-16 without a mark',
      Buffer.from('a: 1\nb: 2\n', 'utf16le'),
      ['f.yaml is written in UTF-16 without a byte order mark, not in UTF-8'],
    ],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), ['f.yaml is written in UTF-32, not in UTF-8']],
    [
      'a binary file',
      Buffer.from('a line\nanother\0line of text'),
      ['f.yaml:2 holds a NUL character, so the file is no text'],
    ],
  ])('%s is named, with the line', (_what, bytes, problems) => expect(problemsOf(bytes)).toEqual(problems))

  it('is told by its first problem', () => {
    expect(() => textOf(Buffer.from('one\nBjörn\nJosé', 'latin1'), 'f.yaml')).toThrow(
      expect.objectContaining({ message: 'f.yaml:2 is not written in UTF-8: it looks like Latin-1 (ISO 8859-1)' }),
    )
  })

  it.each<[string, Buffer, string[]]>([
    [
      'one of a few letters with a NUL',
      Buffer.from('a\0b'),
      ['f.yaml:1 holds a NUL character, so the file is no text'],
    ],
    [
      'half a mark, little-endian',
      Buffer.from([0xff, 0x61]),
      ['f.yaml:1 is not written in UTF-8: it looks like Latin-1 (ISO 8859-1)'],
    ],
    [
      'half a mark, big-endian',
      Buffer.from([0xfe, 0x61]),
      ['f.yaml:1 is not written in UTF-8: it looks like Latin-1 (ISO 8859-1)'],
    ],
    [
      'no mark, but its end',
      Buffer.from([0x61, 0xff]),
      ['f.yaml:1 is not written in UTF-8: it looks like Latin-1 (ISO 8859-1)'],
    ],
    ['a mark, then a NUL', Buffer.from([0xff, 0xfe, 0, 0x61]), ['f.yaml is written in UTF-16, not in UTF-8']],
    ['a mark, and a NUL later', Buffer.from([0xff, 0xfe, 0x61, 0]), ['f.yaml is written in UTF-16, not in UTF-8']],
    [
      'four letters, one in four a NUL',
      Buffer.from('abc\0'),
      ['f.yaml is written in UTF-16 without a byte order mark, not in UTF-8'],
    ],
    ['the last of Windows-1252', Buffer.from([0x9f]), ['f.yaml:1 is not written in UTF-8: it looks like Windows-1252']],
    ['the first of it', Buffer.from([0x80]), ['f.yaml:1 is not written in UTF-8: it looks like Windows-1252']],
    [
      'the first of Latin-1',
      Buffer.from([0xa0]),
      ['f.yaml:1 is not written in UTF-8: it looks like Latin-1 (ISO 8859-1)'],
    ],
    [
      'a slip in the last line, after a line end',
      Buffer.from('a\nb\n\xff', 'latin1'),
      ['f.yaml:3 is not written in UTF-8: it looks like Latin-1 (ISO 8859-1)'],
    ],
  ])('%s: looks like that', (_what, bytes, problems) => expect(problemsOf(bytes)).toEqual(problems))

  it('a byte order mark within the text stays', () => {
    expect(textOf(Buffer.from('a\uFEFFb'), 'f')).toBe('a\uFEFFb')
  })

  it('the first ten lines are named, not a thousand', () => {
    expect(problemsOf(Buffer.from('ö\n'.repeat(1000), 'latin1'))).toHaveLength(10)
  })

  it('that cannot be read says why, and what to do', async () => {
    const missing = join(folder, 'nowhere.yaml')
    await expect(readText(missing, 'Create it.')).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: `${missing} cannot be read: there is no such file`,
      hint: 'Create it.',
      issues: [{ code: 'FILE_NOT_FOUND', where: missing, hint: 'Create it.' }],
    })
    await expect(readText(folder)).rejects.toMatchObject({ message: `${folder} cannot be read: it is a directory` })
    const odd = `${join(folder, 'a')}\0`
    await expect(readText(odd)).rejects.toMatchObject({
      message: expect.stringContaining('without null bytes') as string,
    })
    writeFileSync(join(folder, 'here'), '\uFEFFhere')
    expect(await readText(join(folder, 'here'))).toBe('here')
  })
})

describe('a file in parts', () => {
  const file = join(folder, 'parts')
  const read = async (bytes: Buffer | string): Promise<string> => {
    writeFileSync(file, bytes)
    return (await collect(textParts(file))).join('')
  }

  it('is what it is as a whole, wherever a part ends', async () => {
    const text = `a${'€'.repeat(100_000)}`
    expect(await read(text)).toBe(text)
    expect(await read('\uFEFFa')).toBe('a')
    expect(await read('')).toBe('')
  })

  it('says what it is instead, and where', async () => {
    await expect(read(Buffer.from('one\nBjörn', 'latin1'))).rejects.toMatchObject({
      message: expect.stringContaining(':2 is not written in UTF-8') as string,
    })
    await expect(read('one\ntwo\0')).rejects.toMatchObject({
      message: expect.stringContaining(':2 holds a NUL') as string,
    })
    await expect(read(Buffer.from('€').subarray(0, 2))).rejects.toMatchObject({ code: 'FILE_INVALID' })
    const missing = join(folder, 'nowhere')
    await expect(collect(textParts(missing, 'Create it.'))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      hint: 'Create it.',
    })
  })
})
