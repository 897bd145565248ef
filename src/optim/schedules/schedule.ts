/** A number that depends on how many steps were done. */
export type Schedule = (count: number) => number;
