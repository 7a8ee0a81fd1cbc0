/** Every method of two observers, one after the other; the second need not have them all. */
export function both<T extends object>(first: T, second: Partial<T> | undefined): T {
  if (second === undefined) return first;
  return new Proxy(first, {
    get: (target, name) => {
      const call = (observer: Partial<T>, args: readonly unknown[]): unknown => {
        const method = Reflect.get(observer, name) as ((...args: readonly unknown[]) => unknown) | undefined;
        return method?.apply(observer, [...args]);
      };
      return (...args: readonly unknown[]) => {
        call(target, args);
        call(second, args);
      };
    },
  });
}
