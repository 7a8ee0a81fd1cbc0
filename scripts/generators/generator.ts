/** One generated file. */
export interface Generator {
  /** From the root of the repository. */
  readonly path: string;
  /** The whole text of the file; the same for the same repository, so that `--check` can compare. */
  readonly render: () => string | Promise<string>;
}
