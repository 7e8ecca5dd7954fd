/** Signs that stand before a word, as two paths in a square of 24: a body in the colour of the text, and the sign in it. Data only. */
export const SIGN_SHAPES = {
  success: ['M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Z', 'm7.5 12.5 3 3 6-6.5'],
  warning: ['M12 3 1.8 20.5h20.4Z', 'M12 9.5v5.2m0 2.3v.6'],
  error: ['M8 2h8l6 6v8l-6 6H8l-6-6V8Z', 'm8.5 8.5 7 7m0-7-7 7'],
  info: ['M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Z', 'M12 11v6m0-10v.6'],
  neutral: [
    'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Z',
    'M9.2 9.4a2.9 2.9 0 1 1 4.1 2.7c-.9.4-1.3 1-1.3 2m0 2.6v.6',
  ],
  shield: [
    'M12 2 3.5 5v6.5c0 5 3.6 8.6 8.5 10.5 4.900-1.900 8.500-5.500 8.500-10.500V5Z',
    'm8 12 3 3 5-5.500',
  ],
} as const

export type SignName = keyof typeof SIGN_SHAPES
