// A small ELF executable with one read-only and one writable segment, for tests.
export function elfImage(options: { readonly dataBytes?: number; readonly interpreter?: boolean; readonly machine?: number } = {}): Uint8Array {
  const data = options.dataBytes ?? 0x5000;
  const headers = options.interpreter === true ? 4 : 2;
  const file = new Uint8Array(0x2100);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, options.machine ?? 40, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, 0x0100_0000, true);
  view.setUint32(28, 52, true);
  view.setUint16(40, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, headers, true);
  const rows = [
    [1, 0x1000, 0x0100_0000, 0x0100_0000, 0x1000, 0x1000, 5, 0x1000],
    [1, 0x2000, 0x0100_1000, 0x0100_1000, 0x100, data, 6, 0x1000],
    [2, 0x2000, 0x0100_1000, 0x0100_1000, 0x10, 0x10, 6, 4],
    [3, 0x1f00, 0x0100_0f00, 0x0100_0f00, 0x10, 0x10, 4, 1],
  ];
  rows.slice(0, headers).forEach((row, n) => row.forEach((word, i) => view.setUint32(52 + 32 * n + 4 * i, word, true)));
  file.set(new TextEncoder().encode('code'), 0x1000);
  file.fill(0xaa, 0x2000, 0x2100);
  return file;
}
