/**
 * JSON texts for `test/vectors/json.json`: each with its value, or with the codes of which any one may be given
 * (docs/formats.md §2). Byte limit 65,536 and depth 32.
 */
import { toBase64, toUtf8 } from '../../protocol/bytes.ts'
import type { JsonValue } from '../../protocol/json.ts'

export type JsonVector = {
  name: string
  textBase64: string
  /** White space (0x20) to append to the text before reading it. */
  padding?: number
} & ({ value: JsonValue } | { refused: string[] })

const read = (name: string, text: string, value: JsonValue, padding?: number): JsonVector => ({
  name,
  textBase64: toBase64(toUtf8(text)),
  ...(padding === undefined ? {} : { padding }),
  value,
})
const refused = (name: string, text: string | number[], ...codes: string[]): JsonVector => ({
  name,
  textBase64: toBase64(typeof text === 'string' ? toUtf8(text) : Uint8Array.from(text)),
  refused: codes,
})
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const ascii = (text: string) => Array.from(text, character => character.charCodeAt(0))

export function jsonVectors(): JsonVector[] {
  return [
    read('empty_object', '{}', {}),
    read('empty_array', '[]', []),
    read('text', '"证照"', '证照'),
    read('true', 'true', true),
    read('false', 'false', false),
    read('null', 'null', null),
    read('zero', '0', 0),
    read('negative_integer', '-17', -17),
    read('fraction', '0.1', 0.1),
    read('small_number_in_shortest_form', '1e-7', 1e-7),
    read('largest_safe_integer', '9007199254740991', Number.MAX_SAFE_INTEGER),
    read('smallest_safe_integer', '[-9007199254740991]', [Number.MIN_SAFE_INTEGER]),
    read('long_digits_inside_a_text', '"9007199254740993"', '9007199254740993'),
    read(
      'number_like_text_after_a_colon_inside_a_text',
      '":1234567890123456789e+5"',
      ':1234567890123456789e+5',
    ),
    read('white_space_between_tokens', ' \t\r\n{ "a" : [ 1 , 2 ] }\n', { a: [1, 2] }),
    read('escapes', String.raw`"\u8bc1\u7167\n\"\\\/"`, '证照\n"\\/'),
    read('escaped_surrogate_pair', String.raw`"\ud83d\ude00"`, '😀'),
    read('raw_character_beyond_the_basic_plane', '"😀"', '😀'),
    read('escaped_backslash_before_ud800', String.raw`"\\ud800"`, '\\ud800'),
    read('members_in_any_order', '{"b":1,"a":2}', { b: 1, a: 2 }),
    read('members_that_look_like_indexes', '{"2":1,"1":2}', { 2: 1, 1: 2 }),
    read('same_name_in_different_objects', '[{"a":1},{"a":2},{"b":{"a":3}}]', [
      { a: 1 },
      { a: 2 },
      { b: { a: 3 } },
    ]),
    read('same_text_as_name_and_value', '{"a":"a","b":"a"}', { a: 'a', b: 'a' }),
    read('empty_name', '{"":0}', { '': 0 }),
    read('names_equal_only_after_normalisation', '{"\u00e9":1,"e\u0301":2}', { '\u00e9': 1, 'e\u0301': 2 }),
    read('nul_character_escaped', String.raw`"\u0000"`, '\u0000'),
    read('byte_order_mark_inside_a_text', '"\ufeff"', '\ufeff'),
    read('depth_32', nested(32), JSON.parse(nested(32)) as JsonValue),
    read('brackets_in_a_text_are_not_depth', `"${'['.repeat(40)}"`, '['.repeat(40)),
    read('exactly_65536_bytes', '{}', {}, 65_534),
    read('name_that_is_a_builtin', '{"constructor":1,"toString":2}', {
      constructor: 1,
      toString: 2,
    }),

    refused('empty', '', 'JSON_SYNTAX'),
    refused('only_white_space', '  ', 'JSON_SYNTAX'),
    refused('bare_word', 'certificate', 'JSON_SYNTAX'),
    refused('not_a_number', 'NaN', 'JSON_SYNTAX'),
    refused('two_values', '{}{}', 'JSON_SYNTAX'),
    refused('trailing_bytes', '{}x', 'JSON_SYNTAX'),
    refused('trailing_nul', [...ascii('{}'), 0], 'JSON_SYNTAX'),
    refused('trailing_comma', '{"a":1,}', 'JSON_SYNTAX'),
    refused('trailing_comma_in_array', '[1,]', 'JSON_SYNTAX'),
    refused('comment', '{}//', 'JSON_SYNTAX'),
    refused('single_quotes', "{'a':1}", 'JSON_SYNTAX'),
    refused('name_without_quotes', '{a:1}', 'JSON_SYNTAX'),
    refused('open_object', '{"a":1', 'JSON_SYNTAX'),
    refused('open_text', '"a', 'JSON_SYNTAX'),
    refused('raw_line_feed_in_a_text', '"a\nb"', 'JSON_SYNTAX'),
    refused('no_break_space_between_tokens', '{\u00a0}', 'JSON_SYNTAX'),
    refused('unknown_escape', String.raw`"\x41"`, 'JSON_SYNTAX'),
    refused('leading_zero', '[01]', 'JSON_SYNTAX'),
    refused('leading_plus', '[+1]', 'JSON_SYNTAX'),
    refused('point_without_digit', '[1.]', 'JSON_SYNTAX'),
    refused('hexadecimal', '[0x10]', 'JSON_SYNTAX'),

    refused('byte_order_mark', [0xef, 0xbb, 0xbf, ...ascii('{}')], 'JSON_NOT_UTF8'),
    refused('utf_16', [0xff, 0xfe, 0x7b, 0, 0x7d, 0], 'JSON_NOT_UTF8'),
    refused('latin_1', [...ascii('"'), 0xe9, ...ascii('"')], 'JSON_NOT_UTF8'),
    refused('overlong_utf8', [...ascii('"'), 0xc0, 0xaf, ...ascii('"')], 'JSON_NOT_UTF8'),
    refused('truncated_utf8', [...ascii('"'), 0xe8, 0xaf, ...ascii('"')], 'JSON_NOT_UTF8'),
    refused('utf8_of_a_surrogate', [...ascii('"'), 0xed, 0xa0, 0x80, ...ascii('"')], 'JSON_NOT_UTF8'),

    refused('depth_33', nested(33), 'JSON_TOO_DEEP'),
    refused('depth_33_of_objects', `${'{"a":'.repeat(32)}{}${'}'.repeat(32)}`, 'JSON_TOO_DEEP'),
    refused('brackets_that_never_close', '['.repeat(1000), 'JSON_TOO_DEEP', 'JSON_SYNTAX'),
    { name: '65537_bytes', textBase64: toBase64(toUtf8('{}')), padding: 65_535, refused: ['JSON_TOO_LARGE'] },

    refused('duplicate_name', '{"a":1,"a":2}', 'JSON_DUPLICATE_KEY'),
    refused('duplicate_name_with_the_same_value', '{"a":1,"a":1}', 'JSON_DUPLICATE_KEY'),
    refused('duplicate_name_by_an_escape', String.raw`{"a":1,"\u0061":2}`, 'JSON_DUPLICATE_KEY'),
    refused('duplicate_name_deep_inside', '[[{"x":{"b":1,"c":[],"b":2}}]]', 'JSON_DUPLICATE_KEY'),
    refused('duplicate_name_after_an_inner_object', '{"a":{"b":1},"c":[{}],"a":2}', 'JSON_DUPLICATE_KEY'),
    refused('duplicate_empty_name', '{"":1,"":2}', 'JSON_DUPLICATE_KEY'),
    refused('duplicate_proto', '{"__proto__":1,"__proto__":2}', 'JSON_DUPLICATE_KEY'),

    refused('lone_high_surrogate', String.raw`"\ud800"`, 'JSON_LONE_SURROGATE'),
    refused('lone_low_surrogate', String.raw`"\udc00x"`, 'JSON_LONE_SURROGATE'),
    refused('surrogates_in_the_wrong_order', String.raw`"\ude00\ud83d"`, 'JSON_LONE_SURROGATE'),
    refused('lone_surrogate_in_upper_case', String.raw`["\uD800"]`, 'JSON_LONE_SURROGATE'),
    refused('lone_surrogate_in_a_name', String.raw`{"\udfff":1}`, 'JSON_LONE_SURROGATE'),
    refused('pair_and_a_lone_surrogate', String.raw`"\ud83d\ude00\ud83d"`, 'JSON_LONE_SURROGATE'),

    refused('trailing_zero', '1.0', 'JSON_NUMBER'),
    refused('negative_zero', '-0', 'JSON_NUMBER'),
    refused('exponent_of_an_integer', '[1e2]', 'JSON_NUMBER'),
    refused('upper_case_exponent', '[1E-7]', 'JSON_NUMBER'),
    refused('small_number_not_shortest', '[0.0000001]', 'JSON_NUMBER'),
    refused('more_digits_than_a_double_holds', '[0.1000000000000000055]', 'JSON_NUMBER'),
    refused('too_large_for_a_double', '1e400', 'JSON_NUMBER'),
    refused('too_small_for_a_double', '1e-400', 'JSON_NUMBER'),
    refused('integer_2_to_the_53', '9007199254740992', 'JSON_NUMBER'),
    refused('integer_beyond_2_to_the_53', '{"a":9007199254740993}', 'JSON_NUMBER'),
    refused('negative_integer_beyond', '[-9007199254740992]', 'JSON_NUMBER'),
    refused('integer_in_exponent_form', '[1e+21]', 'JSON_NUMBER'),
    refused('integer_in_exponent_form_with_fraction', '{"a":1.5e+300}', 'JSON_NUMBER'),
    refused(
      'two_faults_any_code',
      '{"a":1.0,"a":"\\ud800"}',
      'JSON_DUPLICATE_KEY',
      'JSON_NUMBER',
      'JSON_LONE_SURROGATE',
    ),
  ]
}
