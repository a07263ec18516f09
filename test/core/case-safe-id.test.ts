import { expect, it } from 'vitest'
import { caseSafeId } from 'zds'

it.each<[string, string | undefined]>([
  // SF-05: 15 characters get the three that say which of them are capitals.
  ['0014M00001abcdE', '0014M00001abcdEQAQ'],
  ['001000000000001', '001000000000001AAA'],
  ['ABCDEFGHIJKLMNO', 'ABCDEFGHIJKLMNO555'],
  [' 0014M00001abcdE\n', '0014M00001abcdEQAQ'],
  // 18 are the same in whatever case: the last three tell the case of the others.
  ['0014M00001abcdEQAQ', '0014M00001abcdEQAQ'],
  ['0014M00001abcdEqaq', '0014M00001abcdEQAQ'],
  ['0014m00001abcdeqaq', '0014M00001abcdEQAQ'],
  ['0014M00001ABCDEQAQ', '0014M00001abcdEQAQ'],
  ['0014m00001abcdeQAQ', '0014M00001abcdEQAQ'],
  // Letters of both cases are meant: a slip in one of them is not for us to mend.
  ['0014m00001abcdEQAQ', undefined],
  ['0014M00001abcdeQAQ', undefined],
  // Checks that fit no letter where they say there is a capital.
  ['001000000000001AAB', undefined],
  ['0014m00001abcdeZZZ', undefined],
  // No ids.
  ['', undefined],
  ['0014M00001abcd', undefined],
  ['0014M00001abcdEQ', undefined],
  ['0014M00001abcdEQA9', undefined],
  ['x0014M00001abcdEQAQ', undefined],
  ['0014M00001abcdEQAQx', undefined],
  ['0014M00001abcd-', undefined],
  ['0014M00001abcd-QAQ', undefined],
  ['00000000000000-AAA', undefined],
])('SAFE-10: %j is the id %j', (text, id) => expect(caseSafeId(text)).toBe(id))
