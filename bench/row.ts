/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly direct: number;
  readonly pipe: number;
  readonly gateway: number;
  readonly unit: string;
  /** The figure that the aim is about, and whether it is reached. */
  readonly result: string;
  readonly aim: string;
  readonly reached: boolean;
}
