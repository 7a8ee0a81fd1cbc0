import { useEffect, useState } from "preact/hooks";

/** Whole seconds until a time (ISO 8601), counted down; not above 0 once it is over. */
export function useSecondsTo(until: string): number {
  const secondsLeft = (): number => Math.ceil((Date.parse(until) - Date.now()) / 1000);
  const [left, setLeft] = useState(secondsLeft);
  useEffect(() => {
    setLeft(secondsLeft());
    const timer = setInterval(() => setLeft(secondsLeft()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}

/** `1:04:09`, `4:09`. */
export function clockText(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
