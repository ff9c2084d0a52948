/** PostgreSQL's text of a `real`: the shortest digits that name it, with an exponent from 10^6 on. */
export function float4Text(value: number): string {
  if (value === 0) return floatText(value, 6);
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return floatText(shorter, 6);
  }
  return floatText(Number(value.toPrecision(9)), 6);
}

/** PostgreSQL's text of a `double precision`: the shortest digits that name it, with an exponent from 10^15 on. */
export const float8Text = (value: number): string => floatText(value, 15);

function floatText(value: number, exponentFrom: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= exponentFrom) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  const sign = value < 0 ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

const NUMERIC_SIGNS: ReadonlyMap<number, string> = new Map([
  [0x0000, ''],
  [0x4000, '-'],
]);
const NUMERIC_SPECIAL: ReadonlyMap<number, string> = new Map([
  [0xc000, 'NaN'],
  [0xd000, 'Infinity'],
  [0xf000, '-Infinity'],
]);

/**
 * Text of a binary `numeric`: digits to base 10,000 (count, weight of the first, sign, digits after the point,
 * then the digits), as `numeric_send` in PostgreSQL's numeric.c writes it. Undefined when it isn't one.
 */
export function numericText(view: DataView): string | undefined {
  if (view.byteLength < 8) return undefined;
  const count = view.getUint16(0);
  const weight = view.getInt16(2);
  const sign = view.getUint16(4);
  const scale = view.getUint16(6);
  if (view.byteLength !== 8 + 2 * count) return undefined;
  const special = NUMERIC_SPECIAL.get(sign);
  if (special !== undefined) return special;
  const prefix = NUMERIC_SIGNS.get(sign);
  if (prefix === undefined || scale > 0x3fff) return undefined;

  const group = (index: number): string | undefined => {
    const digits = index >= 0 && index < count ? view.getUint16(8 + 2 * index) : 0;
    return digits < 10_000 ? String(digits).padStart(4, '0') : undefined;
  };
  let whole = '';
  for (let index = 0; index <= weight; index++) {
    const digits = group(index);
    if (digits === undefined) return undefined;
    whole += digits;
  }
  let fraction = '';
  for (let index = weight + 1; fraction.length < scale; index++) {
    const digits = group(index);
    if (digits === undefined) return undefined;
    fraction += digits;
  }
  whole = whole.replace(/^0+(?=\d)/, '') || '0';
  return prefix + whole + (scale === 0 ? '' : `.${fraction.slice(0, scale)}`);
}
