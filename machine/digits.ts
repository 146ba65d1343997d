/** Digits of mixed radix in a string of bytes: as many digits share a byte as fit. */

export class Writer {
  failed = false;
  private readonly bytes: number[] = [];
  private length = 0;
  private byte = 0;
  private radix = 1;

  start(): void {
    this.failed = false;
    this.length = 0;
    this.byte = 0;
    this.radix = 1;
  }
  fail(): void {
    this.failed = true;
  }
  /** One digit, of 0..count-1 with count at most 256. */
  put(digit: number, count: number): void {
    if (!(digit >= 0 && digit < count) || digit !== (digit | 0)) this.failed = true;
    const radix = this.radix * count;
    if (radix > 256) {
      this.bytes[this.length++] = this.byte;
      this.byte = digit;
      this.radix = count;
    } else {
      this.byte += digit * this.radix;
      this.radix = radix;
    }
  }
  finish(): string {
    this.bytes[this.length++] = this.byte;
    // Keys of one machine hardly differ in length, so this seldom does anything.
    if (this.bytes.length !== this.length) this.bytes.length = this.length;
    return textOf(this.bytes);
  }
}

/** Long states are written in parts: the arguments of one call are limited. */
function textOf(bytes: readonly number[]): string {
  const part = 4096;
  if (bytes.length <= part) return String.fromCharCode.apply(null, bytes as number[]);
  let text = '';
  for (let i = 0; i < bytes.length; i += part) {
    text += String.fromCharCode.apply(null, bytes.slice(i, i + part));
  }
  return text;
}

export class Reader {
  private next = 0;
  private byte: number;
  private radix = 1;
  private readonly key: string;

  constructor(key: string) {
    this.key = key;
    this.byte = key.charCodeAt(this.next++);
  }
  take(count: number): number {
    if (this.radix * count > 256) {
      this.byte = this.key.charCodeAt(this.next++);
      this.radix = 1;
    }
    const digit = this.byte % count;
    this.byte = (this.byte - digit) / count;
    this.radix *= count;
    return digit;
  }
}
