// Numbers as people read them: three digits and a unit that fits.

export const NONE = "–";

function digits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/** Powers of ten, where units have no names any more. */
function powers(value: number): string {
  const [digits, power] = value.toExponential(2).split("e");
  const raised = [...String(Number(power))].map((digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]));
  return `${digits?.replace("-", "−")} × 10${raised.join("")}`;
}

/** Without what writes over other text, or hides: those characters are shown instead of obeyed. */
export function plain(text: string): string {
  return text.replace(HIDDEN, (character) => NAMES[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const NAMES: Record<string, string> = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };

function scaled(value: number, units: [from: number, unit: number, name: string][], space: string): string | undefined {
  const fit = units.find(([from]) => value >= from);
  return fit && `${digits(value / fit[1])}${space}${fit[2]}`;
}

/** Of microseconds. */
export function duration(micros: number | null | undefined): string {
  if (micros == null || Number.isNaN(micros)) return NONE;
  if (micros >= 1e18) return `${powers(micros / 1e6)} s`;
  if (micros < 0.9995) return micros <= 0 ? "<1 ns" : `${Math.round(micros * 1000)} ns`;
  const units: [number, number, string][] = [
    [359_999.5e6, 86_400e6, "d"],
    [5999.5e6, 3600e6, "h"],
    [99.95e6, 60e6, "min"],
    [999.5e3, 1e6, "s"],
    [999.5, 1e3, "ms"],
  ];
  return scaled(micros, units, " ") ?? `${digits(micros)} µs`;
}

export function count(value: number | null | undefined): string {
  if (value == null || Number.isNaN(value)) return NONE;
  if (Math.abs(value) >= 1e15) return powers(value);
  if (value < 0) return `−${count(-value)}`;
  const units: [number, number, string][] = [
    [999.5e9, 1e12, "T"],
    [999.5e6, 1e9, "G"],
    [999.5e3, 1e6, "M"],
    [99_999.5, 1e3, "k"],
  ];
  return scaled(value, units, "") ?? Math.round(value).toLocaleString("en").replaceAll(",", " ");
}

/** So many a second, or any other number that need not be whole. */
export function rate(value: number | null | undefined): string {
  if (value == null || Number.isNaN(value)) return NONE;
  if (value === 0) return "0";
  if (value < 0) return `−${rate(-value)}`;
  if (value < 1e-6) return powers(value);
  if (value < 0.01) return value.toPrecision(2);
  return value < 999.5 && !Number.isInteger(value) ? digits(value) : count(value);
}

export function percent(share: number | null | undefined): string {
  if (share == null || Number.isNaN(share)) return NONE;
  const value = share * 100;
  if (value === 0) return "0 %";
  return value < 0.01 ? "<0.01 %" : `${digits(value)} %`;
}

export function bytes(value: number | null | undefined): string {
  if (value == null || Number.isNaN(value)) return NONE;
  if (value >= 1e18) return `${powers(value)} B`;
  const units: [number, number, string][] = [
    [999.5e12, 1e15, "PB"],
    [999.5e9, 1e12, "TB"],
    [999.5e6, 1e9, "GB"],
    [999.5e3, 1e6, "MB"],
    [999.5, 1e3, "kB"],
  ];
  return scaled(value, units, " ") ?? `${Math.round(value)} B`;
}

/** In its unit. */
export function amount(value: number | null | undefined, unit: string | null): string {
  if (value == null) return NONE;
  if (value === 0) return "0";
  if (value < 0) return `−${amount(-value, unit)}`;
  switch (unit) {
    case "bytes":
      return bytes(value);
    case "seconds":
      return duration(value * 1e6);
    case "milliseconds":
      return duration(value * 1e3);
    case "microseconds":
      return duration(value);
    case "nanoseconds":
      return duration(value / 1e3);
    case "percent":
      return `${rate(value)} %`;
    case "share":
      return percent(value);
    case "per second":
      return `${rate(value)}/s`;
    default:
      return rate(value);
  }
}

/** `2 h 05 min`, of seconds. */
export function span(seconds: number): string {
  const [s, m, h, d] = [seconds % 60, (seconds / 60) % 60, (seconds / 3600) % 24, seconds / 86400].map(Math.floor);
  const two = (value: number | undefined) => String(value).padStart(2, "0");
  if (seconds < 60) return `${s} s`;
  if (seconds < 3600) return `${m} min ${two(s)} s`;
  if (seconds < 86400) return `${h} h ${two(m)} min`;
  return `${d} d ${two(h)} h`;
}

/** What of a path is the function, and what is around it. */
export function names(path: string, module: string): [own: string, around: string] {
  const [own, around] = module && path.startsWith(`${module}::`) ? [path.slice(module.length + 2), module] : splitLast(path);
  return [plain(own), plain(around)];
}

/** At the last `::` that is in no brackets. */
function splitLast(path: string): [string, string] {
  let depth = 0;
  for (let at = path.length - 1; at > 0; at--) {
    if (path[at] === ">" && path[at - 1] !== "-") depth++;
    if (path[at] === "<") depth--;
    if (depth === 0 && path[at] === ":" && path[at - 1] === ":") return [path.slice(at + 1), path.slice(0, at - 1)];
  }
  return [path, ""];
}

export const CLASSES = ["micro", "light", "medium", "heavy"];

export function className(place: number | null | undefined): string {
  return place == null ? NONE : (CLASSES[place] ?? NONE);
}
