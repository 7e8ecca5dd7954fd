/** `Content-Disposition` of a file that is saved under a Chinese name: RFC 6266 with RFC 8187, and a plain name for who knows neither. */
export function attachmentNamed(name: string, plainName: string): string {
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*!]/g,
    one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plainName}"; filename*=UTF-8''${encoded}`
}
