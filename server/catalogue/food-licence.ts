/** A food business licence number: JY, form of business, region, sequence, and the check digit of ISO 7064 MOD 11,10 over the thirteen digits. */
export function foodLicenceNo(format: number, region: string, sequence: string): string {
  const body = `${format}${region}${sequence}`
  let product = 10
  for (const digit of body) product = (((product + Number(digit)) % 10 || 10) * 2) % 11
  return `JY${body}${(11 - product) % 10}`
}
