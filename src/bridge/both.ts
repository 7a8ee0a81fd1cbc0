type Method = (...args: readonly unknown[]) => void;

/** Every method of two observers, one after the other; the second need not have them all. The first is an object literal. */
export function both<T extends object>(first: T, second: Partial<T> | undefined): T {
  if (second === undefined) return first;
  const methods = Object.entries<Method>(first as Record<string, Method>).map(([name, tellFirst]) => {
    const tellSecond = Reflect.get(second, name) as Method | undefined;
    if (tellSecond === undefined) return [name, tellFirst];
    const tellBoth: Method = (...args) => {
      tellFirst(...args);
      tellSecond(...args);
    };
    return [name, tellBoth];
  });
  return Object.fromEntries(methods) as T;
}
